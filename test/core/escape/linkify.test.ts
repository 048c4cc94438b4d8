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

/** What Tornado 6 answers to the same calls, but for the way it writes an apostrophe. */
const cases: [string, LinkifyOptions, string][] = [
  ["hello http://world.com/!", {}, 'hello <a href="http://world.com/">http://world.com/</a>!'],
  [
    "hello http://world.com/with?param=true&stuff=yes",
    {},
    'hello <a href="http://world.com/with?param=true&amp;stuff=yes">http://world.com/with?param=true&amp;stuff=yes</a>',
  ],
  ["http://url.com/w(aaaaa", {}, '<a href="http://url.com/w">http://url.com/w</a>(aaaaa'],
  [
    "http://url.com/withmany.......................................",
    {},
    '<a href="http://url.com/withmany">http://url.com/withmany</a>.......................................',
  ],
  [
    "http://url.com/w(((((((((((((((((((((((((((((",
    {},
    '<a href="http://url.com/w">http://url.com/w</a>(((((((((((((((((((((((((((((',
  ],
  [
    "http://foo.com/blah_blah_(wikipedia) (see)",
    {},
    '<a href="http://foo.com/blah_blah_(wikipedia)">http://foo.com/blah_blah_(wikipedia)</a> (see)',
  ],
  [
    "(Something like http://foo.com/blah_blah_(wikipedia)_(again))",
    {},
    '(Something like <a href="http://foo.com/blah_blah_(wikipedia)_(again)">http://foo.com/blah_blah_(wikipedia)_(again)</a>)',
  ],
  ["<tag>http://example.com</tag>", {}, '&lt;tag&gt;<a href="http://example.com">http://example.com</a>&lt;/tag&gt;'],
  ["www.external-link.com", {}, '<a href="http://www.external-link.com">www.external-link.com</a>'],
  ["www.external-link.com", { requireProtocol: true }, "www.external-link.com"],
  [
    "www.external-link.com and www.internal-link.com/blogs extra",
    { extraParams: 'class="x"' },
    '<a href="http://www.external-link.com" class="x">www.external-link.com</a> and <a href="http://www.internal-link.com/blogs" class="x">www.internal-link.com/blogs</a> extra',
  ],
  [
    "ftp://x.com git+http://y.com javascript:/alert(1) mailto:/a",
    { permittedProtocols: ["ftp", "http"] },
    '<a href="ftp://x.com">ftp://x.com</a> git+<a href="http://y.com">http://y.com</a> javascript:/alert(1) mailto:/a',
  ],
  [
    "http://www.internal-link.com/bla/bla/bla/reallyreallyreallylong/path?x=1",
    { shorten: true },
    '<a href="http://www.internal-link.com/bla/bla/bla/reallyreallyreallylong/path?x=1" title="http://www.internal-link.com/bla/bla/bla/reallyreallyreallylong/path?x=1">http://www.internal-link.com/bla...</a>',
  ],
  [
    "http://www.a.com/12345678901234567890?1234567.12",
    { shorten: true },
    '<a href="http://www.a.com/12345678901234567890?1234567.12" title="http://www.a.com/12345678901234567890?1234567.12">http://www.a.com/12345678...</a>',
  ],
  [
    "http://reallylong.com/1234567890123456789012345678&amp;901234567890",
    { shorten: true },
    '<a href="http://reallylong.com/1234567890123456789012345678&amp;amp;901234567890" title="http://reallylong.com/1234567890123456789012345678&amp;amp;901234567890">http://reallylong.com/12345678...</a>',
  ],
  [
    "www.verylonghostnamethatgoesonandonandon.com/path/more",
    { shorten: true },
    '<a href="http://www.verylonghostnamethatgoesonandonandon.com/path/more" title="http://www.verylonghostnamethatgoesonandonandon.com/path/more">www.verylonghostnamethatgoeson...</a>',
  ],
  [
    "say \"http://x.com/a?b='c'&d=e\" ok",
    {},
    'say &quot;<a href="http://x.com/a?b">http://x.com/a?b</a>=&#x27;c&#x27;&amp;d=e&quot; ok',
  ],
  [
    "http:/x.com https:///y.com http:////z.com",
    {},
    '<a href="http:/x.com">http:/x.com</a> <a href="https:///y.com">https:///y.com</a> <a href="http:////z.com">http:////z.com</a>',
  ],
  [
    "a-http://x.com --http://y.com xhttp://z.com é-http://q.com",
    {},
    'a-http://x.com --<a href="http://y.com">http://y.com</a> xhttp://z.com é-http://q.com',
  ],
  [
    "xwww.foo.com .www.bar.com 1www.baz.com",
    {},
    'xwww.foo.com .<a href="http://www.bar.com">www.bar.com</a> 1www.baz.com',
  ],
  [
    "http://x.com, http://y.com; (http://z.com). <http://w.com>",
    {},
    '<a href="http://x.com">http://x.com</a>, <a href="http://y.com">http://y.com</a>; (<a href="http://z.com">http://z.com</a>). &lt;<a href="http://w.com">http://w.com</a>&gt;',
  ],
  ["www.", {}, "www."],
  ["http://", {}, '<a href="http://">http://</a>'],
  ["www.)", {}, "www.)"],
  ["", {}, ""],
  ["http://münchen.de/straße?ü=ö", {}, '<a href="http://münchen.de/straße?ü=ö">http://münchen.de/straße?ü=ö</a>'],
  [
    "http://a.com/x_y- http://b.com/-",
    {},
    '<a href="http://a.com/x_y-">http://a.com/x_y-</a> <a href="http://b.com/-">http://b.com/-</a>',
  ],
  ["http://a.com\\b", {}, '<a href="http://a.com\\b">http://a.com\\b</a>'],
  [
    "www.a.com:/b http://www.x.com",
    {},
    '<a href="http://www.a.com:/b">www.a.com:/b</a> <a href="http://www.x.com">http://www.x.com</a>',
  ],
  ["http://f(a)(b)c(d", {}, '<a href="http://f(a)(b)c">http://f(a)(b)c</a>(d'],
  ["x:/(a) y:/(b", { permittedProtocols: ["x", "y"] }, '<a href="x:/(a)">x:/(a)</a> y:/(b'],
];

describe("linkify", () => {
  it.each(cases)("makes links of %j with %j", (text, options, html) => {
    expect(linkify(text, options)).toBe(html);
  });

  it("asks a function for further attributes of each address", () => {
    const html = linkify("www.a.com http://b.com", { extraParams: (href) => ` data-x="${href.length}" ` });

    expect(html).toBe(
      '<a href="http://www.a.com" data-x="16">www.a.com</a> <a href="http://b.com" data-x="12">http://b.com</a>',
    );
  });
});

describe("hostile text", () => {
  const pieces = [
    "http://",
    "(",
    "www.",
    "a:/(",
    "&",
    "http://a(",
    "-:/",
    "www.!!!",
    "<",
    "x",
    " \t",
    "</",
    "&#",
    "&amp",
    "\0",
    "%",
    "%4",
    "&=",
    "\u2028",
    "\ud800",
    "<!-",
  ];

  it.each(pieces)("of 100 kB of %j keeps no function busy", (piece) => {
    const text = piece.repeat(100_000 / piece.length);

    // Quadratic work on this much text takes minutes, and the test's time limit ends it.
    const results = [
      linkify(text, { shorten: true }),
      xhtmlEscape(text),
      xhtmlUnescape(text),
      squeeze(text),
      jsonEncode(text),
      urlEscape(text),
      urlUnescape(text),
      parseQsBytes(text),
      jsonDecode(jsonEncode(text)),
    ];

    expect(results).toHaveLength(9);
  });

  it.each([
    ["a word", "a".repeat(90_000)],
    ["hyphens", `a${"-".repeat(90_000)}`],
  ])("does not look for the start of a protocol anew for every www. before it: %s", (_, word) => {
    const text = `${"www.) ".repeat(15_000)}${word}:/`;

    const linked = linkify(text);

    expect(linked).toBe(text);
  });
});
