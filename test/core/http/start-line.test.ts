import { describe, expect, it } from "vitest";
import { parseRequestStartLine, parseResponseStartLine } from "../../../src/core/http/start-line.js";

describe("a request line", () => {
  it("is taken apart", () => {
    expect(parseRequestStartLine("GET /a?b HTTP/1.1")).toEqual({ method: "GET", path: "/a?b", version: "HTTP/1.1" });
  });

  // RFC 9112, section 3, and the versions that Tornado takes.
  it.each([
    "",
    "GET /",
    "GET  / HTTP/1.1",
    "GET / HTTP/1.1 ",
    "GET / HTTP/2.0",
    "GET / HTTP/1.10",
    "G(T / HTTP/1.1",
    "GET /a b HTTP/1.1",
  ])("is refused when it is %j", (line) => {
    expect(() => parseRequestStartLine(line)).toThrow("Malformed request line");
  });
});

describe("a status line", () => {
  it.each([
    ["HTTP/1.1 200 OK", { version: "HTTP/1.1", code: 200, reason: "OK" }],
    ["HTTP/1.0 404 Not Found", { version: "HTTP/1.0", code: 404, reason: "Not Found" }],
    ["HTTP/1.1 200 ", { version: "HTTP/1.1", code: 200, reason: "" }],
    ["HTTP/1.1 200", { version: "HTTP/1.1", code: 200, reason: "" }],
  ])("is taken apart: %j", (line, expected) => {
    expect(parseResponseStartLine(line)).toEqual(expected);
  });

  it.each(["", "HTTP/1.1", "HTTP/1.1 20 OK", "HTTP/1.1 2000", "HTTP/1.1 200OK", "HTTP/2 200", "HTTP/1.1 200 a\rb"])(
    "is refused when it is %j",
    (line) => {
      expect(() => parseResponseStartLine(line)).toThrow("Malformed status line");
    },
  );
});
