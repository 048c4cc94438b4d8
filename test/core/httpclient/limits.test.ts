/** What ends a request: timeouts, limits, signals, and more requests than may run. */

import { once } from "node:events";
import { createServer as createTcpServer } from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import type { HTTPRequestOptions } from "../../../src/core/httpclient/http-request.js";
import { type HTTPClientError, HTTPTimeoutError } from "../../../src/core/httpclient/http-response.js";
import { failure, listen, makeClient, serve, serveBytes } from "./servers.js";

describe("a body", () => {
  const compressed = { gzip: gzipSync, "x-gzip": gzipSync, br: brotliCompressSync };

  it.each(Object.entries(compressed))("in %s is inflated", async (encoding, compress) => {
    const url = await serve((_, response) => {
      response.setHeader("Content-Encoding", encoding);
      response.end(compress("hello ".repeat(1000)));
    });

    const response = await makeClient().fetch(url);

    expect(response.text()).toBe("hello ".repeat(1000));
    expect(response.headers.get("Content-Encoding")).toBeUndefined();
    expect(response.headers.get("X-Consumed-Content-Encoding")).toBe(encoding);
  });

  it.each<[string, string, HTTPRequestOptions]>([
    ["when it is told not to", "gzip", { decompressResponse: false }],
    ["in an encoding that it does not know", "gzip, br", {}],
    ["in one that is a name of every object", "constructor", {}],
  ])("is left as it is %s", async (_, encoding, options) => {
    const bytes = gzipSync("hello");
    const url = await serve((request, response) => {
      response.setHeader("X-Asked", String(request.headers["accept-encoding"]));
      response.setHeader("Content-Encoding", encoding).end(bytes);
    });

    const response = await makeClient().fetch(url, options);

    expect(response.body).toEqual(bytes);
    expect(response.headers.get("Content-Encoding")).toBe(encoding);
    if (options.decompressResponse === false) expect(response.headers.get("X-Asked")).toBe("undefined");
  });

  it.each<[string, Buffer]>([
    ["not what it says", Buffer.from("hello, I am plain")],
    ["cut off", gzipSync("hello ".repeat(1000)).subarray(0, 30)],
  ])("that is %s is an error", async (_, bytes) => {
    const url = await serve((__, response) => response.setHeader("Content-Encoding", "gzip").end(bytes));

    expect(await failure(makeClient().fetch(url))).toMatchObject({ code: 599, kind: "malformed" });
  });

  it("of nothing in gzip is nothing", async () => {
    const url = await serveBytes(
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    );

    expect((await makeClient().fetch(url)).body.length).toBe(0);
  });

  const bomb = { gzip: gzipSync(Buffer.alloc(20_000_000)), br: brotliCompressSync(Buffer.alloc(20_000_000)) };

  it.each<[string, Record<string, string>, Buffer, boolean]>([
    ["by its announced length", {}, Buffer.alloc(2_000_001), false],
    ["in chunks", { "Transfer-Encoding": "chunked" }, Buffer.alloc(2_000_001), false],
    ["in chunks to a callback", { "Transfer-Encoding": "chunked" }, Buffer.alloc(2_000_001), true],
    ["in gzip (CVE-2026-49855)", { "Content-Encoding": "gzip" }, bomb.gzip, false],
    ["in gzip to a callback", { "Content-Encoding": "gzip" }, bomb.gzip, true],
    ["in brotli", { "Content-Encoding": "br" }, bomb.br, false],
  ])("that is too large %s is refused at the limit", async (_, headers, body, isStreamed) => {
    const url = await serve((__, response) => response.writeHead(200, headers).end(body));
    let received = 0;
    const streamingCallback = (chunk: Buffer) => {
      received += chunk.length;
    };

    const options = { maxBodySize: 2_000_000, ...(isStreamed ? { streamingCallback } : {}) };
    const error = await failure(makeClient().fetch(url, options));

    expect(error).toMatchObject({ code: 599, kind: "too-large" });
    expect(error.message).toContain("2000000");
    expect(received).toBeLessThanOrEqual(2_000_000);
  });

  it("of an endless response ends at the limit, and with it the connection", async () => {
    const url = await serve((_, response) => {
      const pour = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on("drain", pour);
      pour();
    });

    const error = await failure(makeClient({ maxBodySize: 1_000_000 }).fetch(url));

    expect(error).toMatchObject({ kind: "too-large" });
  });

  it("may be as large as the limit", async () => {
    const url = await serve((_, response) => response.end(Buffer.alloc(1000)));

    expect((await makeClient().fetch(url, { maxBodySize: 1000 })).body.length).toBe(1000);
  });
});

describe("the maxHeaderSize", () => {
  it("refuses larger ones, and takes those below it", async () => {
    const url = await serveBytes(`HTTP/1.1 200 OK\r\nA: ${"a".repeat(20_000)}\r\nContent-Length: 0\r\n\r\n`);

    const error = await failure(makeClient({ maxHeaderSize: 16_384 }).fetch(url));
    const response = await makeClient().fetch(url);

    expect(error).toMatchObject({ kind: "too-large" });
    expect(response.headers.get("A")?.length).toBe(20_000);
  });
});

describe("a timeout", () => {
  it.each<[string, HTTPRequestOptions, string]>([
    ["of a server that does not answer", {}, "/silent"],
    ["of a body that does not end", {}, "/slow"],
    ["of a callback that does not return", { streamingCallback: () => new Promise<void>(() => {}) }, "/slow"],
    [
      "of a producer that does not return",
      { method: "POST", bodyProducer: () => new Promise<void>(() => {}) },
      "/silent",
    ],
  ])("%s is `request-timeout`", async (_, options, path) => {
    const url = await serve((request, response) => {
      if (request.url === "/slow") response.write("a");
      if (request.url === "/ready") response.end();
    });
    const client = makeClient();
    // With a connection that is there, the time passes in the request itself.
    await client.fetch(`${url}/ready`);

    const error = await failure<HTTPClientError>(client.fetch(url + path, { ...options, requestTimeout: 0.3 }));

    expect(error).toBeInstanceOf(HTTPTimeoutError);
    expect(error).toMatchObject({ code: 599, kind: "request-timeout" });
    expect(error.message).toContain("Timeout during request");
  });

  it.each(["connectTimeout", "requestTimeout"])(
    "of a TLS handshake that does not end is `connect-timeout` (%s)",
    async (name) => {
      const url = await listen(createTcpServer(), "https");

      const error = await failure(makeClient().fetch(url, { [name]: 0.05 }));

      expect(error).toBeInstanceOf(HTTPTimeoutError);
      expect(error).toMatchObject({ kind: "connect-timeout" });
    },
  );

  it.each(["connectTimeout", "requestTimeout"])("of the line is `queue-timeout` (%s)", async (name) => {
    const url = await serve(() => {});
    const client = makeClient({ maxClients: 1 });
    const running = failure(client.fetch(url));

    const error = await failure(client.fetch(url, { [name]: 0.05 }));
    void client.close();

    expect(error).toBeInstanceOf(HTTPTimeoutError);
    expect(error).toMatchObject({ kind: "queue-timeout" });
    await running;
  });

  it("covers redirects together", async () => {
    const url = await serve((request, response) => {
      if (request.url === "/") response.writeHead(302, { Location: "/silent" }).end();
    });

    const client = makeClient();
    await client.fetch(url, { followRedirects: false, raiseError: false });

    expect(await failure(client.fetch(url, { requestTimeout: 0.3 }))).toMatchObject({ kind: "request-timeout" });
  });

  it("of 0 is none", async () => {
    const url = await serve((_, response) => void setTimeout(() => response.end("late"), 20));

    const response = await makeClient().fetch(url, { requestTimeout: 0, connectTimeout: 0 });

    expect(response.text()).toBe("late");
  });
});

describe("maxClients", () => {
  it.each([1, 2, 5])("lets %i run, and the others when it is their turn", async (maxClients) => {
    let running = 0;
    let most = 0;
    const order: string[] = [];
    const url = await serve(async (request, response) => {
      most = Math.max(most, ++running);
      order.push(request.url!);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      response.end();
    });
    const client = makeClient({ maxClients });
    const paths = Array.from({ length: 10 }, (_, number) => `/${number}`);

    await Promise.all(paths.map((path) => client.fetch(url + path)));

    expect(most).toBeLessThanOrEqual(maxClients);
    // Requests that run at once arrive in any order.
    if (maxClients === 1) expect(order).toEqual(paths);
  });

  it("gives a place back when a request fails", async () => {
    const url = await serve((request, response) => {
      if (request.url === "/") request.socket.destroy();
      else response.end("ok");
    });
    const client = makeClient({ maxClients: 1 });

    await failure(client.fetch(url));
    await failure(client.fetch("http://127.0.0.1:1/"));
    await failure(client.fetch(`${url}/x`, { maxBodySize: 1 }));

    expect((await client.fetch(`${url}/x`)).text()).toBe("ok");
  });
});

describe("a signal", () => {
  it("that is aborted already sends nothing", async () => {
    let asked = 0;
    const url = await serve((_, response) => response.end(String(++asked)));
    const reason = new Error("no more");

    const error = await failure(makeClient().fetch(url, { signal: AbortSignal.abort(reason) }));

    expect(error).toBe(reason);
    expect(asked).toBe(0);
  });

  it("ends a request, and the server learns it", async () => {
    const controller = new AbortController();
    let closed: Promise<unknown> | undefined;
    const url = await serve((request, response) => {
      closed = once(request.socket, "close");
      response.write("a");
      controller.abort(new Error("enough"));
    });

    const error = await failure(makeClient().fetch(url, { signal: controller.signal }));

    expect(error.message).toBe("enough");
    await closed;
  });

  it("may be that of many requests at once", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on("warning", note);
    onTestFinished(() => void process.off("warning", note));
    const url = await serve((_, response) => response.end());
    const client = makeClient({ maxClients: 20 });
    const { signal } = new AbortController();

    await Promise.all(Array.from({ length: 20 }, () => client.fetch(url, { signal })));

    expect(warnings).toEqual([]);
  });

  it("takes a request out of the line", async () => {
    const controller = new AbortController();
    const asked: string[] = [];
    const url = await serve((request, response) => {
      asked.push(request.url!);
      controller.abort(new Error("enough"));
      response.end();
    });
    const client = makeClient({ maxClients: 1 });
    const first = client.fetch(`${url}/1`);

    const error = await failure(client.fetch(`${url}/2`, { signal: controller.signal }));
    await first;
    await client.fetch(`${url}/3`);

    expect(error.message).toBe("enough");
    expect(asked).toEqual(["/1", "/3"]);
  });
});
