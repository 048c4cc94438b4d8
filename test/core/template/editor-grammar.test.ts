/** Tokenises templates with the grammar that ships for editors, by the engine that VS Code has. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import oniguruma from "vscode-oniguruma";
import textmate, { type IGrammar } from "vscode-textmate";

const extension = join(import.meta.dirname, "../../../docs/editor/vscode-tornado");
const readJson = (path: string) => JSON.parse(readFileSync(join(extension, path), "utf8"));

/** As much of VS Code's own grammars as it takes to see ours in them. */
const hosts: Record<string, object> = {
  "text.html.basic": {
    scopeName: "text.html.basic",
    patterns: [
      { name: "comment.block.html", begin: "<!--", end: "-->" },
      { name: "meta.tag.html", begin: "</?\\w+", end: ">", patterns: [{ name: "string.html", begin: '"', end: '"' }] },
    ],
  },
  "source.js": {
    scopeName: "source.js",
    patterns: [],
    repository: {
      expression: {
        patterns: [
          { name: "string.js", match: '"[^"]*"' },
          { name: "constant.numeric.js", match: "\\d+" },
          { name: "variable.js", match: "\\w+" },
          { begin: "\\{", end: "\\}", patterns: [{ include: "#expression" }] },
        ],
      },
    },
  },
  "source.ts": {
    scopeName: "source.ts",
    patterns: [],
    repository: { type: { patterns: [{ name: "support.type.ts", match: "\\bstring\\b" }] } },
  },
};

let grammar: IGrammar;

beforeAll(async () => {
  const wasm = readFileSync(createRequire(import.meta.url).resolve("vscode-oniguruma/release/onig.wasm"));
  await oniguruma.loadWASM(wasm);
  const { grammars } = readJson("package.json").contributes as {
    grammars: { scopeName: string; path: string; injectTo?: string[] }[];
  };
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async (scope) => {
      const own = grammars.find(({ scopeName }) => scopeName === scope);
      return (own === undefined ? hosts[scope] : readJson(own.path)) ?? null;
    },
    getInjections: (scope) =>
      grammars.filter(({ injectTo }) => injectTo?.includes(scope)).map(({ scopeName }) => scopeName),
  });
  grammar = (await registry.loadGrammar("text.html.tornado"))!;
});

/** The tokens of a text that have a scope of their own, as `text scope`. */
function tokensOf(text: string): string[] {
  let state = textmate.INITIAL;
  const shown: string[] = [];
  for (const line of text.split("\n")) {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
    for (const { startIndex, endIndex, scopes } of tokens) {
      const scope = scopes.at(-1)!;
      const piece = line.slice(startIndex, endIndex).trim();
      if (piece !== "" && !scope.startsWith("text.html")) shown.push(`${piece} ${scope}`);
    }
    state = ruleStack;
  }
  return shown;
}

const begin = "punctuation.section.embedded.begin.tornado";
const end = "punctuation.section.embedded.end.tornado";
const keyword = "keyword.control.tornado";

describe("the editor grammar", () => {
  it.each<[string, string[]]>([
    ["a {{ name }}", [`{{ ${begin}`, "name variable.js", `}} ${end}`]],
    ["{{{ 1 }}}", [`{{ ${begin}`, "1 constant.numeric.js", `}} ${end}`]],
    ["{{ {a: 1} }} b", [`{{ ${begin}`, "{ meta.embedded.expression.tornado", "a variable.js"]],
    ["{{! x", ["{{! constant.character.escape.tornado"]],
    ["{% if a %}", [`{% ${begin}`, `if ${keyword}`, "a variable.js", `%} ${end}`]],
    ["{% end %}", [`{% ${begin}`, `end ${keyword}`, `%} ${end}`]],
    [
      "{% for x of y %}",
      [`{% ${begin}`, `for ${keyword}`, "x variable.js", `of ${keyword}`, "y variable.js", `%} ${end}`],
    ],
    ['{% extends "a.html" %}', [`{% ${begin}`, `extends ${keyword}`, '"a.html" string.quoted.tornado', `%} ${end}`]],
    ["{% block main %}", [`{% ${begin}`, `block ${keyword}`, "main entity.name.tornado", `%} ${end}`]],
    [
      "{% module Card(1) %}",
      [`{% ${begin}`, `module ${keyword}`, "Card entity.name.function.tornado", "( meta.embedded.expression.tornado"],
    ],
    [
      "{% args { a: string } %}",
      [
        `{% ${begin}`,
        "args storage.type.tornado",
        "{ a: meta.embedded.type.tornado",
        "string support.type.ts",
        "} meta.embedded.type.tornado",
        `%} ${end}`,
      ],
    ],
    ["{{ super() }}", [`{{ ${begin}`, `super ${keyword}`]],
    ["{% endif %}", [`{% ${begin}`, "endif invalid.illegal.tornado"]],
  ])("reads %s", (source, expected) => {
    expect(tokensOf(source).slice(0, expected.length)).toEqual(expected);
  });

  it.each(["{# one\n{{ two }} #}", "{% comment one\ntwo %}"])("leaves %j a comment, over lines", (source) => {
    const scopes = tokensOf(source).map((token) => token.split(" ").at(-1)!);

    expect(scopes.every((scope) => scope.includes("comment"))).toBe(true);
  });

  it.each([
    ["an attribute", '<a href="{{ url }}">'],
    ["a tag", "<a {% if url %}>"],
    ["a comment of HTML", "<!-- {{ url }} -->"],
  ])("works in %s", (_, source) => {
    expect(tokensOf(source)).toContain("url variable.js");
  });

  it("knows every directive of the language, and no other", async () => {
    const parser = readFileSync(join(import.meta.dirname, "../../../src/core/template/parser.ts"), "utf8");
    const words = [...parser.matchAll(/^ {6}case "(\w+)":$/gm)].map((match) => match[1]!);

    for (const word of [...words, "elif", "else", "except", "finally", "end"]) {
      const tokens = tokensOf(`{% ${word} x %}`).concat(tokensOf(`{% ${word} %}`));
      expect(
        tokens.some((token) => new RegExp(`^${word} (?:keyword|storage)|comment`).test(token)),
        word,
      ).toBe(true);
    }
  });
});
