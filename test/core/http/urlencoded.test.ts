import { describe, expect, it } from "vitest";
import { HTTPInputError } from "../../../src/core/http/http-input-error.js";
import { parseUrlEncoded, qsToQsl } from "../../../src/core/http/urlencoded.js";

const parsed = (text: string) =>
  [...parseUrlEncoded(text)].map(([name, values]) => [name, values.map((value) => value.toString())]);

describe("parseUrlEncoded", () => {
  // Reference rows HU3 and HU6; the WHATWG URL standard, section 5.1.
  it.each<[string, [string, string[]][]]>([
    ["", []],
    ["&&&", []],
    [
      "a=1&b=2",
      [
        ["a", ["1"]],
        ["b", ["2"]],
      ],
    ],
    ["a=1&a=2", [["a", ["1", "2"]]]],
    ["a", [["a", [""]]]],
    ["a=", [["a", [""]]]],
    ["=1", [["", ["1"]]]],
    ["a==b", [["a", ["=b"]]]],
    ["a=1;b=2", [["a", ["1;b=2"]]]],
    ["a+b=c+d", [["a b", ["c d"]]]],
    ["%C3%A9=%C3%A9", [["é", ["é"]]]],
    ["a=%zz%4", [["a", ["%zz%4"]]]],
    ["a=%2B%26%3d", [["a", ["+&="]]]],
    ["__proto__=1", [["__proto__", ["1"]]]],
  ])("reads %j", (text, expected) => {
    expect(parsed(text)).toEqual(expected);
  });

  it("gives the bytes that were sent, UTF-8 or not", () => {
    expect(parseUrlEncoded("a=%ff%00\xe9").get("a")).toEqual([Buffer.from([0xff, 0, 0xe9])]);
  });

  it("is flattened into pairs", () => {
    expect([
      ...qsToQsl(
        new Map([
          ["a", ["1", "2"]],
          ["b", []],
          ["c", ["3"]],
        ]),
      ),
    ]).toEqual([
      ["a", "1"],
      ["a", "2"],
      ["c", "3"],
    ]);
  });

  it("refuses more than 1,000 arguments (CVE-2026-82397)", () => {
    expect(parseUrlEncoded("a&".repeat(1000)).get("a")).toHaveLength(1000);
    expect(() => parseUrlEncoded("a&".repeat(1001))).toThrow(HTTPInputError);
  });
});
