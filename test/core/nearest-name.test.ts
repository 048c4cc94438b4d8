import { expect, it } from "vitest";
import { nearestName } from "../../src/core/nearest-name.js";

const names = ["app", "minimal", "api", "chat", "todo"];

it.each([
  ["minimial", "minimal"],
  ["minmal", "minimal"],
  ["MINIMAL", "minimal"],
  ["caht", "chat"],
  ["tood", "todo"],
  ["mini", "minimal"],
  ["aap", "app"],
])("takes %s for %s", (typed, meant) => {
  expect(nearestName(typed, names)).toBe(meant);
});

it.each(["react", "x", "", "blog"])("has no guess for %j", (typed) => {
  expect(nearestName(typed, names)).toBeUndefined();
});
