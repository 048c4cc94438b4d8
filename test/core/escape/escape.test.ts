import { describe, expect, it } from "vitest";
import {
  jsonDecode,
  jsonEncode,
  parseQsBytes,
  squeeze,
  toUnicode,
  urlEscape,
  urlUnescape,
  utf8,
  xhtmlEscape,
  xhtmlUnescape,
} from "../../../src/core/escape.js";

const long = "a quite ordinary sentence that is longer than the short form ";

describe("xhtmlEscape", () => {
  it.each([
    ["", ""],
    ["<foo>", "&lt;foo&gt;"],
    ["<>&\"'", "&lt;&gt;&amp;&quot;&#x27;"],
    ["&amp;", "&amp;amp;"],
    ["<é>", "&lt;é&gt;"],
    ["O'Brien & Sons", "O&#x27;Brien &amp; Sons"],
    [long, long],
    [`${long}<${long}>${long}`, `${long}&lt;${long}&gt;${long}`],
    [`<${long}`, `&lt;${long}`],
    [`${long}'`, `${long}&#x27;`],
    ["<a href='x'>".repeat(10), "&lt;a href=&#x27;x&#x27;&gt;".repeat(10)],
  ])("escapes %j", (text, escaped) => {
    expect(xhtmlEscape(text)).toBe(escaped);
  });

  it("takes bytes as UTF-8", () => {
    expect(xhtmlEscape(Buffer.from("<é>"))).toBe("&lt;é&gt;");
  });

  it("refuses what is neither text nor bytes", () => {
    expect(() => xhtmlEscape(5 as unknown as string)).toThrow("Expected a string, bytes or null, got number.");
  });

  it("gives the same as replacing each character, wherever the special ones stand", () => {
    const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" };
    for (let length = 0; length < 80; length++) {
      for (const at of [0, 1, length >> 1, length - 1]) {
        const text = [..."x".repeat(length)]
          .map((one, index) => (index === at || index % 19 === 18 ? "&<>\"'"[index % 5]! : one))
          .join("");

        expect(xhtmlEscape(text)).toBe(text.replace(/[&<>"']/g, (one) => entities[one]!));
      }
    }
  });
});

describe("xhtmlUnescape", () => {
  it.each([
    ["&lt;foo&gt;", "<foo>"],
    ["foo&#32;bar", "foo bar"],
    ["foo&#x20;bar", "foo bar"],
    ["foo&#X20;bar", "foo bar"],
    ["foo&#xabc;bar", "foo\u0abcbar"],
    ["foo&#xyz;bar", "foo&#xyz;bar"],
    ["foo&#;bar", "foo&#;bar"],
    ["foo&#x;bar", "foo&#x;bar"],
    ["&eacute;&Alpha;&euro;&apos;", "éΑ€'"],
    ["&unknown; & &", "&unknown; & &"],
    ["&amp;lt;", "&lt;"],
    ["&lt &notit;", "< ¬it;"],
    ["&#0;&#xD800;&#x110000;", "\ufffd\ufffd\ufffd"],
    ["&#128;&#x92;", "€’"],
    ["&#128512;", "😀"],
  ])("unescapes %j", (text, unescaped) => {
    expect(xhtmlUnescape(text)).toBe(unescaped);
  });
});

describe("jsonEncode", () => {
  it("gives text that may stand in a script block", () => {
    const value = { html: "</script><!-- \u2028\u2029", n: [1, null] };

    const text = jsonEncode(value);

    expect(text).toBe('{"html":"<\\/script>\\u003c!-- \\u2028\\u2029","n":[1,null]}');
    expect(jsonDecode(text)).toEqual(value);
  });

  it("gives null for what JSON has no word for", () => {
    expect(jsonEncode(undefined)).toBe("null");
  });
});

describe("jsonDecode", () => {
  it("takes bytes", () => {
    expect(jsonDecode(Buffer.from('"é"'))).toBe("é");
  });
});

describe("urlEscape", () => {
  it.each([
    ["é", "%C3%A9", "%C3%A9"],
    ["a b/c", "a+b%2Fc", "a%20b/c"],
    ["letters-09_.~", "letters-09_.~", "letters-09_.~"],
    ["!*'()", "%21%2A%27%28%29", "%21%2A%27%28%29"],
    ["a+b%", "a%2Bb%25", "a%2Bb%25"],
    ["\ud800", "%EF%BF%BD", "%EF%BF%BD"],
    ["😀", "%F0%9F%98%80", "%F0%9F%98%80"],
  ])("escapes %j", (text, withPlus, withoutPlus) => {
    expect(urlEscape(text)).toBe(withPlus);
    expect(urlEscape(text, { plus: false })).toBe(withoutPlus);
  });
});

describe("urlUnescape", () => {
  it.each([
    ["%C3%A9", "é", "é"],
    ["a+b%2F", "a b/", "a+b/"],
    ["%zz%4%", "%zz%4%", "%zz%4%"],
    ["%FF", "\ufffd", "\ufffd"],
    ["é", "é", "é"],
  ])("unescapes %j", (text, withPlus, withoutPlus) => {
    expect(urlUnescape(text)).toBe(withPlus);
    expect(urlUnescape(text, { plus: false })).toBe(withoutPlus);
  });

  it("gives the bytes when asked for no encoding", () => {
    expect(urlUnescape("%FFa", { encoding: null })).toEqual(Buffer.from([0xff, 0x61]));
  });
});

describe("parseQsBytes", () => {
  it("collects the values of each name", () => {
    const fields = parseQsBytes("a=1&b=%C3%A9&a=2+3&c=&d&;e=x&%C3%A9=y", { keepBlankValues: true });

    expect([...fields].map(([name, values]) => [name, values.map(String)])).toEqual([
      ["a", ["1", "2 3"]],
      ["b", ["é"]],
      ["c", [""]],
      ["d", [""]],
      [";e", ["x"]],
      ["é", ["y"]],
    ]);
  });

  it("drops blank values unless asked to keep them", () => {
    expect([...parseQsBytes("a=&b&c=1").keys()]).toEqual(["c"]);
  });
});

describe("squeeze, utf8 and toUnicode", () => {
  it("makes one space of every run of white space and control characters", () => {
    expect(squeeze("\u0000 a \t\r\n b\u001f ")).toBe("a b");
  });

  it("pass null and refuse other types", () => {
    expect(utf8(null)).toBeNull();
    expect(toUnicode(null)).toBeNull();
    expect(utf8("é")).toEqual(Buffer.from([0xc3, 0xa9]));
    expect(toUnicode(new Uint8Array([0xc3, 0xa9]))).toBe("é");
    expect(() => utf8({} as string)).toThrow(TypeError);
  });
});

it("leaves the bytes that it is given as they are", () => {
  const bytes = Buffer.from("a=%41+%42");

  expect(urlUnescape(bytes)).toBe("a=A B");
  expect(parseQsBytes(bytes).get("a")).toEqual([Buffer.from("A B")]);
  expect(bytes.toString()).toBe("a=%41+%42");
});
