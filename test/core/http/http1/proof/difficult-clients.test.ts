/** Clients that leave in the middle, do not read, or send more than is taken: what the application is told, and what is kept for them. */

import { describe, expect, it } from "vitest";
import { HTTPHeaders } from "../../../../../src/core/http/headers.js";
import { answer, Conversation, RecordingDelegate, serve } from "../../serve.js";

const head = (line: string, ...fields: string[]) => [line, "Host: a", ...fields, "", ""].join("\r\n");
const get = head("GET / HTTP/1.1");
const megabyte = 1024 * 1024;

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

/** Waits until a figure has not changed for a while: what has stopped stays as it is. */
async function settled(figure: () => number): Promise<number> {
  let last = -1;
  for (let same = 0; same < 50; same++) {
    if (figure() !== last) same = 0;
    last = figure();
    await turn();
  }
  return last;
}

describe("a client that leaves", () => {
  it.each([
    ["in its body", `${head("POST / HTTP/1.1", "Content-Length: 10")}hello`],
    ["in a chunk", `${head("POST / HTTP/1.1", "Transfer-Encoding: chunked")}a\r\nhello`],
    ["between two chunks", `${head("POST / HTTP/1.1", "Transfer-Encoding: chunked")}5\r\nhello\r\n`],
    ["before the last line end", `${head("POST / HTTP/1.1", "Transfer-Encoding: chunked")}5\r\nhello\r\n0\r\n`],
  ])("%s, by an end or a reset, has sent no request", async (_where, bytes) => {
    for (const leave of ["end", "resetAndDestroy"] as const) {
      const delegate = new RecordingDelegate();
      const server = await serve(delegate);
      const client = await Conversation.open(server);
      client.send(bytes);
      while (!delegate.calls.includes("dataReceived 5")) await turn();

      client.socket[leave]();
      await delegate.closed;

      expect(delegate.calls).toEqual(["headersReceived POST /", "dataReceived 5", "onConnectionClose"]);
      expect(client.received).toBe("");
    }
  });

  it("in its head is not heard of", async () => {
    const delegate = new RecordingDelegate();
    const server = await serve(delegate);
    const client = await Conversation.open(server);
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r");

    client.socket.end();
    await client.end();

    expect(delegate.calls).toEqual([]);
    while (server.connectionCount > 0) await turn();
  });

  it("in the middle of an answer is told of once, and every callback is called", async () => {
    const delegate = new RecordingDelegate({ finish: () => {} });
    const server = await serve(delegate);
    const client = await Conversation.open(server);
    client.send(get);
    while (!delegate.calls.includes("finish")) await turn();
    const errors: unknown[] = [];
    delegate.connection.writeHeaders(
      { code: 200, reason: "OK" },
      new HTTPHeaders(),
      "x".repeat(8 * megabyte),
      (error) => errors.push(error),
    );
    delegate.connection.write("y".repeat(8 * megabyte), (error) => errors.push(error));

    client.socket.resetAndDestroy();
    await delegate.closed;
    while (errors.length < 2) await turn();
    delegate.connection.write("late", (error) => errors.push(error));
    delegate.connection.finish();
    while (errors.length < 3) await turn();

    expect(errors).toEqual([expect.any(Error), expect.any(Error), expect.any(Error)]);
    expect(delegate.calls.filter((call) => call === "onConnectionClose")).toHaveLength(1);
  });

  it("with requests ahead has only those answered that had begun", async () => {
    let asked = 0;
    const server = await serve((request) => {
      asked++;
      setTimeout(() => answer(request.connection, "late"), 5);
    });
    const client = await Conversation.open(server);
    client.send(get.repeat(1000));
    while (asked === 0) await turn();

    client.socket.resetAndDestroy();
    while (server.connectionCount > 0) await turn();
    const begun = asked;
    await settled(() => asked);

    expect(asked).toBe(begun);
    expect(asked).toBeLessThan(1000);
  });

  it("half only, behind its requests, still gets all its answers", async () => {
    const server = await serve((request) => setTimeout(() => answer(request.connection, "later"), 2));
    const client = await Conversation.openHalfOpen(server);

    client.send(get.repeat(5));
    client.socket.end();
    const text = await client.end();

    expect(text.match(/later/g)).toHaveLength(5);
  });
});

describe("a client that does not read", () => {
  it("is not served further requests, and is when it reads again", async () => {
    const count = 400;
    let asked = 0;
    const server = await serve((request) => {
      asked++;
      answer(request.connection, "x".repeat(100_000));
    });
    const client = await Conversation.open(server);
    client.socket.pause();
    client.send(get.repeat(count));
    while (asked === 0) await turn();

    const whileStuck = await settled(() => asked);
    client.socket.resume();
    while (asked < count) await turn();

    // What the kernel takes for it, and a little more.
    expect(whileStuck).toBeLessThan(200);
  });

  it("is cut off when an application writes on regardless, and the memory for it is bounded", async () => {
    const delegate = new RecordingDelegate({ finish: () => {} });
    const server = await serve(delegate, { maxWriteBufferSize: megabyte });
    const client = await Conversation.open(server);
    client.socket.pause();
    client.send(get);
    while (!delegate.calls.includes("finish")) await turn();
    let isClosed = false;
    delegate.closed.then(() => {
      isClosed = true;
    });
    const chunk = Buffer.alloc(64 * 1024);
    delegate.connection.writeHeaders({ code: 200, reason: "OK" }, new HTTPHeaders());

    let written = 0;
    for (; !isClosed && written < 1000; written++) {
      delegate.connection.write(chunk);
      if (written % 8 === 0) await turn();
    }
    await delegate.closed;

    // The cap, and what the kernel takes: 64 MB were on offer.
    expect(written * chunk.length).toBeLessThan(16 * megabyte);
  });

  it("holds back an application that waits for its writes", async () => {
    const delegate = new RecordingDelegate({ finish: () => {} });
    const server = await serve(delegate);
    const client = await Conversation.open(server);
    client.socket.pause();
    client.send(head("GET / HTTP/1.1", "Connection: close"));
    while (!delegate.calls.includes("finish")) await turn();
    const chunk = "x".repeat(64 * 1024);
    const count = 300;
    let written = 0;
    const next = (): void => {
      if (++written < count) delegate.connection.write(chunk, next);
      else delegate.connection.finish();
    };

    delegate.connection.writeHeaders({ code: 200, reason: "OK" }, new HTTPHeaders(), chunk, next);
    const whileStuck = await settled(() => written);
    client.socket.resume();
    await client.end();

    expect(whileStuck).toBeLessThan(count / 2);
    expect(client.received.length).toBeGreaterThan(count * chunk.length);
  });
});

describe("a client that sends more than is taken", () => {
  it.each([
    ["with a length", (size: number) => head("POST / HTTP/1.1", `Content-Length: ${size}`), ""],
    [
      "in one chunk",
      (size: number) => `${head("POST / HTTP/1.1", "Transfer-Encoding: chunked")}${size.toString(16)}\r\n`,
      "\r\n0\r\n\r\n",
    ],
  ])("is held back while the application takes its time, %s", async (_what, begin, end) => {
    let release = () => {};
    const delegate = new RecordingDelegate({
      dataReceived: () => new Promise<void>((resolve) => (release = resolve)),
    });
    const server = await serve(delegate);
    const client = await Conversation.open(server);
    const size = 32 * megabyte;
    client.send(begin(size));
    client.send(Buffer.alloc(size));
    client.send(end);
    while (!delegate.calls.some((call) => call.startsWith("dataReceived"))) await turn();

    const waiting = await settled(() => client.socket.writableLength);
    const pieces = delegate.calls.length;
    while (!delegate.calls.includes("finish")) {
      release();
      await turn();
    }

    // Nothing but what the kernel holds, and a piece or two, has left the client.
    expect(waiting).toBeGreaterThan(size / 2);
    expect(pieces).toBe(2);
    expect(await client.until("done")).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("is held back while its next requests wait for a slow answer", async () => {
    let finish = () => {};
    let asked = 0;
    const server = await serve((request) => {
      asked++;
      if (asked > 1) answer(request.connection, "next");
      else finish = () => answer(request.connection, "first");
    });
    const client = await Conversation.open(server);
    const count = 400_000;
    client.send(Buffer.from(get.repeat(count)));
    while (asked === 0) await turn();

    const waiting = await settled(() => client.socket.writableLength);
    client.socket.resetAndDestroy();
    finish();

    expect(asked).toBe(1);
    expect(waiting).toBeGreaterThan((count * get.length) / 3);
  });
});
