import { describe, expect, it } from "vitest";
import { DictLoader } from "../../../src/core/template/loader.js";
import { Template } from "../../../src/core/template/template.js";

function print(source: string, names: Record<string, unknown> = {}, name = "<string>"): string | Promise<string> {
  return new Template(source, { name }).generate(names);
}

function printFile(name: string, sources: Record<string, string>, names: Record<string, unknown> = {}) {
  return new DictLoader(sources).load(name).generate(names);
}

const items = ["a", "b", "c"];

describe("the template language", () => {
  it.each<[string, Record<string, unknown>, string]>([
    // Text and expressions.
    ["", {}, ""],
    ["plain { text } 100%", {}, "plain { text } 100%"],
    ["{{ name }}!", { name: "<Ann & Bob's>" }, "&lt;Ann &amp; Bob&#x27;s&gt;!"],
    ["{% raw name %}", { name: "<b>" }, "<b>"],
    ["{{ null }}{{ undefined }}{{ none }}{{ false }}{{ 0 }}", { none: null }, "false0"],
    ["{{ bytes }}", { bytes: Buffer.from("<é>") }, "&lt;é&gt;"],
    ["{{ 1.50 }} {{ 10n }} {{ [1, '<'] }}", {}, "1.5 10 1,&lt;"],
    [
      "{{ format({ a: { b: { c: 1 }}}) }}",
      { format: JSON.stringify },
      "{&quot;a&quot;:{&quot;b&quot;:{&quot;c&quot;:1}}}",
    ],
    ["{{ {a: 1}.a }}{{ '}}' }}", {}, "1}}"],
    ["{{ 'super (really)' }}", {}, "super (really)"],
    ["{% set ({ a, b: [c] } = o) %}{{ a }}{{ c }}{% set (n = 1), (n++) %}{{ n }}", { o: { a: 1, b: [2] } }, "122"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the template literal is the template's.
    ["{{ `${n} ${`${n}`}` }}", { n: 1 }, "1 1"],
    ["{{ items.map(x => ({ x })).map(({ x }) => x + n).join() }}", { items, n: 1 }, "a1,b1,c1"],
    ["{{ a /* } */ + // comment\n b }}", { a: 1, b: 2 }, "3"],
    ["{{ n > 1 ? 'many' : 'one' }}", { n: 2 }, "many"],
    ["{{ user?.name ?? 'nobody' }}", { user: null }, "nobody"],
    ["{{ Math.max(1, 2) }}{{ JSON.stringify(1) }}{{ Math.PI > 3 }}", {}, "21true"],
    ["{{ Math }}", { Math: "mine" }, "mine"],
    ["{{ typeof missing }} {{ typeof here }}", { here: 1 }, "undefined number"],
    ["{{ escape('<') }}{% raw xhtmlEscape('<') %}", {}, "&amp;lt;&lt;"],
    ["{% raw jsonEncode({ a: '</' }) %} {{ urlEscape('a b') }} {{ squeeze(' a  b ') }}", {}, '{"a":"<\\/"} a+b a b'],
    ["{{ fill('%(n)d of %(all)s %(x)s', { n: 1, all: '<2>' }) }}", {}, "1 of &lt;2&gt; %(x)s"],
    ["{% raw linkify('www.a.com') %}", {}, '<a href="http://www.a.com">www.a.com</a>'],
    // Comments and literals.
    ["a{# {{ nothing }} #}b{% comment {{ x }} %}c", {}, "abc"],
    ["{{! {%! {#! x }} %} #}", {}, "{{ {% {# x }} %} #}"],
    ["{{{ 1 }}}", {}, "{1}"],
    ["{{{{ 1 }}}}", {}, "{{1}}"],
    ["{", {}, "{"],
    ["\\newcommand{\\x}{{{ 1 }}}", {}, "\\newcommand{\\x}{1}"],
    // args, which only "tornado check" reads
    ['{% args { a: string, b?: "%}" | Map<string, number[]> } %}{{ a }}', { a: 1 }, "1"],
    ["{% args import('./x.js').X & { f: (a: string) => void } %}{{ typeof missing }}", {}, "undefined"],
    ["{% args { a?: string, b: string } %}{{ a }}{{ a?.length ?? 'none' }}{{ [a].length }}{{ b }}", { b: 1 }, "none11"],
    ["{% args { a?: string } %}{% set a = a ?? 'none' %}{{ a }}{{ a }}", {}, "nonenone"],
    ["{% args { a?: string } %}{% set a ??= 'none' %}{{ a }}", { a: "given" }, "given"],
    // if
    ["{% if n == 1 %}one{% elif n == 2 %}two{% elif n == 3 %}three{% else %}many{% end %}", { n: 3 }, "three"],
    ["{% if n %}{% else %}none{% end %}", { n: 0 }, "none"],
    ["{%if n%}x{%end%}", { n: 1 }, "x"],
    ["{% if (n) %}x{% end %}{% if(n) %}y{% end %}", { n: 1 }, "xy"],
    ['{% if s === "%}" %}x{% end %}', { s: "%}" }, "x"],
    // Loops.
    ["{% for x in items %}{{ x }}{% end %}", { items }, "abc"],
    ["{% for const x of items %}{{ x }}{% end %}", { items }, "abc"],
    ["{% for [i, x] of items.entries() %}{{ i }}{{ x }}{% end %}", { items }, "0a1b2c"],
    ["{% for { a, b: { c = d } } of list %}{{ a }}{{ c }} {% end %}", { list: [{ a: 1, b: {} }], d: 5 }, "15 "],
    ["{% for x of new Map([[1, 2]]) %}{{ x }}{% end %}{% for x of 'hi' %}{{ x }}.{% end %}", {}, "1,2h.i."],
    ["{% for x of x.children %}{{ x }}{% end %}{{ x.name }}", { x: { children: [1, 2], name: "n" } }, "12n"],
    ["{% for x of items %}{% for x of [x, x] %}{{ x }}{% end %}{{ x }} {% end %}", { items }, "aaa bbb ccc "],
    ["{% for x of items %}{{ x }}{% else %}end{% end %}", { items }, "abcend"],
    ["{% for x of items %}{% if x == 'b' %}{% break %}{% end %}{{ x }}{% else %}end{% end %}", { items }, "a"],
    ["{% for x of items %}{% if x == 'b' %}{% continue %}{% end %}{{ x }}{% else %}end{% end %}", { items }, "acend"],
    [
      "{% for x of items %}{% for y of items %}{% break %}{% else %}inner{% end %}{% else %}outer{% end %}",
      { items },
      "outer",
    ],
    ["{% set i = 0 %}{% while i < 3 %}{{ i }}{% set i += 1 %}{% else %}end{% end %}", {}, "012end"],
    [
      "{% set i = 0 %}{% while true %}{{ i }}{% set i++ %}{% if i > 1 %}{% break %}{% end %}{% else %}end{% end %}",
      {},
      "01",
    ],
    ["{% for x of items %}{% end %}", { items }, ""],
    ["{% for x in items %}{% try %}{% continue %}{% finally %}{{ x }}{% end %}{% end %}", { items }, "abc"],
    // set
    ["{% set x = 1 %}{{ x }}", {}, "1"],
    ["{% set x = 1, y = x + 1 %}{{ x }}{{ y }}", {}, "12"],
    [
      "{% set [a, b] = pair %}{% set { c, d: [e], ...rest } = object %}{{ a }}{{ b }}{{ c }}{{ e }}{{ rest.f }}",
      { pair: [1, 2], object: { c: 3, d: [4], f: 5 } },
      "12345",
    ],
    ["{% if n %}{% set x = 'yes' %}{% else %}{% set x = 'no' %}{% end %}{{ x }}", { n: 1 }, "yes"],
    ["{% set title = title + '!' %}{{ title }}", { title: "Hi" }, "Hi!"],
    ["{% if !title %}{% set title = 'Default' %}{% end %}{{ title }}", { title: "" }, "Default"],
    ["{% set title ??= 'Default' %}{{ title }}", {}, "Default"],
    ["{% set user.name = 'x' %}{{ user.name }}", { user: {} }, "x"],
    ["{% set total = 0 %}{% for x of [1, 2, 3] %}{% set total += x %}{% end %}{{ total }}", {}, "6"],
    ["{% for x of [1, 2] %}{% set x = x * 2 %}{{ x }}{% end %}", {}, "24"],
    ["{% set x = null %}{{ x ?? 'none' }}", { x: "outside" }, "none"],
    ["{% set add = (a, b) => a + b + c %}{{ add(1, 2) }}", { c: 3 }, "6"],
    // try
    ["{% try %}{{ boom() }}{% except %}caught{% end %}", { boom }, "caught"],
    [
      "{% try %}before {{ boom() }} after{% except e %}{{ e.message }}{% else %}fine{% finally %}.{% end %}",
      { boom },
      "before boom.",
    ],
    ["{% try %}ok{% except e %}{{ e.message }}{% else %} fine{% finally %}.{% end %}", {}, "ok fine."],
    [
      "{% try %}{% try %}{% except e %}inner{% else %}{{ boom() }}{% end %}{% except e %}outer{% end %}",
      { boom },
      "outer",
    ],
    ["{% try %}{{ missing }}{% except { message } %}no{% end %}", {}, "no"],
    // apply
    ["{% apply upper %}a{{ name }}b{% end %}", { upper: (text: string) => text.toUpperCase(), name: "<" }, "A&LT;B"],
    ["{% apply x => x.length %}abc{% end %}", {}, "3"],
    ["{% apply squeeze %} a  {% apply x => x + x %} b {% end %} {% end %}", {}, "a b b"],
    [
      "{% apply formatter.wrap %}x{% end %}",
      {
        formatter: {
          mark: "*",
          wrap(text: string) {
            return `${(this as { mark?: string }).mark}${text}`;
          },
        },
      },
      "*x",
    ],
    [
      "{% apply formatters['wrap'] %}x{% end %}",
      {
        formatters: {
          mark: "*",
          wrap(text: string) {
            return `${(this as { mark?: string }).mark}${text}`;
          },
        },
      },
      "*x",
    ],
    ["{% for x of items %}{% apply y => y + x %}{{ x }}{% end %}{% end %}", { items }, "aabbcc"],
    ["{% apply x => '<' + x %}{% end %}", {}, "<"],
    // autoescape
    ["{{ a }}{% autoescape None %}", { a: "<" }, "<"],
    ["{% autoescape null %}{{ a }}", { a: "<" }, "<"],
    ["{% autoescape double %}{{ a }}{{ 1 }}", { a: "<", double: (text: string) => text + text }, "<<11"],
    ["{{ a }}", { a: "<", xhtmlEscape: (text: string) => `[${text}]` }, "[<]"],
    // whitespace
    ["a  b\n  c", {}, "a  b\n  c"],
    ["{% whitespace single %}a  b\n \n c{% whitespace oneline %}a\n\nb{% whitespace all %}a  b", {}, "a b\nca ba  b"],
    ["{% whitespace oneline %}<pre>\n  x\n</pre>{# #}  y", {}, "<pre>\n  x\n</pre> y"],
  ])("prints %j", (source, names, expected) => {
    expect(print(source, names)).toBe(expected);
  });

  it("keeps white space by the ending of the name", () => {
    const source = "a \t b\n\n  c";

    expect(print(source, {}, "x.html")).toBe("a b\nc");
    expect(print(source, {}, "x.js")).toBe("a b\nc");
    expect(print(source, {}, "x.txt")).toBe(source);
  });

  it("never reaches the members that every object has", () => {
    expect(() => print("{{ toString }}")).toThrow('"toString" is not known here');
    expect(() => print("{{ constructor }}", new (class Names {})() as Record<string, unknown>)).toThrow(
      "is not known here",
    );
    expect(print("{{ toString }}", { toString: "mine" })).toBe("mine");
  });

  it("sees inherited names and getters, each read once and only when used", () => {
    let reads = 0;
    class Names {
      get counted() {
        reads++;
        return "value";
      }
    }

    expect(print("{% if false %}{{ counted }}{% end %}x", new Names() as unknown as Record<string, unknown>)).toBe("x");
    expect(reads).toBe(0);
    expect(print("{{ counted }}{% for x of [1, 2] %}{{ counted }}{% end %}", new Names() as never)).toBe(
      "valuevaluevalue",
    );
    expect(reads).toBe(1);
  });

  it.each(["process", "globalThis", "require", "Function", "fetch"])("gives templates no %s", (name) => {
    expect(() => print(`{{ ${name} }}`)).toThrow(`"${name}" is not known here`);
  });
});

describe("inheritance", () => {
  const base = "<{% block title %}base{% end %}|{% block body %}{% end %}>";

  it.each<[string, Record<string, string>, string]>([
    ["fills blocks", { a: '{% extends "base" %}dropped{% block body %}A{% end %}' }, "<base|A>"],
    [
      "prints the parent's block",
      { a: '{% extends "base" %}{% block title %}{{ super() }}+{% raw super() %}{% end %}' },
      "<base+base|>",
    ],
    [
      "goes over many levels",
      {
        a: '{% extends "b" %}{% block title %}a{{ super() }}{% end %}',
        b: '{% extends "c" %}{% block title %}b{{ super() }}{% end %}{% block body %}B{% block inner %}{% end %}{% end %}',
        c: '{% extends "base" %}{% block title %}c{{ super() }}{% end %}',
      },
      "<abcbase|B>",
    ],
    [
      "prints the last definition of a repeated block in both places",
      { a: "{% block x %}1{% end %}{% block x %}2{% end %}" },
      "22",
    ],
    [
      "prints the inner one of two nested blocks of a name",
      { a: "{% block x %}1{% block x %}2{% end %}{% end %}" },
      "2",
    ],
    [
      "overrides a nested block",
      {
        a: '{% extends "b" %}{% block inner %}A{% end %}',
        b: "{% block outer %}({% block inner %}{% end %}){% end %}",
      },
      "(A)",
    ],
    [
      "overrides a block of an included template",
      { a: '{% extends "b" %}{% block x %}A{% end %}', b: '[{% include "c" %}]', c: "{% block x %}c{% end %}" },
      "[A]",
    ],
    [
      "prints an included template that extends another whole",
      { a: '({% include "b" %})', b: '{% extends "base" %}{% block body %}B{% end %}' },
      "(<base|B>)",
    ],
    [
      "sees the variables around a block",
      {
        a: '{% extends "b" %}{% block x %}{{ i }}{% end %}',
        b: "{% for i of [1, 2] %}{% block x %}{% end %}{% end %}",
      },
      "12",
    ],
    ["keeps variables that a block sets", { a: "{% block x %}{% set y = 1 %}{% end %}{{ y }}" }, "1"],
  ])("%s", (_, sources, expected) => {
    expect(printFile("a", { base, ...sources })).toBe(expected);
  });

  it("escapes a block as the file that it stands in", () => {
    const sources = {
      a: '{% extends "b" %}{% autoescape None %}{% block x %}{{ v }}{% end %}',
      b: "{{ v }}{% block x %}{% end %}{{ v }}",
    };

    expect(printFile("a", sources, { v: "<" })).toBe("&lt;<&lt;");
  });
});

describe("include", () => {
  it("sees local variables and keeps its own autoescape and white space", () => {
    const sources = {
      "a.html": '{% for x of list %}{% set y = x + 1 %}{% include "part.txt" %}{% end %}{{ "<" }}',
      "part.txt": "{% autoescape None %}{{ x }}{{ y }}{{ '<' }}  \n",
    };

    expect(printFile("a.html", sources, { list: [1, 2] })).toBe("12<  \n23<  \n&lt;");
  });

  it("finds names from the folder of the file that has them", () => {
    const sources = { "a/b.html": '{% include "c.html" %}{% include "../d.html" %}', "a/c.html": "c", "d.html": "d" };

    expect(printFile("a/b.html", sources)).toBe("cd");
  });
});

describe("waiting", () => {
  it("stays synchronous in a template without await", () => {
    expect(print("{{ [1].map(async (x) => await x).length }}")).toBe("1");
  });

  it("awaits in any expression", async () => {
    const later = <Value>(value: Value) => Promise.resolve(value);

    const printed = print(
      "{% if await later(true) %}{% for x of await later([1, 2]) %}{{ await later(x) }}{% end %}{% end %}{% set y = await later(3) %}{{ y }}",
      { later },
    );

    expect(printed).toBeInstanceOf(Promise);
    expect(await printed).toBe("123");
  });

  it("waits for an apply function that promises its text", async () => {
    const slowly = async (text: string) => text.toUpperCase();

    const printed = print("a{% apply slowly %}b{% apply slowly %}c{% end %}{% end %}d", { slowly });

    expect(await printed).toBe("aBCd");
  });

  it("refuses to print a promise", () => {
    expect(() => print("{{ p }}", { p: Promise.resolve(1) })).toThrow('Write "await"');
  });
});

function boom(): never {
  throw new Error("boom");
}
