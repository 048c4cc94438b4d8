import { describe, expect, it } from "vitest";
import { HTTPHeaders } from "../../src/core/http/headers.js";
import type { HTTPServerRequest } from "../../src/core/http/request.js";
import { liveReloadTransform, scriptNonce, withOwnConnections } from "../../src/dev/live-reload-transform.js";

describe("the policy of a page with live reload", () => {
  it.each([
    ["script-src 'nonce-a'", "script-src 'nonce-a'"],
    ["default-src 'self'", "default-src 'self'"],
    ["default-src 'none'; script-src 'self'; ", "default-src 'none'; script-src 'self'; connect-src 'self'"],
    ["default-src https://a.test", "default-src https://a.test; connect-src https://a.test 'self'"],
    ["connect-src 'none'; img-src *", "connect-src 'self'; img-src *"],
    ["img-src data:;Connect-Src wss://a.test", "img-src data:; connect-src wss://a.test 'self'"],
    ["connect-src *", "connect-src *"],
  ])("made of %s is %s", (policy, open) => {
    expect(withOwnConnections(policy)).toBe(open);
  });
});

describe("the nonce of the script", () => {
  it.each([
    ["style-src 'nonce-style'; script-src 'self' 'nonce-script'", "script"],
    ["default-src 'nonce-any'", "any"],
    ["default-src 'nonce-any'; script-src 'self'", undefined],
    ["Script-Src-Elem 'nonce-element'; script-src 'nonce-script'", "element"],
    ["style-src 'nonce-style'", undefined],
    ["img-src *, script-src 'nonce-second'", "second"],
  ])("of %s is %s", (policy, nonce) => {
    expect(scriptNonce(policy)).toBe(nonce);
  });
});

describe("a page with live reload", () => {
  const Transform = liveReloadTransform(() => "1");
  const request = { headers: new HTTPHeaders({ "Sec-Fetch-Dest": "document" }) } as HTTPServerRequest;

  async function sent(pieces: readonly string[], fields: Record<string, string> = {}): Promise<string[]> {
    const transform = new Transform(request);
    const headers = new HTTPHeaders({ "Content-Type": "text/html; charset=UTF-8", ...fields });
    const chunks = pieces.map((piece) => Buffer.from(piece));
    const first = await transform.transformFirstChunk(200, headers, chunks[0]!, chunks.length === 1);
    const others = chunks.slice(1).map((chunk, index) => transform.transformChunk(chunk, index === chunks.length - 2));
    const texts = [first.chunk, ...(await Promise.all(others))].map(String);
    return texts.map((text) => text.replace(/<script [^>]*><\/script>/g, "*"));
  }

  it.each([
    ["before the end of its body", ["<body>a</body></html>"], ["<body>a*</body></html>"]],
    ["before the last of several ends", ["<body><pre></body></pre></body>"], ["<body><pre></body></pre>*</body>"]],
    ["at its end when it has no body", ["<h1>a</h1>"], ["<h1>a</h1>*"]],
    ["in its head when it comes in pieces", ["<html><head><title>", "a</body>"], ["<html><head>*<title>", "a</body>"]],
    ["in a body with attributes", ['<BODY class="a">', "b", ""], ['<BODY class="a">*', "b", ""]],
    ["in a later piece when the first has no head", ["<!-- a -->", "b</body>", "c"], ["<!-- a -->", "b*</body>", "c"]],
    ["behind the last piece when no other has a place", ["<header>", "a", "b"], ["<header>", "a", "b*"]],
  ])("has the script %s, once", async (_, pieces, shown) => {
    expect(await sent(pieces)).toEqual(shown);
  });

  it.each([
    ["a file that is to be kept", { "Content-Disposition": 'attachment; filename="a.html"' }],
    ["another type", { "Content-Type": "application/xhtml+xml" }],
    ["what is encoded already", { "Content-Encoding": "gzip" }],
  ])("is not made of %s", async (_, fields) => {
    expect(await sent(["<body>a</body>"], fields)).toEqual(["<body>a</body>"]);
  });
});
