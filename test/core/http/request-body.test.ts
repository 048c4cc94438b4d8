import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { HTTPConnection } from "../../../src/core/http/connection.js";
import { sendRaw } from "../../support/raw-http.js";
import { answer, Conversation, counting, RecordingDelegate, serve } from "./serve.js";

const post = (...lines: string[]) => `POST / HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;

describe("a body", () => {
  it("arrives in full, by Content-Length and chunked", async () => {
    const server = await serve((request) => answer(request.connection, `got ${request.body}.`));
    const conversation = await Conversation.open(server);

    conversation.send(`${post("Content-Length: 5")}hello`);
    await conversation.until("got hello.");
    conversation.send(`${post("Transfer-Encoding: chunked")}3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nTrailer: x\r\n\r\n`);

    await conversation.until("got abcde.");
  });

  it("is empty without a length, and what follows is the next request", async () => {
    const server = await serve((request) => answer(request.connection, `got ${request.body.length} ${request.uri}.`));

    const text = await sendRaw(server.port, `${post()}GET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);

    expect(text.match(/got .*?\./g)).toEqual(["got 0 /.", "got 0 /2."]);
  });

  it("is held back while the handler has not taken the piece before: this is the back-pressure of uploads", async () => {
    const releases: (() => void)[] = [];
    const delegate = new RecordingDelegate({
      dataReceived: () => new Promise<void>((resolve) => releases.push(resolve)),
    });
    const server = await serve(delegate);
    const conversation = await Conversation.open(server);
    const total = 64 * 1024 * 1024;
    conversation.send(post(`Content-Length: ${total}`));

    conversation.send(Buffer.alloc(total));
    while (releases.length === 0) await new Promise(setImmediate);
    for (let i = 0; i < 50; i++) await new Promise(setImmediate);

    expect(releases).toHaveLength(1);
    expect(conversation.socket.writableLength).toBeGreaterThan(total / 4);
    while (!delegate.calls.includes("finish")) {
      for (const release of releases.splice(0)) release();
      await new Promise(setImmediate);
    }
    await conversation.until("done");
  });

  it("waits for the promise of headersReceived", async () => {
    let release = (): void => {};
    const delegate = new RecordingDelegate({
      headersReceived: () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    });
    const server = await serve(delegate);
    const conversation = await Conversation.open(server);

    conversation.send(`${post("Content-Length: 5")}hello`);
    while (delegate.calls.length === 0) await new Promise(setImmediate);
    for (let i = 0; i < 20; i++) await new Promise(setImmediate);
    expect(delegate.calls).toEqual(["headersReceived POST /"]);
    release();

    await conversation.until("done");
    expect(delegate.calls).toEqual(["headersReceived POST /", "dataReceived 5", "finish"]);
  });

  it("comes in pieces of at most chunkSize", async () => {
    const delegate = new RecordingDelegate();
    const server = await serve(delegate, { chunkSize: 4 });

    await sendRaw(server.port, `${post("Content-Length: 10", "Connection: close")}helloworld`);

    expect(delegate.calls.slice(1)).toEqual(["dataReceived 4", "dataReceived 4", "dataReceived 2", "finish"]);
  });

  it("tells the handler when the client leaves in its middle", async () => {
    const delegate = new RecordingDelegate();
    const server = await serve(delegate);
    const conversation = await Conversation.open(server);

    conversation.send(`${post("Content-Length: 10")}hello`);
    while (!delegate.calls.includes("dataReceived 5")) await new Promise(setImmediate);
    conversation.socket.destroy();
    await delegate.closed;

    expect(delegate.calls).toEqual(["headersReceived POST /", "dataReceived 5", "onConnectionClose"]);
  });
});

describe("a body that is too large", () => {
  it("is refused by its Content-Length before the handler runs, with an answer that arrives", async () => {
    const counter = counting();
    const server = await serve(counter.application, { maxBodySize: 10 });

    const text = await sendRaw(server.port, `${post("Content-Length: 1000000")}${"x".repeat(1_000_000)}`);

    expect(text).toMatch(/^HTTP\/1\.1 413 Payload Too Large\r\n.*Connection: close\r\n.*413: Payload Too Large/s);
    expect(counter.asked).toBe(0);
  });

  it("is refused when it has been counted", async () => {
    const delegate = new RecordingDelegate();
    const server = await serve(delegate, { maxBodySize: 10 });
    const conversation = await Conversation.open(server);

    conversation.send(`${post("Transfer-Encoding: chunked")}8\r\n12345678\r\n`);
    while (delegate.calls.length < 2) await new Promise(setImmediate);
    conversation.send("8\r\n12345678\r\n0\r\n\r\n");
    const text = await conversation.end();

    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(delegate.calls).toEqual(["headersReceived POST /", "dataReceived 8", "onConnectionClose"]);
  });

  it("is accepted when the delegate raised the limit for this request only", async () => {
    const delegate = new RecordingDelegate({
      headersReceived: () => {
        if (delegate.headers.has("X-Large")) delegate.connection.setMaxBodySize(100);
      },
    });
    const server = await serve(delegate, { maxBodySize: 10 });
    const conversation = await Conversation.open(server);

    conversation.send(`${post("X-Large: 1", "Content-Length: 20")}${"x".repeat(20)}`);
    await conversation.until("done");
    conversation.send(`${post("Content-Length: 20")}${"x".repeat(20)}`);

    expect(await conversation.end()).toContain("HTTP/1.1 413 ");
  });

  it("is at its limit still accepted", async () => {
    const server = await serve(counting().application, { maxBodySize: 5 });

    expect(await sendRaw(server.port, `${post("Content-Length: 5", "Connection: close")}hello`)).toMatch(/hello \/$/);
  });

  it.each([Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY])("has no limit of %d bytes", async (size) => {
    let thrown: unknown;
    const delegate = new RecordingDelegate({
      headersReceived() {
        try {
          delegate.connection.setMaxBodySize(size);
        } catch (error) {
          thrown = error;
        }
      },
    });
    const server = await serve(delegate);

    await sendRaw(server.port, `${post("Content-Length: 5", "Connection: close")}hello`);

    expect(thrown).toBeInstanceOf(RangeError);
  });
});

describe("Expect: 100-continue", () => {
  it("is answered when the delegate has seen the headers", async () => {
    const server = await serve((request) => answer(request.connection, `got ${request.body}`));
    const conversation = await Conversation.open(server);

    conversation.send(post("Content-Length: 5", "Expect: 100-continue"));
    expect(await conversation.until("\r\n\r\n")).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    conversation.send("hello");

    await conversation.until("got hello");
  });

  it("is not answered when the request is refused", async () => {
    const server = await serve(counting().application, { maxBodySize: 4 });
    const conversation = await Conversation.open(server);

    conversation.send(post("Content-Length: 5", "Expect: 100-continue"));

    expect(await conversation.end()).toMatch(/^HTTP\/1\.1 413 /);
  });

  it("is not answered when the handler has answered already", async () => {
    const delegate = new RecordingDelegate({
      headersReceived: () => answer(delegate.connection, "no", {}, 403),
    });
    const server = await serve(delegate);
    const conversation = await Conversation.open(server);

    conversation.send(post("Content-Length: 5", "Expect: 100-continue"));

    expect(await conversation.end()).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n.*Connection: close\r\n/s);
    expect(delegate.calls).toEqual(["headersReceived POST /"]);
  });
});

describe("an answer before the body has arrived", () => {
  const early = () => {
    const delegate = new RecordingDelegate({ headersReceived: () => answer(delegate.connection, "early") });
    return delegate;
  };

  it("closes the connection, and says so", async () => {
    const delegate = early();
    const server = await serve(delegate);

    const text = await sendRaw(server.port, `${post("Content-Length: 5")}helloGET /2 HTTP/1.1\r\nHost: a\r\n\r\n`);

    expect(text).toMatch(/Connection: close\r\n\r\nearly$/);
    expect(delegate.calls).toEqual(["headersReceived POST /"]);
  });

  it("reaches a client that is still sending, which a reset would take it from", async () => {
    const server = await serve(early());
    const conversation = await Conversation.openHalfOpen(server);
    const body = Buffer.alloc(8 * 1024 * 1024);

    conversation.send(post(`Content-Length: ${body.length}`));
    const error = await new Promise((resolve) => conversation.socket.write(body, resolve));
    conversation.socket.end();

    expect(await conversation.end()).toMatch(/early$/);
    expect(error).toBeFalsy();
  });

  it("is possible from the middle of the body, while a piece is held back", async () => {
    const delegate = new RecordingDelegate({
      dataReceived: () => {
        answer(delegate.connection, "enough");
        return new Promise<void>(() => {});
      },
    });
    const server = await serve(delegate);
    const conversation = await Conversation.open(server);

    conversation.send(post("Content-Length: 5000000"));
    conversation.send(Buffer.alloc(5_000_000));

    expect(await conversation.end()).toMatch(/enough$/);
  });

  it("cuts a client that goes on sending for ever", async () => {
    const server = await serve(early());
    const conversation = await Conversation.openHalfOpen(server);

    conversation.send(post("Content-Length: 99999999"));
    await conversation.until("early");
    const timer = setInterval(() => conversation.send("x"), 100);
    await conversation.end();
    clearInterval(timer);

    expect(conversation.received).toMatch(/early$/);
  });
});

describe("decompressRequest", () => {
  const send = (connection: HTTPConnection, body: Buffer, headers: { get(name: string): string | undefined }) =>
    answer(
      connection,
      `${body.length} ${headers.get("Content-Encoding")} ${headers.get("X-Consumed-Content-Encoding")}.`,
    );
  const gzipped = (body: Buffer, ...lines: string[]) =>
    Buffer.concat([Buffer.from(post(`Content-Length: ${body.length}`, ...lines)), body]);

  it("inflates a gzip body and renames its header", async () => {
    const server = await serve((request) => send(request.connection, request.body, request.headers), {
      decompressRequest: true,
    });
    const body = gzipSync(Buffer.alloc(300_000));

    const text = await sendRaw(server.port, gzipped(body, "Content-Encoding: GZIP", "Connection: close"));

    expect(text).toMatch(/300000 undefined GZIP\.$/);
  });

  it("leaves bodies alone when it is off", async () => {
    const server = await serve((request) => send(request.connection, request.body, request.headers));
    const body = gzipSync("hello");

    const text = await sendRaw(server.port, gzipped(body, "Content-Encoding: gzip", "Connection: close"));

    expect(text).toContain(`${body.length} gzip undefined.`);
  });

  it("refuses a bomb when the inflated bytes reach the limit (CVE-2026-49855's class)", async () => {
    const delegate = new RecordingDelegate();
    const server = await serve(delegate, { decompressRequest: true, maxBodySize: 100_000 });
    const body = gzipSync(Buffer.alloc(50_000_000));

    const text = await sendRaw(server.port, gzipped(body, "Content-Encoding: gzip"));

    expect(body.length).toBeLessThan(100_000);
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(delegate.calls.length).toBeLessThan(5);
    expect(delegate.calls.at(-1)).toBe("onConnectionClose");
  });

  it.each([
    ["is not gzip", Buffer.from("hello")],
    ["is cut off", gzipSync(Buffer.alloc(1000)).subarray(0, 20)],
  ])("refuses a body that %s", async (_what, body) => {
    const server = await serve(counting().application, { decompressRequest: true });

    expect(await sendRaw(server.port, gzipped(body, "Content-Encoding: gzip"))).toBe(
      "HTTP/1.1 400 Bad Request\r\n\r\n",
    );
  });
});
