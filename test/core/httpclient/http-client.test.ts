/** The client against real servers: requests, responses, errors, and who shares what. */

import { createServer } from "node:http";
import { inspect } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { HTTPHeaders } from "../../../src/core/http/headers.js";
import { AsyncHTTPClient } from "../../../src/core/httpclient/http-client.js";
import { HTTPRequest, type HTTPRequestOptions } from "../../../src/core/httpclient/http-request.js";
import { HTTPClientError, HTTPResponse, HTTPStreamClosedError } from "../../../src/core/httpclient/http-response.js";
import { bindUnusedPort } from "../../../src/core/testing/bind-unused-port.js";
import { type Echo, echo, failure, listen, makeClient, serve, serveBytes } from "./servers.js";

describe("a request", () => {
  it("is sent as it is described", async () => {
    const url = await serve(echo);
    const request = new HTTPRequest(`${url}/items?a=1#part`, {
      method: "PUT",
      headers: [
        ["X-One", "1"],
        ["Cookie", "a=b"],
      ],
      body: "héllo",
      ifModifiedSince: new Date(0),
      userAgent: "tests",
    });

    const response = await makeClient().fetch(request);

    const asked = response.json<Echo>();
    expect(asked).toMatchObject({ method: "PUT", url: "/items?a=1", body: Buffer.from("héllo").toString("latin1") });
    expect(asked.headers).toMatchObject({
      "x-one": "1",
      cookie: "a=b",
      "content-length": "6",
      "if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT",
      "user-agent": "tests",
      "accept-encoding": "gzip, br",
    });
    expect(response).toMatchObject({ code: 200, reason: "OK", error: null, effectiveUrl: `${url}/items?a=1#part` });
    expect(response.request).toBe(request);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.requestTime).toBeGreaterThan(0);
    expect(Math.abs(response.startTime - Date.now() / 1000)).toBeLessThan(60);
    const { queue, connect, starttransfer, total } = response.timeInfo;
    expect([queue, connect, starttransfer, total]).toEqual(
      [queue, connect, starttransfer, total].sort((a, b) => a - b),
    );
  });

  it.each<[string, HTTPRequestOptions, string | undefined, string]>([
    [
      "a POST of text is a form, as in Tornado",
      { method: "POST", body: "a=1" },
      "application/x-www-form-urlencoded",
      "a=1",
    ],
    ["a POST of nothing", { method: "POST", body: "" }, "application/x-www-form-urlencoded", ""],
    [
      "a form",
      { method: "PUT", body: new URLSearchParams({ a: "ü b" }) },
      "application/x-www-form-urlencoded",
      "a=%C3%BC+b",
    ],
    ["bytes", { method: "PATCH", body: new Uint8Array([1, 255]) }, undefined, "\x01\xff"],
    ["DELETE with a body", { method: "DELETE", body: "x", allowNonstandardMethods: true }, undefined, "x"],
    ["a method of one's own", { method: "PROPFIND", body: "x", allowNonstandardMethods: true }, undefined, "x"],
    ["POST without a body", { method: "POST", allowNonstandardMethods: true }, undefined, ""],
  ])("%s", async (_, options, contentType, body) => {
    const response = await makeClient().fetch(await serve(echo), options);

    const asked = response.json<Echo>();
    expect(asked.headers["content-type"]).toBe(contentType);
    expect(asked.body).toBe(body);
    expect(asked.method).toBe(options.method);
  });

  it.each<[string, string, HTTPRequestOptions]>([
    ["in the URL", "us%C3%A9r:p%40ss@", {}],
    ["in the fields", "", { authUsername: "usér", authPassword: "p@ss", authMode: "basic" }],
    ["in the URL before those of the fields", "us%C3%A9r:p%40ss@", { authUsername: "other" }],
  ])("sends credentials that stand %s", async (_, userinfo, options) => {
    const url = await serve(echo);

    const response = await makeClient().fetch(url.replace("//", `//${userinfo}`), options);

    const [scheme, encoded] = response.json<Echo>().headers.authorization!.split(" ");
    expect(scheme).toBe("Basic");
    expect(Buffer.from(encoded!, "base64").toString()).toBe("usér:p@ss");
    expect(response.effectiveUrl).toBe(`${url}/`);
  });

  it("sends header values beyond ASCII as UTF-8, and repeated names repeatedly", async () => {
    const url = await serve((request, response) => {
      response.end(JSON.stringify(request.rawHeaders));
    });

    const headers = [["X-A", "1"] as const, ["x-a", "2"] as const, ["X-B", "Ω"] as const];
    const response = await makeClient().fetch(url, { headers });

    const raw = response.json<string[]>();
    expect(raw.slice(raw.indexOf("X-A"), raw.indexOf("X-A") + 6)).toEqual([
      "X-A",
      "1",
      "x-a",
      "2",
      "X-B",
      Buffer.from("Ω").toString("latin1"),
    ]);
  });

  it.each<[string, string, HTTPRequestOptions, RegExp]>([
    ["no URL", "nowhere", {}, /absolute/],
    ["another scheme", "file:///etc/passwd", {}, /file:/],
    ["a line break in the URL", "http://localhost/a\r\nX: y", {}, /control character/],
    ["a tab in the URL", "http://local\thost/", {}, /control character/],
    ["a line break in a method", "http://localhost/", { method: "GET / HTTP/1.1\r\nX:" }, /method/],
    ["a tunnel", "http://localhost/", { method: "CONNECT", allowNonstandardMethods: true }, /tunnel/],
    ["an unknown method", "http://localhost/", { method: "FETCH" }, /allowNonstandardMethods/],
    ["a POST without a body", "http://localhost/", { method: "POST" }, /needs a body/],
    ["a GET with a body", "http://localhost/", { body: "x" }, /no body/],
    ["two bodies", "http://localhost/", { method: "POST", body: "x", bodyProducer: () => {} }, /one of/],
    [
      "a wrong Content-Length",
      "http://localhost/",
      { method: "POST", body: "x", headers: { "Content-Length": "2" } },
      /2/,
    ],
    [
      "a length that is no number",
      "http://localhost/",
      { method: "POST", body: "x", headers: { "Content-Length": "+1" } },
      /number/,
    ],
    ["Transfer-Encoding", "http://localhost/", { headers: { "Transfer-Encoding": "chunked" } }, /Transfer-Encoding/],
    ["Expect", "http://localhost/", { headers: { Expect: "100-continue" } }, /expect100Continue/],
    ["Upgrade", "http://localhost/", { headers: { Upgrade: "h2c" } }, /Upgrade/],
    [
      "two hosts",
      "http://localhost/",
      {
        headers: [
          ["Host", "a"],
          ["host", "b"],
        ],
      },
      /Host/,
    ],
    ["another Connection", "http://localhost/", { headers: { Connection: "Upgrade" } }, /Connection/],
    ["digest", "http://localhost/", { authMode: "digest" as "basic", authUsername: "a" }, /basic/],
    ["a colon in the name", "http://localhost/", { authUsername: "a:b" }, /colon/],
    ["a password alone", "http://localhost/", { authPassword: "hunter22" }, /authUsername/],
    ["a proxy without a port", "http://localhost/", { proxyHost: "proxy" }, /proxyPort/],
    ["a proxy's port alone", "http://localhost/", { proxyPort: 1 }, /proxyHost/],
    ["a URL as the proxy", "http://localhost/", { proxyHost: "http://u:hunter22@proxy", proxyPort: 1 }, /scheme/],
    ["a negative timeout", "http://localhost/", { requestTimeout: -1 }, /requestTimeout/],
    [
      "a timeout that is no number",
      "http://localhost/",
      { connectTimeout: "1" as unknown as number },
      /connectTimeout/,
    ],
    ["a limit that is no number", "http://localhost/", { maxBodySize: Number.NaN }, /maxBodySize/],
    ["a mistyped field", "http://localhost/", { requestTimeOut: 1 } as HTTPRequestOptions, /requestTimeout/],
    ["an interface that there is not", "http://localhost/", { networkInterface: "nope0" }, /nope0/],
  ])("is refused: %s", async (_, url, options, message) => {
    const error = await failure(makeClient().fetch(url, options));

    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain("hunter22");
  });

  it.each(["X-A\r\nX-B", "X A", ""])("refuses the header name %j", async (name) => {
    await expect(makeClient().fetch("http://localhost/", { headers: { [name]: "1" } })).rejects.toThrow(/header name/);
  });

  it.each(["1\r\nX-B: 2", "1\n2", "\0"])("refuses the header value %j and does not show it", async (value) => {
    const error = await failure(makeClient().fetch("http://localhost/", { headers: { "X-A": value } }));

    expect(error.message).toBe("The value of the header X-A holds control characters.");
  });

  it("does not change and can be sent again", async () => {
    const url = await serve(echo);
    const request = new HTTPRequest(url, { method: "POST", body: "x", headers: { A: "1" } });
    const client = makeClient();

    const [one, other] = [await client.fetch(request), await client.fetch(request)];

    expect(one.json<Echo>().body).toBe("x");
    expect(other.json<Echo>()).toEqual(one.json<Echo>());
    expect(request.options()).toEqual({ method: "POST", body: "x", headers: { A: "1" } });
  });
});

describe("a response", () => {
  it.each([304, 400, 404, 500, 599])("of %i rejects, with the response in the error", async (code) => {
    const url = await serve((_, response) => response.writeHead(code).end(code === 304 ? undefined : "why"));

    const error = await failure<HTTPClientError>(makeClient().fetch(url));

    expect(error).toBeInstanceOf(HTTPClientError);
    expect(error).toMatchObject({ code, kind: "status" });
    expect(error.message).toMatch(new RegExp(`^HTTP ${code}: `));
    expect(error.response!.code).toBe(code);
    expect(error.response!.text()).toBe(code === 304 ? "" : "why");
    expect(error.response!.error).toBe(error);
  });

  it("is given with raiseError off, and throws when it is told to", async () => {
    const url = await serve((_, response) => response.writeHead(404, "Gone Fishing").end());

    const response = await makeClient().fetch(url, { raiseError: false });

    expect(response).toMatchObject({ code: 404, reason: "Gone Fishing" });
    expect(() => response.rethrow()).toThrow("HTTP 404: Gone Fishing");
  });

  it("can be read as bytes, text, JSON and a stream", async () => {
    const url = await serve((_, response) => response.end('{"a":"ü"}'));

    const response = await makeClient().fetch(url);

    expect(response.body).toEqual(Buffer.from('{"a":"ü"}'));
    expect(response.text()).toBe('{"a":"ü"}');
    expect(response.json()).toEqual({ a: "ü" });
    expect(Buffer.concat(await response.buffer.toArray())).toEqual(response.body);
  });

  it("that is not JSON says so without showing it", async () => {
    const url = await serve((_, response) => response.end("secret-token"));

    const response = await makeClient().fetch(url);

    expect(() => response.json()).toThrow(/is not JSON \(no Content-Type, 12 bytes\)/);
  });

  it("to HEAD has headers and no body", async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { "Content-Length": "1000000000", "Content-Encoding": "gzip" }).end();
    });

    const response = await makeClient().fetch(url, { method: "HEAD" });

    expect(response.headers.get("Content-Length")).toBe("1000000000");
    expect(response.body.length).toBe(0);
  });

  // RFC 9110, section 8.6: with 304 it is the length that the body of a 200 would have.
  it.each([204, 304])("of %i has no body, whatever its Content-Length says", async (code) => {
    const url = await serveBytes(`HTTP/1.1 ${code} X\r\nETag: "a"\r\nContent-Length: 5\r\n\r\n`, { end: false });

    const response = await makeClient().fetch(url, { raiseError: false });

    expect(response.code).toBe(code);
    expect(response.headers.get("Content-Length")).toBe("5");
    expect(response.body.length).toBe(0);
  });

  it("keeps Set-Cookie headers apart, and a header named __proto__", async () => {
    const url = await serveBytes(
      "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n__proto__: x\r\nContent-Length: 0\r\n\r\n",
    );

    const { headers } = await makeClient().fetch(url);

    expect(headers.getList("set-cookie")).toEqual(["a=1", "b=2"]);
    expect(headers.get("__proto__")).toBe("x");
  });

  it("can be made by hand, for the tests of an app", () => {
    const response = new HTTPResponse(new HTTPRequest("http://localhost/"), { code: 500, headers: new HTTPHeaders() });

    expect(() => response.rethrow()).toThrow("HTTP 500: Internal Server Error");
  });
});

describe("an error without a response", () => {
  it("of a port where nobody listens is `refused`", async () => {
    const { server, port } = await bindUnusedPort();
    await new Promise((resolve) => server.close(resolve));

    const error = await failure<HTTPClientError>(makeClient().fetch(`http://127.0.0.1:${port}/secret?token=1`));

    expect(error).toMatchObject({ code: 599, kind: "refused", response: null });
    expect(error.message).toBe(
      `HTTP 599: 127.0.0.1:${port} refuses the connection. Is something listening there (ECONNREFUSED)`,
    );
  });

  it("of a name that there is not is `host-not-found`", async () => {
    const error = await failure(makeClient().fetch("http://nowhere.invalid/"));

    expect(error).toMatchObject({ code: 599, kind: "host-not-found" });
  });

  it.each<[string, string, string]>([
    ["nothing", "", "closed"],
    ["half a head", "HTTP/1.1 200 OK\r\nConte", "closed"],
    ["less than announced", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "closed"],
    ["less than announced by HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nabc", "closed"],
    ["half of the chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "closed"],
    ["something else", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "malformed"],
    ["a broken chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "malformed"],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "closed"],
    ["a folded header", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\nBroken\r\n\r\n", "malformed"],
    ["another protocol", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "closed"],
    ["interim responses without end", "HTTP/1.1 102 Processing\r\n\r\n".repeat(11), "malformed"],
    ["headers without end", `HTTP/1.1 200 OK\r\n${"A: 012345678901234567890\r\n".repeat(4000)}`, "too-large"],
  ])("of a server that sends %s is told by its kind", async (_, bytes, kind) => {
    const error = await failure<HTTPClientError>(makeClient().fetch(await serveBytes(bytes)));

    expect(error).toBeInstanceOf(HTTPClientError);
    expect({ code: error.code, kind: error.kind }, error.message).toEqual({ code: 599, kind });
    if (kind === "closed") expect(error).toBeInstanceOf(HTTPStreamClosedError);
  });

  it("comes after some interim responses as if there were none", async () => {
    const url = await serveBytes(
      `${"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(3)}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`,
    );

    expect((await makeClient().fetch(url)).text()).toBe("ok");
  });

  it("shows no credentials, however it is printed", async () => {
    const secrets = { authUsername: "ada", authPassword: "hunter22", headers: { Authorization: "Bearer hunter22" } };
    const answered = await serve((_, response) => response.writeHead(401).end());
    const urls = [answered.replace("//", "//ada:hunter22@"), "http://ada:hunter22@127.0.0.1:1/?token=hunter22"];

    for (const url of urls) {
      const error = await failure(makeClient().fetch(url, secrets));

      for (const shown of [inspect(error, { depth: 9, showHidden: true }), JSON.stringify(error), String(error)]) {
        expect(shown).not.toContain("hunter22");
        expect(shown).not.toContain(Buffer.from("ada:hunter22").toString("base64"));
      }
    }
  });
});

describe("the client", () => {
  it("uses a connection again", async () => {
    let connections = 0;
    const server = createServer(echo).on("connection", () => connections++);
    const url = await listen(server);
    const client = makeClient();

    await client.fetch(url);
    await new Promise((resolve) => setImmediate(resolve));
    await client.fetch(url);

    expect(connections).toBe(1);
  });

  it("is one for the process, which configure() sets up", async () => {
    const url = await serve(echo);
    onTestFinished(async () => {
      await new AsyncHTTPClient().close();
      AsyncHTTPClient.configure({});
    });
    const before = new AsyncHTTPClient();
    AsyncHTTPClient.configure({ defaults: { userAgent: "configured", headers: { "X-A": "1" } } });

    const agents = [];
    for (const client of [before, new AsyncHTTPClient(), makeClient()]) {
      agents.push((await client.fetch(url)).json<Echo>().headers["user-agent"]);
    }
    const own = await before.fetch(url, { userAgent: "own" });

    expect(agents).toEqual(["configured", "configured", "configured"]);
    expect(own.json<Echo>().headers).toMatchObject({ "user-agent": "own", "x-a": "1" });
  });

  it("begins anew when the shared one was closed", async () => {
    const url = await serve(echo);
    const closed = new AsyncHTTPClient();
    await closed.fetch(url);
    await closed.close();

    const error = await failure(closed.fetch(url));
    const response = await new AsyncHTTPClient().fetch(url);
    await new AsyncHTTPClient().close();

    expect(error.message).toContain("closed");
    expect(response.code).toBe(200);
  });

  it("fails the requests under way when it is closed", async () => {
    const client = makeClient({ maxClients: 1 });
    const url = await serve(() => void client.close());

    const [running, waiting] = await Promise.all([failure(client.fetch(url)), failure(client.fetch(url))]);

    expect(running).toMatchObject({ kind: "closed", message: "HTTP 599: The client was closed" });
    expect(waiting).toMatchObject({ kind: "closed" });
  });

  it.each<[string, () => unknown]>([
    ["options of a shared client", () => new AsyncHTTPClient({ maxClients: 3 })],
    ["an unknown option", () => makeClient({ maxClient: 3 } as object)],
    ["a default that is no field", () => makeClient({ defaults: { timeout: 3 } as object })],
    ["no clients", () => makeClient({ maxClients: 0 })],
    ["configure() with an unknown option", () => AsyncHTTPClient.configure({ userAgent: "x" } as object)],
  ])("refuses %s", (_, make) => {
    expect(make).toThrow(TypeError);
  });

  it("refuses options beside an HTTPRequest", async () => {
    await expect(makeClient().fetch(new HTTPRequest("http://localhost/"), { method: "GET" })).rejects.toThrow(
      TypeError,
    );
  });

  it("connects elsewhere by the hostnameMapping", async () => {
    const url = await serve(echo);
    const client = makeClient({
      hostnameMapping: { "app.example": new URL(url).host, "other.example:81": "127.0.0.1:1" },
    });

    const response = await client.fetch("http://app.example/x");
    const error = await failure(client.fetch("http://other.example:81/"));

    expect(response.json<Echo>().headers.host).toBe("app.example");
    expect(error).toMatchObject({ kind: "refused" });
  });
});
