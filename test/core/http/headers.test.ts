import { describe, expect, it } from "vitest";
import { HTTPHeaders } from "../../../src/core/http/headers.js";
import { HTTPInputError } from "../../../src/core/http/http-input-error.js";

describe("HTTPHeaders", () => {
  it("compares names without case and keeps them as written", () => {
    const headers = new HTTPHeaders({ "content-TYPE": "text/plain" });

    expect(headers.get("Content-Type")).toBe("text/plain");
    expect(headers.toString()).toBe("content-TYPE: text/plain\r\n");
  });

  it("checks each value of a name, also when the one before was good", () => {
    const headers = new HTTPHeaders();

    for (const good of ["a", "a", "", "b"]) {
      headers.set("X-Checked", good);
      for (const bad of ["a\r\nSet-Cookie: b", "\x00", `${good}\n`]) {
        expect(() => headers.set("X-Checked", bad)).toThrow(HTTPInputError);
        expect(() => headers.add("X-Checked", bad)).toThrow(HTTPInputError);
      }
      expect(headers.getList("X-Checked")).toEqual([good]);
      expect(headers.isAscii).toBe(true);
    }
    headers.set("X-Checked", "\xe4");
    expect(headers.isAscii).toBe(false);
    expect(() => headers.set("X Checked", "a")).toThrow(HTTPInputError);
    expect(() => headers.set("X Checked", "a")).toThrow(HTTPInputError);
  });

  it("joins repeated fields with a comma and no space, as Tornado does", () => {
    const headers = new HTTPHeaders();
    headers.add("Accept", "a");
    headers.add("accept", "b");

    expect(headers.get("ACCEPT")).toBe("a,b");
    expect(headers.getList("Accept")).toEqual(["a", "b"]);
  });

  it("joins several Cookie fields with a semicolon (RFC 9113, section 8.2.3)", () => {
    const headers = HTTPHeaders.fromRaw(["Cookie", "a=1", "cookie", "b=2"]);

    expect(headers.get("Cookie")).toBe("a=1; b=2");
  });

  it("replaces every field of a name by set, in the place of the first", () => {
    const headers = new HTTPHeaders([
      ["A", "1"],
      ["B", "2"],
      ["a", "3"],
    ]);

    headers.set("a", "4");

    expect([...headers]).toEqual([
      ["a", "4"],
      ["B", "2"],
    ]);
  });

  it("deletes every field of a name and says whether there was one", () => {
    const headers = new HTTPHeaders([
      ["A", "1"],
      ["B", "2"],
      ["a", "3"],
    ]);

    expect(headers.delete("A")).toBe(true);
    expect(headers.delete("A")).toBe(false);
    expect([...headers]).toEqual([["B", "2"]]);
  });

  it("sets a default only where nothing is", () => {
    const headers = new HTTPHeaders({ A: "1" });

    expect(headers.setDefault("a", "2")).toBe("1");
    expect(headers.setDefault("b", "3")).toBe("3");
    expect(headers.size).toBe(2);
  });

  it("copies, so that a change of the one is not seen in the other", () => {
    const headers = new HTTPHeaders({ A: "1" });
    const copy = headers.copy();

    copy.set("A", "2");

    expect(headers.get("A")).toBe("1");
  });

  it("goes to and from the Headers of fetch", () => {
    const headers = new HTTPHeaders(new Headers({ a: "1", b: "2" }));

    expect(new Headers([...headers]).get("b")).toBe("2");
  });

  it.each([
    ["a line end", "a\r\nSet-Cookie: b"],
    ["a bare CR", "a\rb"],
    ["a bare LF", "a\nb"],
    ["a NUL", "a\0b"],
    ["another control character", "a\x01b"],
    ["DEL", "a\x7fb"],
  ])("refuses a value with %s, by every way in", (_what, value) => {
    const headers = new HTTPHeaders();

    expect(() => headers.set("A", value)).toThrow(HTTPInputError);
    expect(() => headers.add("A", value)).toThrow(HTTPInputError);
    expect(() => headers.setDefault("A", value)).toThrow(HTTPInputError);
    expect(() => new HTTPHeaders({ A: value })).toThrow(HTTPInputError);
  });

  it.each(["", "a b", "a:", "a\r\n", "(a)", "ä", "a\0"])("refuses the name %j", (name) => {
    expect(() => new HTTPHeaders().add(name, "1")).toThrow(HTTPInputError);
  });

  it("allows tabs and text beyond ASCII in values, and knows that it is there", () => {
    const headers = new HTTPHeaders({ A: "a\tb" });
    expect(headers.isAscii).toBe(true);

    headers.add("B", "ü");

    expect(headers.isAscii).toBe(false);
    expect(headers.get("B")).toBe("ü");
  });

  it("parses lines that end with CRLF or LF, and trims spaces and tabs only", () => {
    const headers = HTTPHeaders.parse("A: 1\r\nB:\t2 \nC:\u00a03\r\n\r\n");

    expect([...headers]).toEqual([
      ["A", "1"],
      ["B", "2"],
      ["C", "\u00a03"],
    ]);
  });

  it.each(["A", "A : 1", " A: 1", "A: 1\r\n B", "A: \r1\r\n", ": 1"])("refuses to parse %j", (text) => {
    expect(() => HTTPHeaders.parse(text)).toThrow(HTTPInputError);
  });

  it("reads the text of a head as it reads a list, before and after it is changed", () => {
    const text = "GET / HTTP/1.1\r\nA: 1\r\nb:\t2 \r\na:\r\n\r\n";
    const make = () => HTTPHeaders.fromText(text, 16, [17, 20, 23, 27, 30, 31]);

    expect([make().get("a"), make().get("B"), make().get("c"), make().size]).toEqual(["1,", "2", undefined, 3]);
    expect(make().getList("A")).toEqual(["1", ""]);
    expect(make().toString()).toBe("A: 1\r\nb: 2\r\na: \r\n");
    for (const change of [(one: HTTPHeaders) => one.set("C", "3"), (one: HTTPHeaders) => one.add("C", "3")]) {
      const headers = make();
      change(headers);
      expect([...headers.copy()].join(" ")).toBe("A,1 b,2 a, C,3");
      expect(headers.delete("a")).toBe(true);
      expect(headers.flat()).toEqual(["b", "2", "C", "3"]);
    }
  });

  it("never reaches an object's prototype", () => {
    const headers = new HTTPHeaders([["__proto__", "1"]]);

    expect(headers.get("__proto__")).toBe("1");
    expect(headers.get("constructor")).toBeUndefined();
  });

  it("finds fields among thousands of them, whatever is added or deleted in between (CVE-2025-67725)", () => {
    const headers = new HTTPHeaders();
    for (let i = 0; i < 20_000; i++) headers.add(i % 2 === 0 ? "same" : `n${i}`, String(i));

    expect(headers.getList("SAME")).toHaveLength(10_000);
    headers.add("Same", "last");
    expect(headers.getList("same").at(-1)).toBe("last");
    headers.delete("same");
    expect(headers.get("same")).toBeUndefined();
    expect(headers.get("N19999")).toBe("19999");
    expect(headers.size).toBe(10_000);
  });
});
