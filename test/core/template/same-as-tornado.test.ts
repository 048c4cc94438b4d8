/** Renders the same templates by Tornado and by us: what both languages can say must print the same. */

import { execFileSync } from "node:child_process";
import { beforeAll, describe, expect, it } from "vitest";
import { urlEscape } from "../../../src/core/escape.js";
import { TemplateError } from "../../../src/core/template/errors.js";
import { DictLoader } from "../../../src/core/template/loader.js";

const names = {
  n: 3,
  zero: 0,
  s: "<a & 'b' \"c\">",
  empty: [],
  items: ["a", "b", "c"],
  pairs: [
    ["x", 1],
    ["y", 2],
  ],
  none: "",
};

const layout = {
  "base.html": "<t>{% block title %}Base{% end %}</t>\n\n<b>{% block body %}body{% end %}</b>{{ n }}",
  "middle.html": '{% extends "base.html" %}dropped{% block body %}[{% block inner %}inner{% end %}]{% end %}',
  "part.txt": "{% autoescape None %}{{ s }}  \n  {{ n }}",
  "sub/one.html": '{% include "two.html" %}{% include "../part.txt" %}',
  "sub/two.html": "two  {{ s }}",
};

/** Sources of `main.html`, or a name and its source. */
const same: (string | [string, string])[] = [
  // Text, braces, comments.
  "",
  "plain { text } %} }} #} 100%",
  "{",
  "{{{ n }}}",
  "{{{{ n }}}}",
  "a{# {{ x }} #}b{% comment {{ x %}c",
  "{{! {%! {#! x }} %} #}",
  "{{!{{ n }}",
  // Expressions and escaping.
  "{{ s }}|{% raw s %}|{{ n }}|{{n}}|{{ n + 1 }}|{{ items[1] }}|{{ 'x' + s }}",
  "{{ escape(s) }}{% raw escape(s) %}{% raw squeeze('  a   b ') %}",
  "{% autoescape None %}{{ s }}",
  "{{ s }}{% autoescape None %}",
  "{% autoescape url_escape %}{{ 'a b' }}{% raw 'a b' %}",
  // Choices.
  "{% if n == 3 %}three{% elif n == 4 %}four{% else %}other{% end %}",
  "{% if n == 4 %}four{% elif n == 3 %}three{% else %}other{% end %}",
  "{% if zero %}yes{% else %}no{% end %}{% if none %}yes{% end %}{%if n%}x{%end%}",
  "{% if n > 2 %}{% if n > 5 %}a{% else %}b{% end %}{% else %}c{% end %}",
  "{% if n %}{% end %}{% if zero %}{% else %}{% end %}.",
  // Loops.
  "{% for x in items %}{{ x }},{% end %}",
  "{% for x in items %}{{ x }}{% else %}end{% end %}",
  "{% for x in empty %}{{ x }}{% else %}end{% end %}",
  "{% for x in items %}{% if x == 'b' %}{% break %}{% end %}{{ x }}{% else %}end{% end %}",
  "{% for x in items %}{% if x == 'b' %}{% continue %}{% end %}{{ x }}{% else %}end{% end %}",
  "{% for p in pairs %}{{ p[0] }}={{ p[1] }};{% for x in items %}{{ x }}{% if x == 'b' %}{% break %}{% end %}{% end %}{% end %}",
  "{% set i = 0 %}{% while i < 3 %}{{ i }}{% set i = i + 1 %}{% else %}end{% end %}",
  "{% set i = 0 %}{% while i < 9 %}{{ i }}{% if i == 2 %}{% break %}{% end %}{% set i += 1 %}{% else %}end{% end %}",
  "{% for x in items %}{% end %}{% while zero %}{% end %}.",
  "{% for x in items %}{% try %}{% continue %}{% finally %}{{ x }}{% end %}{% end %}",
  // Variables.
  "{% set x = 1 %}{{ x }}{% set x = x + n %}{{ x }}",
  "{% set [a, b] = pairs[0] %}{{ a }}{{ b }}",
  "{% set total = 0 %}{% for p in pairs %}{% set total += p[1] %}{% end %}{{ total }}",
  "{% for x in items %}{% set last = x %}{% end %}{{ last }}",
  // Errors.
  "{% try %}{{ items.nothing.more }}{% except %}caught{% end %}",
  "{% try %}before{{ items.nothing.more }}after{% except %}caught{% else %}fine{% finally %}done{% end %}",
  "{% try %}ok{% except %}caught{% else %}fine{% finally %}done{% end %}",
  "{% try %}{% try %}{{ items.nothing.more }}{% finally %}inner{% end %}{% except %}outer{% end %}",
  // apply.
  "{% apply url_escape %}  a   {{ n }}  b {% end %}",
  "{% apply escape %}<{{ s }}>{% end %}{% apply escape %}{% apply escape %}<{% end %}{% end %}",
  "{% for x in items %}{% apply escape %}<{{ x }}{% end %}{% end %}",
  // Inheritance.
  '{% extends "base.html" %}',
  '{% extends "base.html" %}{% block title %}Mine {{ s }}{% end %}dropped {{ nothing }}',
  '{% extends "middle.html" %}{% block title %}T{% end %}{% block inner %}mine{% end %}',
  '{% extends "middle.html" %}{% block body %}all mine{% end %}',
  "{% block a %}1{% end %}{% block a %}2{% end %}",
  "{% block a %}1{% block b %}2{% end %}3{% end %}",
  "{% block a %}{% for x in items %}{% block b %}{{ x }}{% end %}{% end %}{% end %}",
  // Includes.
  '{% include "part.txt" %}|{{ s }}',
  "{% include 'sub/one.html' %}",
  '{% for n in items %}{% include "part.txt" %}{% end %}',
  '{% set s = 1 %}{% include "sub/two.html" %}',
  '{% block title %}{% include "part.txt" %}{% end %}',
  // White space.
  "a  b\t\tc\n\n  d \n e",
  ["main.js", "a  b\n\n  c"],
  ["main.txt", "a  b\n\n  c"],
  "{% whitespace all %}a  b\n\n c{% whitespace single %}a  b\n\n c{% whitespace oneline %}a  b\n\n c",
  "  <pre>\n  x\n</pre>  {# #}  y  z",
  "a \n{% if n %}\n  b\n{% end %}\n c",
  " \u00a0 a\r\n b\f\vc ",
];

/** What both refuse, with the line that both name. */
const refused = [
  "{% end %}",
  "a\n{% if n %}b",
  "{{ n",
  "\n{{ }}",
  "{% %}",
  "{% unknown %}",
  "\n\n{# x",
  "{% if n %}{% else %}",
  "{% else %}",
  "{% for x in items %}{% elif n %}{% end %}",
  "{% break %}",
  "{% for x in items %}{% apply squeeze %}{% break %}{% end %}{% end %}",
  "{% continue %}",
  "{% extends %}",
  "{% include %}",
  "{% set %}",
  "{% apply %}x{% end %}",
  "{% block %}{% end %}",
  "{% whitespace some %}",
  "{% include 'missing.html' %}",
];

const program = `
import json, sys
from tornado.template import DictLoader
given = json.load(sys.stdin)
results = []
for case in given["cases"]:
    try:
        loader = DictLoader({**given["layout"], case[0]: case[1]})
        results.append({"text": loader.load(case[0]).generate(**given["names"]).decode()})
    except Exception as error:
        results.append({"error": type(error).__name__, "line": getattr(error, "lineno", 0)})
json.dump(results, sys.stdout)
`;

interface Result {
  readonly text?: string;
  readonly error?: string;
  readonly line?: number;
}

const cases = [...same, ...refused].map((one) => (typeof one === "string" ? ["main.html", one] : one)) as [
  string,
  string,
][];
let theirs: Result[];

beforeAll(() => {
  const input = JSON.stringify({ cases, layout, names });
  theirs = JSON.parse(execFileSync("/usr/bin/python3", ["-c", program], { input, encoding: "utf8" })) as Result[];
});

function render(name: string, source: string): string | Promise<string> {
  return new DictLoader({ ...layout, [name]: source }).load(name).generate({ ...names, url_escape: urlEscape });
}

describe("a template prints what Tornado prints", () => {
  it.each(cases.slice(0, same.length).map(([name, source], index) => [source, name, index] as const))(
    "for %j in %s",
    (source, name, index) => {
      const { text, error } = theirs[index]!;

      expect(error).toBeUndefined();
      expect(render(name, source)).toBe(text!.replaceAll("#39;", "#x27;"));
    },
  );
});

describe("a template is refused where Tornado refuses it", () => {
  it.each(refused.map((source, index) => [source, same.length + index] as const))("as %j", (source, index) => {
    let error: unknown;
    try {
      render("main.html", source);
    } catch (thrown) {
      error = thrown;
    }

    expect(theirs[index]!.error).toBeDefined();
    expect(error).toBeInstanceOf(TemplateError);
    if (theirs[index]!.line) expect((error as TemplateError).line).toBe(theirs[index]!.line);
  });
});
