import fastCheck from "fast-check";
import { expect, it } from "vitest";
import { TemplateError, TemplateNotFoundError } from "../../../src/core/template/errors.js";
import { DictLoader } from "../../../src/core/template/loader.js";

const pieces = [
  "{{",
  "}}",
  "{%",
  "%}",
  "{#",
  "#}",
  "{",
  "}",
  "!",
  " ",
  "\n",
  "'",
  '"',
  "`",
  "${",
  "/",
  "a",
  "b.c",
  "1",
  "(",
  ")",
  "[",
  "]",
  ",",
  "=",
  "=>",
  "?",
  ":",
  "...",
  "if",
  "elif",
  "else",
  "for",
  "of",
  "in",
  "while",
  "try",
  "except",
  "finally",
  "end",
  "set",
  "block",
  "extends",
  "include",
  "module",
  "apply",
  "raw",
  "super()",
  "await",
  "function",
  "this",
  "break",
  "continue",
  "autoescape",
  "whitespace",
  "single",
  "comment",
  "args",
  "{% args { a: string } %}",
  "{% if a %}",
  "{% for a of b %}",
  "{% end %}",
  "{% block a %}",
  "{{ a }}",
  '{% include "b" %}',
  '{% extends "c" %}',
  "{{ super() }}",
];

it("compiles or says where it is wrong, whatever the source", () => {
  const source = fastCheck.array(fastCheck.constantFrom(...pieces), { maxLength: 25 }).map((parts) => parts.join(" "));

  fastCheck.assert(
    fastCheck.property(source, source, (main, other) => {
      const loader = new DictLoader({ main, b: other, c: "{% block a %}{% end %}" });
      try {
        loader.load("main");
      } catch (error) {
        expect(
          error instanceof TemplateError || error instanceof TemplateNotFoundError,
          String((error as Error).stack),
        ).toBe(true);
      }
    }),
    { numRuns: 5000 },
  );
});
