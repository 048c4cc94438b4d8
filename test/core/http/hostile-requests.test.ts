/** Every shape that could be read in two ways is refused before a handler is chosen (RFC 9112; reliability.md). */

import { describe, expect, it } from "vitest";
import { HTTPHeaders } from "../../../src/core/http/headers.js";
import { sendRaw } from "../../support/raw-http.js";
import { counting, serve, transport } from "./serve.js";

const head = (...lines: string[]) => `${lines.join("\r\n")}\r\n\r\n`;
const get = (...lines: string[]) => head("GET / HTTP/1.1", ...lines);
const post = (...lines: string[]) => head("POST / HTTP/1.1", "Host: a", ...lines);
const smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
const fields = (count: number) => Array.from({ length: count }, (_, i) => `X${i}: 1`);

/** What is sent, and the status that comes back; the letters are the rows of the table in reliability.md. */
const refused: [what: string, bytes: string, status: number][] = [
  ["a. two Hosts", get("Host: a", "Host: b"), 400],
  ["a. two equal Hosts", get("Host: a", "host: a"), 400],
  ["a. two Hosts in one field", get("Host: a, b"), 400],
  ["b. a Host with a space", get("Host: a b"), 400],
  ["b. a Host with a slash", get("Host: a/b"), 400],
  ["b. a Host with user information", get("Host: user@a"), 400],
  ["b. a Host with markup", get("Host: <script>"), 400],
  ["b. a Host with a quote", get("Host: a'b"), 400],
  ["b. a Host with a backslash", get("Host: a\\b"), 400],
  ["b. an empty Host", get("Host:"), 400],
  ["b. a Host that is only a port", get("Host: :80"), 400],
  ["b. a Host with a port that is none", get("Host: a:b"), 400],
  ["b. no Host at all", get("Accept: */*"), 400],
  ["c. 101 fields", get("Host: a", ...fields(100)), 431],
  ["c. 2,500 fields", get("Host: a", ...fields(2500).map(() => "a:")), 431],
  ["c. 20 kB of headers", get("Host: a", `X: ${"x".repeat(20_000)}`), 431],
  ["c. a target of 20 kB", head(`GET /${"x".repeat(20_000)} HTTP/1.1`, "Host: a"), 414],
  ["d. Transfer-Encoding: ,chunked", `${post("Transfer-Encoding: ,chunked")}0\r\n\r\n`, 400],
  ["e. Transfer-Encoding: gzip, chunked", `${post("Transfer-Encoding: gzip, chunked")}0\r\n\r\n`, 501],
  ["f. Transfer-Encoding on HTTP/1.0", `${head("POST / HTTP/1.0", "Transfer-Encoding: chunked")}0\r\n\r\n`, 400],
  ["g. an empty Transfer-Encoding", `${post("Transfer-Encoding:")}${smuggled}`, 400],
  ["h. Transfer-Encoding: identity", `${post("Transfer-Encoding: identity")}${smuggled}`, 400],
  ["h. Transfer-Encoding: xchunked", `${post("Transfer-Encoding: xchunked")}0\r\n\r\n`, 400],
  ["h. Transfer-Encoding: \\xa0chunked", `${post("Transfer-Encoding: \xa0chunked")}0\r\n\r\n`, 400],
  ['h. Transfer-Encoding: "chunked"', `${post('Transfer-Encoding: "chunked"')}0\r\n\r\n`, 400],
  ["h. chunked twice", `${post("Transfer-Encoding: chunked, chunked")}0\r\n\r\n`, 400],
  ["h. two Transfer-Encodings", `${post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked")}0\r\n\r\n`, 400],
  [
    "h. Transfer-Encoding on an upgrade",
    get("Host: a", "Connection: Upgrade", "Upgrade: websocket", "Transfer-Encoding: x"),
    400,
  ],
  ["i. HTTP/0.9", head("GET / HTTP/0.9", "Host: a"), 505],
  ["i. HTTP/2.0", head("GET / HTTP/2.0", "Host: a"), 505],
  ["i. HTTP/1.2", head("GET / HTTP/1.2", "Host: a"), 400],
  ["i. the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", transport() === "node" ? 400 : 505],
  ["i. another protocol", head("GET / ICAP/1.0", "Host: a"), 400],
  ["j. a fragment in the target", head("GET /a#b HTTP/1.1", "Host: a"), 400],
  ["j. a target without a slash", head("GET a HTTP/1.1", "Host: a"), 400],
  ["j. an asterisk for GET", head("GET * HTTP/1.1", "Host: a"), 400],
  ["j. another scheme", head("GET ftp://a/ HTTP/1.1", "Host: a"), 400],
  ["k. user information in an absolute target", head("GET http://user@a/ HTTP/1.1", "Host: a"), 400],
  ["k. an absolute target without a host", head("GET http:///a HTTP/1.1", "Host: a"), 400],
  ["l. two Authorizations", get("Host: a", "Authorization: Basic a", "authorization: Basic b"), 400],
  ["l. two Content-Types", `${post("Content-Type: a/b", "Content-Type: c/d", "Content-Length: 1")}x`, 400],
  // Framing that node:http refuses itself; listed so that another transport is held to it too.
  ["Content-Length and Transfer-Encoding", `${post("Content-Length: 5", "Transfer-Encoding: chunked")}0\r\n\r\n`, 400],
  ["two Content-Lengths", `${post("Content-Length: 1", "Content-Length: 2")}xx`, 400],
  ["a list of Content-Lengths", `${post("Content-Length: 1, 1")}x`, 400],
  ["a signed Content-Length", `${post("Content-Length: +1")}x`, 400],
  ["a negative Content-Length", `${post("Content-Length: -1")}x`, 400],
  ["a Content-Length with an underscore", `${post("Content-Length: 1_0")}xxxxxxxxxx`, 400],
  ["a hexadecimal Content-Length", `${post("Content-Length: 0x1")}x`, 400],
  ["a Content-Length of 2^64+5", `${post("Content-Length: 18446744073709551621")}hello`, 400],
  ["a Content-Length of 2^53", `${post("Content-Length: 9007199254740992")}hello`, 400],
  ["a space before the colon", get("Host: a", "X : 1"), 400],
  ["a folded field", get("Host: a", "X: 1", " 2"), 400],
  ["a field without a colon", get("Host: a", "X"), 400],
  ["a NUL in a value", get("Host: a", "X: a\0b"), 400],
  ["a control character in a value", get("Host: a", "X: a\x01b"), 400],
  ["a bare CR in a value", get("Host: a", "X: a\rb"), 400],
  ["bare line feeds", "GET / HTTP/1.1\nHost: a\n\n", 400],
  ["a control character in the target", head("GET /\x01 HTTP/1.1", "Host: a"), 400],
  ["not HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400],
  ["CONNECT", head("CONNECT a:443 HTTP/1.1", "Host: a"), 405],
];

describe("a hostile request", () => {
  it.each(refused)("is refused: %s", async (_what, bytes, status) => {
    const counter = counting();
    const server = await serve(counter.application);

    const answer = await sendRaw(server.port, Buffer.from(`${bytes}${smuggled}`, "latin1"));

    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(counter.asked).toBe(0);
    // One answer and no more: what follows an ambiguous message is nobody's request.
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  it("is answered by a bare status line if it is malformed, as in Tornado", async () => {
    const server = await serve(counting().application);

    expect(await sendRaw(server.port, get("Host: a", "Host: b"))).toBe("HTTP/1.1 400 Bad Request\r\n\r\n");
    expect(await sendRaw(server.port, "nonsense\r\n\r\n")).toBe("HTTP/1.1 400 Bad Request\r\n\r\n");
  });

  it("is answered by a page that repeats nothing of it if it is too large", async () => {
    const server = await serve(counting().application);

    const answer = await sendRaw(server.port, get("Host: a", `X: <script>${"x".repeat(20_000)}`));

    expect(answer).toContain("Connection: close\r\n");
    expect(answer).toContain("Content-Security-Policy: default-src 'none'\r\n");
    expect(answer).toContain("431: Request Header Fields Too Large");
    expect(answer).not.toContain("script");
  });

  it("is answered behind the answers to the good ones before it", async () => {
    const server = await serve(counting().application);

    const answer = await sendRaw(
      server.port,
      `${head("GET /1 HTTP/1.1", "Host: a")}${head("GET /2 HTTP/1.1", "Host: a")}bad\r\n`,
    );

    expect(answer.match(/HTTP\/1\.1 \d+|hello \S\d/g)).toEqual([
      "HTTP/1.1 200",
      "hello /1",
      "HTTP/1.1 200",
      "hello /2",
      "HTTP/1.1 400",
    ]);
  });

  it.each([
    ["a chunk size that is none", "x\r\n"],
    ["a bare line feed after a chunk size", "1\nx\r\n0\r\n\r\n"],
    ["a chunk longer than its size", "1\r\nxx\r\n0\r\n\r\n"],
    ["a signed chunk size", "+1\r\nx\r\n0\r\n\r\n"],
    ["a chunk size of 2^64", "10000000000000001\r\nx\r\n0\r\n\r\n"],
  ])("in its body is refused: %s", async (_what, body) => {
    const counter = counting();
    const server = await serve(counter.application);

    const answer = await sendRaw(server.port, `${post("Transfer-Encoding: chunked")}${body}${smuggled}`);

    expect(answer).toBe("HTTP/1.1 400 Bad Request\r\n\r\n");
    expect(counter.asked).toBe(0);
  });
});

describe("an unusual request that means one thing only", () => {
  it.each<[string, string, string]>([
    ["an absolute target", head("GET http://a/x?y HTTP/1.1", "Host: a"), "a /x?y"],
    [
      "an absolute target whose host differs from Host (RFC 9112, section 3.2.2)",
      head("GET http://b/x HTTP/1.1", "Host: a"),
      "b /x",
    ],
    ["an absolute target without a path", head("GET http://a?y HTTP/1.1", "Host: a"), "a /?y"],
    ["a target that begins with two slashes", head("GET //evil.test/ HTTP/1.1", "Host: a"), "a //evil.test/"],
    [
      "a target that begins with a slash and a backslash",
      head("GET /\\evil.test HTTP/1.1", "Host: a"),
      "a /\\evil.test",
    ],
    ["an asterisk for OPTIONS", head("OPTIONS * HTTP/1.1", "Host: a"), "a *"],
    ["HTTP/1.0 without a Host", head("GET / HTTP/1.0"), "127.0.0.1 /"],
    ["a Host with a port", get("Host: a:80"), "a:80 /"],
    ["an IPv6 Host", get("Host: [::1]:80"), "[::1]:80 /"],
    ["one empty line before the request", `\r\n${get("Host: a")}`, "a /"],
    ["an unknown Expect", get("Host: a", "Expect: magic"), "a /"],
    ["100 fields", get("Host: a", ...fields(99)), "a /"],
    ["a field called __proto__", get("Host: a", "__proto__: x"), "a /"],
    ["Transfer-Encoding: Chunked", `${post("Transfer-Encoding: Chunked")}0\r\n\r\n`, "a /"],
    ["a Content-Length with leading zeros", `${post("Content-Length: 0001")}x`, "a /"],
  ])("is served: %s", async (_what, bytes, expected) => {
    const server = await serve(
      (request) => {
        request.connection.writeHeaders(
          { code: 200, reason: "OK" },
          new HTTPHeaders(),
          `${request.host} ${request.uri}`,
        );
        request.connection.finish();
      },
      { noKeepAlive: true },
    );

    const answer = await sendRaw(server.port, bytes);

    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toContain(expected);
  });
});
