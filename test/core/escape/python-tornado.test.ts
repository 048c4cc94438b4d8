/** Asks Tornado itself, where it is installed, and compares every answer. */

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  jsonDecode,
  jsonEncode,
  type LinkifyOptions,
  linkify,
  parseQsBytes,
  squeeze,
  urlEscape,
  urlUnescape,
  xhtmlEscape,
  xhtmlUnescape,
} from "../../../src/core/escape.js";

const python = "/usr/bin/python3";
const hasTornado = existsSync(python) && spawnSync(python, ["-c", "import tornado"]).status === 0;

/** Runs a program that maps the cases in `given` to `answers`, both as JSON. */
function ask<Answer>(given: unknown, program: string): Answer {
  const source = `import json, sys, html\nfrom tornado import escape\ngiven = json.load(sys.stdin)\n${program}\nprint(json.dumps(answers))`;
  return JSON.parse(execFileSync(python, ["-c", source], { input: JSON.stringify(given), encoding: "utf8" })) as Answer;
}

const texts = [
  "",
  "plain",
  '<a href="x">O\'Brien & Sons</a>',
  "&amp;&lt;&#39;",
  "  a \t\r\n b\u0000\u001f  c ",
  "\u00a0 no-break \u2003 em",
  "a b+c/d?e=f&g=h;i#j%k~l.m-n_o!p*q'r(s)t",
  "é ü ß 漢字 😀",
  "%41%zz%4%C3%A9%FF%",
  "+%2B+",
  "line\u2028separator\u2029</script><!--",
  'quotes " and \\ back',
];

const links = [
  ...texts,
  "http://example.com",
  "see http://example.com/a?b=c&d=e, or (http://example.com/x_(y)) and http://example.com/.",
  "https://a.example/some/long/path/that/goes/on.html?query=1#part",
  "www.example.com/averyveryverylongpathsegment.html and www.b.com.",
  "ftp://files.example.com mailto:me@example.com javascript:alert(1)",
  "http:/x http:///y http://///z",
  "http://example.com/&quot;x&quot; \"http://example.com\" 'http://example.com'",
  "http://a.com/b(c(d)e)f http://a.com/(((",
  "www.a.com:8080/x http://user:pass@host/path",
  "http://127.0.0.1:8888/search?q=tornado+web&amp;hl=en#frag",
  "http://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com/",
  "tornado.web www. wwwx.com www.x",
  "foo:bar://baz x-y://z git+ssh://host",
];
const linkOptions: LinkifyOptions[] = [
  {},
  { shorten: true },
  { requireProtocol: true },
  { extraParams: ' rel="nofollow" ' },
  { permittedProtocols: ["ftp", "git", "z"] },
  { shorten: true, requireProtocol: true, extraParams: "x", permittedProtocols: ["http", "https", "ftp", "mailto"] },
];

/** Tornado 6.2 writes `&#39;`, later ones `&#x27;` as we do. */
const apostrophe = (html: string) => html.replaceAll("&#39;", "&#x27;");

describe.runIf(hasTornado)("Tornado in Python agrees about", () => {
  it("xhtmlEscape, squeeze and urlEscape", () => {
    const answers = ask<string[][]>(
      texts,
      "answers = [[escape.xhtml_escape(t), escape.squeeze(t), escape.url_escape(t), escape.url_escape(t, plus=False)] for t in given]",
    );

    const ours = texts.map((text) => [
      xhtmlEscape(text),
      squeeze(text),
      urlEscape(text),
      urlEscape(text, { plus: false }),
    ]);
    expect(ours).toEqual(answers.map(([html, ...rest]) => [apostrophe(html!), ...rest]));
  });

  it("urlUnescape, as text and as bytes", () => {
    const answers = ask<[string, string, number[], number[]][]>(
      texts,
      "answers = [[escape.url_unescape(t), escape.url_unescape(t, plus=False), list(escape.url_unescape(t, encoding=None)), list(escape.url_unescape(t, encoding=None, plus=False))] for t in given]",
    );

    const ours = texts.map((text) => [
      urlUnescape(text),
      urlUnescape(text, { plus: false }),
      [...urlUnescape(text, { encoding: null })],
      [...urlUnescape(text, { encoding: null, plus: false })],
    ]);
    expect(ours).toEqual(answers);
  });

  it("what JSON text means, and that it never ends a script", () => {
    const value = { texts, numbers: [0, -1, 1.5, 1e300], nested: { null: null, yes: true, list: [[]] } };
    const answers = ask<[unknown, string]>(
      [value, jsonEncode(value)],
      "answers = [escape.json_decode(given[1]), escape.json_encode(given[0])]",
    );

    expect(answers[0]).toEqual(value);
    expect(jsonDecode(answers[1])).toEqual(value);
    expect(jsonEncode(value)).not.toContain("</");
  });

  it("parseQsBytes", () => {
    const queries = ["a=1&b=2&a=3", "a=&b&c=%20+x", "a=1;b=2", "&&=x&a==b&%41=%C3%A9&%FF=%FF", "a=%zz&+=+"];
    const answers = ask<[string, number[][]][][][]>(
      queries,
      "answers = [[[[k, [list(v) for v in vs]] for k, vs in escape.parse_qs_bytes(t, keep_blank_values=keep).items()] for keep in (False, True)] for t in given]",
    );

    const ours = queries.map((query) =>
      [false, true].map((keepBlankValues) =>
        [...parseQsBytes(query, { keepBlankValues })].map(([name, values]) => [name, values.map((one) => [...one])]),
      ),
    );
    // Tornado keeps names as Latin-1 text, we read them as UTF-8, which only differs beyond ASCII.
    expect(ours.slice(0, 3)).toEqual(answers.slice(0, 3));
    expect(ours[3]!.map((fields) => fields.map(([, values]) => values))).toEqual(
      answers[3]!.map((fields) => fields.map(([, values]) => values)),
    );
    expect(ours[4]).toEqual(answers[4]);
  });

  it.each(linkOptions)("linkify with %j", (options) => {
    const answers = ask<string[]>(
      { links, options },
      `o = given["options"]
answers = [escape.linkify(t, shorten=o.get("shorten", False), extra_params=o.get("extraParams", ""), require_protocol=o.get("requireProtocol", False), permitted_protocols=o.get("permittedProtocols", ["http", "https"])) for t in given["links"]]`,
    );

    // In an address the two ways of writing an apostrophe are different text: those cases stand in linkify.test.ts.
    const comparable = links.map((text, index) => [text, index] as const).filter(([text]) => !text.includes("'"));
    expect(comparable.map(([text]) => linkify(text, options))).toEqual(comparable.map(([, index]) => answers[index]));
  });

  it("every name and number of xhtmlUnescape", () => {
    const names = ask<string[]>(null, "from html.entities import html5\nanswers = sorted(html5)");
    const references = [
      ...names.flatMap((name) => [`&${name}`, `&${name}x`, `x&${name} &`, `&${name};;`]),
      ..."&#65; &#65 &#x41; &#X41x &#; &#x; &#xg; & && &; &#0; &#xd800; &#x110000; &#99999999999; &#128; &#x9f; &unknown; &Unknown &#128512;"
        .split(" ")
        .flatMap((one) => [one, `${one}1`]),
    ];
    const answers = ask<string[]>(references, "answers = [html.unescape(t) for t in given]");

    const different = references.filter((text, index) => xhtmlUnescape(text) !== answers[index]);
    expect(names.length).toBe(2231);
    expect(different).toEqual([]);
  });
});
