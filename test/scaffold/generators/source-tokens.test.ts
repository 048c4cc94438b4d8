// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the sources that are read have templates in them
import { describe, expect, it } from "vitest";
import { sourceTokens } from "../../../src/scaffold/generators/source-tokens.js";

const texts = (source: string) => sourceTokens(source)?.map(({ text }) => text);

describe("the tokens of a source", () => {
  it.each([
    ["a // ]\n b", ["a", "b"]],
    ["a /* ] ' */ b", ["a", "b"]],
    ['\'a]\' + "b\\"]"', ["'a]'", "+", '"b\\"]"']],
    ["`a ] ${[b, `}${c}`].length} ]` d", ["`a ] ${[b, `}${c}`].length} ]`", "d"]],
    ["`${{ a: '}' }}` b", ["`${{ a: '}' }}`", "b"]],
    ["url(/[/\\]]+\\/(.*)/i, A)", ["url", "(", "/[/\\]]+\\/(.*)/i", ",", "A", ")"]],
    ["a[0] / 2 / b", ["a", "[", "0", "]", "/", "2", "/", "b"]],
    ["a => a === 1.5e+3", ["a", "=>", "a", "===", "1.5e+3"]],
    ["#!/usr/bin/env node '\na", ["a"]],
    ["\uFEFFa", ["a"]],
    ["", []],
  ])("of %j are found", (source, expected) => {
    expect(texts(source)).toEqual(expected);
  });

  it.each([
    "(",
    "a]",
    "(]",
    "'a",
    '"a\n"',
    "`a",
    "`${a`",
    "/* a",
    "f() / 2",
    "{} /a/",
    "return /a/",
    "a! / 2",
    "x = /a",
  ])("of %j are not guessed at", (source) => {
    expect(sourceTokens(source)).toBeUndefined();
  });

  it("know how many brackets are around them", () => {
    const tokens = sourceTokens("a([b], {c})")!;

    expect(tokens.map(({ text, depth }) => `${text}${depth}`).join(" ")).toBe("a0 (0 [1 b2 ]1 ,1 {1 c2 }1 )0");
  });
});
