import { describe, expect, it } from "vitest";
import { pageStyle } from "../../src/dev/page-style.js";

const [light, dark] = pageStyle
  .split("@media (prefers-color-scheme: dark)")
  .map((part) => new Map([...part.matchAll(/--([\w-]+): (#\w+)/g)].map(([, name, color]) => [name!, color!])));
const texts = ["text", "dim", "red", "link", "keyword", "string", "number", "comment", "type", "call"];
const grounds = ["ground", "card", "red-soft"];

/** WCAG 2.2, relative luminance. */
function luminance(color: string): number {
  const digits = color.length === 4 ? color.replace(/\w/g, "$&$&") : color;
  const [red, green, blue] = [1, 3, 5]
    .map((at) => Number.parseInt(digits.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe("the colours of the pages", () => {
  it.each([
    ["light", light!],
    ["dark", dark!],
  ])("can be told apart from every ground in %s (WCAG 2.2, 1.4.3)", (_, colors) => {
    const pairs = texts.flatMap((text) => grounds.map((ground) => [text, ground] as const));

    const tooClose = pairs.filter(([text, ground]) => {
      const [one, other] = [luminance(colors.get(text)!), luminance(colors.get(ground)!)];
      return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05) < 4.5;
    });

    expect(tooClose).toEqual([]);
  });
});
