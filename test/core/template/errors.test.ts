import { describe, expect, it } from "vitest";
import { ParseError, type TemplateError, templateFramesOf } from "../../../src/core/template/errors.js";
import { DictLoader } from "../../../src/core/template/loader.js";
import { Template } from "../../../src/core/template/template.js";

function errorOf(action: () => unknown): TemplateError {
  try {
    action();
  } catch (error) {
    return error as TemplateError;
  }
  throw new Error("Nothing was thrown.");
}

function compileError(source: string, others: Record<string, string> = {}): TemplateError {
  return errorOf(() => new DictLoader({ "page.html": source, ...others }).load("page.html"));
}

describe("a syntax error", () => {
  it.each<[string, string]>([
    ["{% end %}", 'page.html:1:1: "{% end %}" closes nothing. Remove it, or open a block above it.'],
    ["a\n{% if x %}\nb", 'page.html:3:2: The "{% if %}" of line 2 is not closed. Add "{% end %}".'],
    ["{{ x", 'page.html:1:1: The expression that opens here is not closed. Add "}}".'],
    ["{% x", 'page.html:1:1: The directive that opens here is not closed. Add "%}".'],
    ["{# x", 'page.html:1:1: The comment that opens here is not closed. Add "#}".'],
    ["{{ }}", 'page.html:1:1: "{{ }}" is empty. Write an expression in it, or "{{!" to print two braces.'],
    ["{%  %}", 'page.html:1:1: "{% %}" is empty. Write a directive in it, or remove it.'],
    ["a\n  {{ a b }} {{ c }}", 'page.html:2:8: Unexpected "b" in the expression "a b". Correct it.'],
    ["{{ a + }}", 'page.html:1:7: Unexpected end in the expression "a +". Correct it.'],
    ["{{ 'a }}", 'page.html:1:4: Unterminated string constant in the expression "\'a". Correct it.'],
    ["{{ a; }}", 'page.html:1:5: Unexpected ";" in the expression "a;". Correct it.'],
    ["{{ this.x }}", 'page.html:1:4: A template has no "this" in the expression "this.x". Correct it.'],
    ["{{ import('fs') }}", "page.html:1:4: A template has no import() in the expression \"import('fs')\". Correct it."],
    ["{{ _tt_x }}", 'page.html:1:4: Names that begin with "_tt_" are reserved in the expression "_tt_x". Correct it.'],
    ["{{ a + eval('b') }}", 'page.html:1:8: A template has no "eval" in the expression "a + eval(\'b\')". Correct it.'],
    ["{% for [a = eval] of b %}{% end %}", 'page.html:1:13: A template has no "eval"'],
    [
      `{{ 1 ${"+ 1".repeat(40)} 2 }}`,
      `page.html:1:127: Unexpected "2" in the expression "1 ${"+ 1".repeat(40).slice(0, 98)}…". Correct it.`,
    ],
    ["{{ x = 1 }}", 'page.html:1:4: "x" is assigned in an expression. Write "{% set x = … %}".'],
    [
      "{% import os %}",
      'page.html:1:1: "{% import %}" is no directive. A template cannot import. Pass what it needs to render(), or as a UI method or UI module of the application.',
    ],
    [
      "{% from a import b %}",
      'page.html:1:1: "{% from %}" is no directive. A template cannot import. Pass what it needs to render(), or as a UI method or UI module of the application.',
    ],
    [
      "{%- if x -%}{% end %}",
      'page.html:1:1: "{% - if x - %}" is no directive. White space is kept by file. Write "{% whitespace oneline %}".',
    ],
    ["{% toString %}", 'page.html:1:1: "{% toString %}" is no directive. See the template guide'],
    ["{% constructor %}", 'page.html:1:1: "{% constructor %}" is no directive. See the template guide'],
    ["{% if x %}{% endif %}", 'page.html:1:11: "{% endif %}" is no directive. Everything closes with "{% end %}".'],
    ["{% if x %}{% else if y %}{% end %}", 'page.html:1:11: "{% else if %}" is no directive. Write "{% elif … %}".'],
    [
      "{% if x %}{% else %}{% elif y %}{% end %}",
      'page.html:1:21: "{% elif %}" comes after "{% else %}". Put it before.',
    ],
    [
      "{% else %}",
      'page.html:1:1: "{% else %}" stands alone. It belongs to "{% if %}", "{% for %}", "{% while %}", "{% try %}".',
    ],
    [
      "{% for x of y %}{% elif z %}{% end %}",
      'page.html:1:17: "{% elif %}" cannot belong to "{% for %}". It belongs to "{% if %}".',
    ],
    ["{% if %}{% end %}", 'page.html:1:1: "{% if %}" needs a condition. Write it after "if".'],
    ["{% for x %}{% end %}", 'page.html:1:8: "x" is no loop. Write "{% for item of items %}".'],
    [
      "{% for a, b of c %}{% end %}",
      'page.html:1:8: A loop has one variable. To take each value apart, write "{% for [a, b] of … %}".',
    ],
    ["{% for a.b of c %}{% end %}", "page.html:1:8: "],
    ["{% break %}", 'page.html:1:1: "{% break %}" is not in a loop. Put it into "{% for %}" or "{% while %}".'],
    ["{% for x of y %}{% apply f %}{% break %}{% end %}{% end %}", 'page.html:1:30: "{% break %}" is not in a loop.'],
    ["{% for x of y %}{% else %}{% continue %}{% end %}", 'page.html:1:27: "{% continue %}" is not in a loop.'],
    ["{% try %}{% end %}", 'page.html:1:1: "{% try %}" needs "{% except %}" or "{% finally %}". Add one.'],
    ["{% try %}{% except %}{% except %}{% end %}", 'page.html:1:22: A "{% try %}" has one "{% except %}"'],
    [
      "{% try %}{% finally %}{% except %}{% end %}",
      'page.html:1:23: "{% except %}" comes after "{% finally %}". Put it before.',
    ],
    ["{% try %}{% except Error as e %}{% end %}", "page.html:1:20: JavaScript does not select errors by class."],
    ["{% set x %}", 'page.html:1:8: "x" is no assignment. Write "{% set name = value %}".'],
    [
      "{% set a, b = c %}",
      'page.html:1:8: "a, b = c" is no assignment. To take a list apart, write "{% set [a, b] = list %}".',
    ],
    ["{% block %}{% end %}", 'page.html:1:1: "{% block %}" needs a name. Write "{% block title %}".'],
    ["{% extends %}", 'page.html:1:1: "{% extends %}" needs the name of a template. Write {% extends "name.html" %}.'],
    ["{% whitespace some %}", 'page.html:1:1: "{% whitespace some %}" is unknown. Write "all", "single" or "oneline".'],
    ["{% autoescape %}", 'page.html:1:1: "{% autoescape %}" needs the name of a function, or None.'],
    ["{% module Entry %}", 'page.html:1:11: "Entry" is no call of a UI module. Write "{% module Name(values) %}".'],
    ["{% apply %}{% end %}", 'page.html:1:1: "{% apply %}" needs a function. Write it after "apply".'],
    ["{% args %}", 'page.html:1:1: "{% args %}" needs a type. Write "{% args { title: string } %}".'],
    ["{% args { a: 1", 'page.html:1:1: The directive that opens here is not closed. Add "%}".'],
    ["{% args { a: [1 } %}", 'page.html:1:17: Unexpected "}" in the type of "{% args %}". Correct it.'],
    ["{% args { a: 1 %}", 'page.html:1:9: This "{" is not closed in the type of "{% args %}". Correct it.'],
    ["{% args {} %}{% args {} %}", 'page.html:1:14: A template declares what it needs once. Join both "{% args %}".'],
    ["{% if 1 %}{% args {} %}{% end %}", 'page.html:1:11: "{% args %}" stands inside another directive.'],
    ["{{ super() }}", 'page.html:1:4: "super()" prints the parent\'s block. Use it inside a "{% block %}".'],
    ["{% block a %}{{ super() }}{% end %}", 'page.html:1:17: "super()" has no parent block to print. Remove it.'],
    ["{% block a %}{{ super() + 1 }}{% end %}", 'page.html:1:17: "super()" stands alone in its braces.'],
    ['{% include "page.html" %}', 'page.html:1:1: This never ends: "page.html", "page.html".'],
    ['{% extends "page.html" %}', 'page.html:1:1: The template extends itself: "page.html", "page.html".'],
    [
      '{% include "pag.html" %}',
      'page.html:1:1: The template "pag.html" is not in the dictionary. Did you mean "page.html"?',
    ],
    ['{% include "../x.html" %}', 'page.html:1:1: The template name "../x.html" leads out of the templates\' folder.'],
    [
      '{% include "/etc/passwd" %}',
      'page.html:1:1: The template name "/etc/passwd" leads out of the templates\' folder.',
    ],
  ])("in %j says what and where", (source, message) => {
    const error = compileError(source);

    expect(error).toBeInstanceOf(ParseError);
    expect(error.message.slice(0, message.length)).toBe(message);
  });

  it("shows the line with a pointer", () => {
    const error = compileError("one\n\t<p>{{ a b }}</p>\nthree");

    expect(error).toMatchObject({
      code: "TEMPLATE_SYNTAX",
      file: "page.html",
      line: 2,
      column: 10,
      lineText: "\t<p>{{ a b }}</p>",
    });
    expect(error.excerpt).toBe("2 | \t<p>{{ a b }}</p>\n  | \t        ^");
  });

  it("knows through which directives the file was read", () => {
    const error = compileError('a\n{% include "b" %}', { b: '{% extends "c" %}', c: "{{ }}" });

    expect(error).toMatchObject({ file: "c", line: 1 });
    expect(error.chain).toEqual([
      { file: "b", line: 1, column: 1 },
      { file: "page.html", line: 2, column: 1 },
    ]);
    expect(templateFramesOf(error)).toEqual([{ file: "c", line: 1, column: 1 }, ...error.chain]);
    expect(error.stack).toMatch(
      /^ParseError: c:1:1: .*\n {4}at template \(c:1:1\)\n {4}at template \(b:1:1\)\n {4}at template \(page\.html:2:1\)$/,
    );
  });

  it("is thrown by the constructor of a template that stands alone", () => {
    expect(() => new Template("{% extends 'a' %}")).toThrow("cannot be found without a loader");
    expect(() => new Template("{{ ", { name: "x" })).toThrow("x:1:1:");
  });
});

describe("an unknown name", () => {
  it("is named, with its place and the nearest known one", () => {
    const loader = new DictLoader({ "page.html": "line\n<p>{{ user.name + titel }}</p>" });

    const error = errorOf(() => loader.load("page.html").generate({ title: "x", user: {} }));

    expect(error).toMatchObject({ code: "TEMPLATE_UNKNOWN_NAME", file: "page.html", line: 2, column: 19 });
    expect(error.message).toBe(
      'page.html:2:19: "titel" is not known here. Did you mean "title"? Pass it to render(), or ask "typeof titel" if it may be missing.',
    );
    expect(error.lineText).toBe("<p>{{ user.name + titel }}</p>");
    expect(templateFramesOf(error)).toEqual([{ file: "page.html", line: 2, column: 19 }]);
  });

  it("is one that a branch not taken would have set", () => {
    const template = new Template("{% if n %}{% set x = 1 %}{% end %}{{ x }}");

    expect(template.generate({ n: true })).toBe("1");
    expect(() => template.generate({ n: false })).toThrow('<string>:1:38: "x" is not known here');
  });

  it("does not matter where it is not used", () => {
    expect(new Template("{% if n %}{{ missing }}{% end %}").generate({ n: false })).toBe("");
  });
});

describe("an exception", () => {
  const boom = () => {
    throw new RangeError("boom");
  };

  it("stays the same object and tells its places in the templates", () => {
    const loader = new DictLoader({
      "page.html": '{% extends "base.html" %}\n{% block body %}\n{% include "part.html" %}{% end %}',
      "base.html": "<body>\n{% block body %}{% end %}",
      "part.html": "{% for x of [1] %}\n  {{ boom(x) }}{% end %}",
    });
    const template = loader.load("page.html");

    const error = errorOf(() => template.generate({ boom }));

    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toBe("boom");
    expect(templateFramesOf(error)).toEqual([
      { file: "part.html", line: 2, column: 6 },
      { file: "page.html", line: 3, column: 1 },
      { file: "base.html", line: 2, column: 1 },
      { file: "page.html", line: 1, column: 1 },
    ]);
    expect(error.stack).toContain("at template (part.html:2:6)");
    expect(error.stack).not.toContain("tornado-template:");
  });

  it("does not grow when it is thrown again, as by a promise that was kept", () => {
    const kept = new Error("kept");
    const fail = () => {
      throw kept;
    };
    const template = new Template("{{ fail() }}", { name: "page.html" });

    const [once, again] = [1, 2].map(() => {
      const { stack } = errorOf(() => template.generate({ fail }));
      return { stack, frames: templateFramesOf(kept).length };
    });

    expect(once!.frames).toBe(1);
    expect(again).toEqual(once);
  });

  it("has its places in the stack once, however often it passed generated code there", () => {
    const source = "\n{{ [1].map((x) => [x].map((y) => y.no.such)) }}";

    const error = errorOf(() => new Template(source, { name: "page.html" }).generate());

    expect(error.stack!.match(/page\.html/g)).toHaveLength(1);
    expect(error.stack).toMatch(/^TypeError: .*\n {4}at template \(page\.html:2:4\)\n {4}at Array\.map/);
  });

  it.each([
    [
      "thrown later",
      async () => {
        await new Promise(setImmediate);
        throw new Error("late");
      },
    ],
    [
      "of many calls",
      () => {
        const deep = (level: number): never => {
          if (level === 0) throw new Error("deep");
          return deep(level - 1);
        };
        return deep(50);
      },
    ],
  ])("has its places at the end of a stack that does not reach them: %s", async (_, fail) => {
    const sources = { "page.html": '\n{% include "part.html" %}', "part.html": "{% module Part() %}" };
    const template = new DictLoader(sources).load("page.html");

    const error = await Promise.resolve()
      .then(() => template.generate({ modules: { Part: fail } }))
      .catch((thrown: Error) => thrown);

    expect((error as Error).stack).toMatch(/\n {4}at template \(part\.html:1:1\)\n {4}at template \(page\.html:2:1\)$/);
  });

  it.each([
    ["{% if boom() %}{% end %}", 7],
    ["{% if false %}{% elif boom() %}{% end %}", 23],
    ["{% while boom() %}{% end %}", 10],
    ["{% for x of boom() %}{% end %}", 13],
    ["{% for {y} of [null] %}{% end %}", 8],
    ["{% set x = boom() %}", 8],
    ["{% apply boom %}{% end %}", 10],
    ["{% raw boom() %}", 8],
    ["{% for x of 5 %}{% end %}", 13],
  ])("in %j is placed", (source, column) => {
    const error = errorOf(() => new Template(source).generate({ boom }));

    expect(templateFramesOf(error)).toEqual([{ file: "<string>", line: 1, column }]);
  });

  it("after an await is placed as well", async () => {
    const printed = new Template("{{ await 1 }}\n{{ boom(await 1) }}").generate({ boom });

    const error = await Promise.resolve(printed).catch((thrown: unknown) => thrown);

    expect(templateFramesOf(error)).toEqual([{ file: "<string>", line: 2, column: 4 }]);
  });

  it("that is no Error becomes one", () => {
    const error = errorOf(() =>
      new Template("{{ fail() }}").generate({
        fail: () => {
          throw "text";
        },
      }),
    );

    expect(error.message).toBe("A value that is not an Error was thrown: text");
    expect(templateFramesOf(error)).toHaveLength(1);
  });

  it("in what a loop goes over says what it is", () => {
    expect(() => new Template("{% for x of y %}{% end %}").generate({ y: undefined })).toThrow(
      "The loop goes over undefined",
    );
    expect(() => new Template("{% for x of y %}{% end %}").generate({ y: {} })).toThrow('Write "Object.values(…)"');
  });
});

describe("templateFramesOf", () => {
  it("gives nothing for other errors", () => {
    expect(templateFramesOf(new Error("elsewhere"))).toEqual([]);
    expect(templateFramesOf(null)).toEqual([]);
  });
});
