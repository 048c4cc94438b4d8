import { describe, expect, it } from "vitest";
import { checkBrackets, findTypeEnd, relativeImports, typeMembers } from "../../../src/core/template/type-text.js";

describe("findTypeEnd", () => {
  it.each([
    ["{ a: string } %} x", 14],
    ['{ a: "%}" } %}', 12],
    ["{ a: `%}` /* %} */ } %}", 21],
    ["{ a: string }", -1],
  ])("in %j gives %i", (source, end) => {
    expect(findTypeEnd(source, 0)).toBe(end);
  });
});

describe("typeMembers", () => {
  it.each<[string, string | undefined]>([
    ["{}", ""],
    ["{ a: string }", "a"],
    ["{ a: string, b?: number; readonly c: Map<string, { d: 1 }> }", "a b? c"],
    ["{\n  a: (x: number) => void\n  b?(y: string): void\n}", "a b?"],
    ['{ a: "b: c", d: { e: [f: 1] } }', "a d"],
    ["{\n  a:\n    | 1\n    | 2,\n  // c: 3,\n  b: 4 /* d: 5 */ }", "a b"],
    ['import("./page.js").Page', undefined],
    ["{ a: 1 } & { b: 2 }", undefined],
  ])("of %j are %j", (type, expected) => {
    const shown = typeMembers(type)
      ?.map(({ name, isOptional }) => name + (isOptional ? "?" : ""))
      .join(" ");

    expect(shown).toBe(expected);
  });
});

describe("checkBrackets", () => {
  it.each([
    ["{ a: [number, (x: string) => void] }", undefined],
    ['{ a: "}" }', undefined],
    ["{ a: string", 'This "{" is not closed'],
    ["{ a: string[ }", 'Unexpected "}"'],
    ["a }", 'Unexpected "}"'],
  ])("says of %j: %s", (type, message) => {
    if (message === undefined) expect(() => checkBrackets(type)).not.toThrow();
    else expect(() => checkBrackets(type)).toThrow(message);
  });
});

describe("relativeImports", () => {
  it("finds the paths, and leaves packages alone", () => {
    const type = `{ a: import("../a.js").A, b: import('./b.js').B, c: import("pg").Pool }`;

    expect(relativeImports(type).map(({ path, start, end }) => [path, type.slice(start, end)])).toEqual([
      ["../a.js", "../a.js"],
      ["./b.js", "./b.js"],
    ]);
  });
});
