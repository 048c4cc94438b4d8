/** What a socket of our own transport goes through: clients that leave, hang, hurry or dawdle. */

import { once } from "node:events";
import { request as nodeRequest } from "node:http";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { HTTPConnection } from "../../../../src/core/http/connection.js";
import { HTTPHeaders } from "../../../../src/core/http/headers.js";
import type { HTTPServer } from "../../../../src/core/http/server.js";
import { subscribeToLog } from "../../../../src/core/log.js";
import { answer, Conversation, counting, RecordingDelegate, serve } from "../serve.js";

const get = (path: string, ...lines: string[]) =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
const post = (...lines: string[]) => `POST / HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
const ok = { code: 200, reason: "OK" };
const turn = () => new Promise(setImmediate);

/** Resolves when a condition holds. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}

/** Lets the server's coarse timer be moved by hand: sockets go on as ever. */
function handClock(): (seconds: number) => void {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  return (seconds) => void vi.advanceTimersByTime(seconds * 1000);
}

/** A client that reads nothing until it is told to. */
async function deafClient(server: HTTPServer): Promise<Conversation> {
  const socket = connect({ port: server.port, host: "127.0.0.1" });
  await once(socket, "connect");
  const conversation = new Conversation(socket);
  socket.pause();
  return conversation;
}

describe("a client that has ended its side", () => {
  it("gets an answer that is given later, and then the end", async () => {
    const delegate = new RecordingDelegate({ finish() {} });
    const server = await serve(delegate);
    const conversation = await Conversation.openHalfOpen(server);

    conversation.send(get("/"));
    conversation.socket.end();
    await delegate.closed;
    answer(delegate.connection, "late");

    expect(await conversation.end()).toBe("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate");
    expect(delegate.calls).toEqual(["headersReceived GET /", "finish", "onConnectionClose"]);
  });

  it("gets the answers to all that it had sent", async () => {
    const server = await serve((request) => void setTimeout(() => answer(request.connection, `<${request.uri}>`), 2));
    const conversation = await Conversation.openHalfOpen(server);

    conversation.send(get("/1") + get("/2") + get("/3"));
    conversation.socket.end();

    expect((await conversation.end()).match(/<.*?>/g)).toEqual(["</1>", "</2>", "</3>"]);
  });

  it("is told apart from one that leaves in the middle of its body", async () => {
    const delegate = new RecordingDelegate();
    const server = await serve(delegate);
    const conversation = await Conversation.openHalfOpen(server);

    conversation.send(`${post("Content-Length: 10")}hello`);
    conversation.socket.end();

    expect(await conversation.end()).toBe("");
    expect(delegate.calls).toEqual(["headersReceived POST /", "dataReceived 5", "onConnectionClose"]);
  });

  it("has its body taken though it ended while that was held back", async () => {
    const releases: (() => void)[] = [];
    const delegate = new RecordingDelegate({
      dataReceived: () => new Promise<void>((resolve) => releases.push(resolve)),
    });
    const server = await serve(delegate, { chunkSize: 4 });
    const conversation = await Conversation.openHalfOpen(server);

    conversation.send(`${post("Content-Length: 8")}abcdefgh`);
    conversation.socket.end();
    while (!delegate.calls.includes("finish")) {
      for (const release of releases.splice(0)) release();
      await turn();
    }

    expect(await conversation.end()).toMatch(/done$/);
    expect(delegate.calls).not.toContain("onConnectionClose");
  });

  it("is closed when the answer does not come at all", async () => {
    const pass = handClock();
    const delegate = new RecordingDelegate({ finish() {} });
    const server = await serve(delegate);
    const conversation = await Conversation.openHalfOpen(server);

    conversation.send(get("/"));
    conversation.socket.end();
    await delegate.closed;
    pass(32);

    expect(await conversation.end()).toBe("");
  });
});

describe("pipelined requests", () => {
  it("are answered in one write if they are answered at once", async () => {
    const server = await serve(counting().application);
    const conversation = await Conversation.open(server);
    const packets: string[] = [];
    conversation.socket.on("data", (chunk: Buffer) => packets.push(chunk.toString()));

    conversation.send(get("/1") + get("/2") + get("/3"));
    await conversation.until("hello /3");

    expect(packets).toHaveLength(1);
  });

  it("are not read ahead without bound", async () => {
    let first: HTTPConnection | undefined;
    const server = await serve((request) => {
      if (first === undefined) first = request.connection;
      else answer(request.connection, "x");
    });
    const conversation = await Conversation.open(server);

    conversation.send(get("/") + get(`/${"x".repeat(1000)}`).repeat(20_000));
    await until(() => first !== undefined);
    let before = -1;
    for (let still = 0; still < 20; still = conversation.socket.writableLength === before ? still + 1 : 0) {
      before = conversation.socket.writableLength;
      await turn();
    }

    expect(conversation.socket.writableLength).toBeGreaterThan(1_000_000);
    answer(first!, "x");
    conversation.send(get("/last", "Connection: close"));
    await conversation.end();
  });

  it("are not served while their client does not read", async () => {
    const counter = counting();
    const body = "x".repeat(10_000);
    const server = await serve((request) => {
      counter.asked++;
      answer(request.connection, body);
    });
    const conversation = await deafClient(server);

    conversation.send(get("/").repeat(5000));
    let before = -1;
    for (let still = 0; still < 50; still = counter.asked === before ? still + 1 : 0) {
      before = counter.asked;
      await turn();
    }

    expect(counter.asked).toBeLessThan(2000);
    conversation.socket.resume();
    await until(() => counter.asked === 5000);
  });
});

describe("an answer that is given before the end of the request was read", () => {
  it.each([
    ["at once", (respond: () => void) => respond()],
    [
      "while the rest is held back",
      async (respond: () => void) => {
        await turn();
        respond();
        await turn();
      },
    ],
  ])("leaves the connection to the next request: %s", async (_what, begin) => {
    const delegate = new RecordingDelegate({
      headersReceived: () => begin(() => answer(delegate.connection, `${delegate.startLine.path}.`)),
    });
    const server = await serve(delegate);
    const conversation = await Conversation.open(server);

    conversation.send(get("/1") + get("/2"));
    await conversation.until("/2.");
    conversation.send(get("/3"));
    await conversation.until("/3.");

    expect(delegate.calls).not.toContain("finish");
  });
});

describe("a client that is slow", () => {
  it.each([
    ["with its first head", "", "GET / HTTP/1.1\r\nHost: a\r\n"],
    ["with a later head", get("/"), "GET / HTTP/1.1\r\nHost: a\r\n"],
  ])("is answered 408 %s, and cut when it does not leave", async (_what, before, slow) => {
    const pass = handClock();
    const server = await serve(counting().application);
    const conversation = await Conversation.openHalfOpen(server);

    conversation.send(before);
    if (before !== "") await conversation.until("hello");
    conversation.send(slow);
    await until(() => server.connectionCount === 1 && conversation.socket.bytesWritten === before.length + slow.length);
    for (let i = 0; i < 20; i++) await turn();
    for (let i = 0; i < 9; i++) {
      pass(1);
      conversation.send("X: 1\r\n");
      await turn();
    }
    expect(conversation.received).not.toContain("408");
    pass(3);
    await conversation.until("HTTP/1.1 408 ");
    pass(3);
    await until(() => server.connectionCount === 0);
  });

  it("with its body is answered 408", async () => {
    const pass = handClock();
    const delegate = new RecordingDelegate();
    const server = await serve(delegate);
    const conversation = await Conversation.open(server);

    conversation.send(post("Content-Length: 100000"));
    for (let second = 0; second < 13; second++) {
      conversation.send("x".repeat(400));
      pass(1);
      for (let i = 0; i < 5; i++) await turn();
    }

    expect(await conversation.end()).toMatch(/^HTTP\/1\.1 408 /);
    expect(delegate.calls.at(-1)).toBe("onConnectionClose");
  });

  it("with its body is served if it is not slower than minBodyRate, or that is 0", async () => {
    const pass = handClock();
    const server = await serve((request) => answer(request.connection, `${request.body.length}`), { minBodyRate: 0 });
    const conversation = await Conversation.open(server);

    conversation.send(post("Content-Length: 2"));
    await until(() => server.connectionCount === 1);
    for (let i = 0; i < 20; i++) await turn();
    pass(100);
    conversation.send("ab");

    expect(await conversation.until("\r\n\r\n2")).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("because its handler is, is not cut", async () => {
    const pass = handClock();
    let release = (): void => {};
    const delegate = new RecordingDelegate({
      dataReceived: () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    });
    const server = await serve(delegate);
    const conversation = await Conversation.open(server);

    conversation.send(`${post("Content-Length: 4")}ab`);
    await until(() => delegate.calls.length === 2);
    pass(100);
    release();
    conversation.send("cd");
    await until(() => delegate.calls.length === 3);
    release();

    expect(await conversation.until("done")).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("in taking its answer is cut off, and its handler told", async () => {
    const pass = handClock();
    const delegate = new RecordingDelegate({
      finish() {
        delegate.connection.writeHeaders(ok, new HTTPHeaders(), Buffer.alloc(15_000_000));
      },
    });
    const server = await serve(delegate);
    const conversation = await deafClient(server);

    conversation.send(get("/"));
    await until(() => delegate.calls.includes("finish"));
    for (let i = 0; i < 50; i++) await turn();
    pass(60);
    await delegate.closed;

    expect(server.connectionCount).toBe(0);
  });

  it("in taking its answer is not cut off while it is fast enough", async () => {
    const pass = handClock();
    const size = 40_000_000;
    const server = await serve(({ connection }) => {
      connection.writeHeaders(ok, new HTTPHeaders({ "Content-Length": String(size) }), Buffer.alloc(size));
      connection.finish();
    });
    const conversation = await deafClient(server);
    let taken = 0;
    conversation.socket.removeAllListeners("data");
    conversation.socket.on("data", (chunk: Buffer) => {
      taken += chunk.length;
    });
    conversation.socket.pause();

    conversation.send(get("/", "Connection: close"));
    for (let goal = 1_000_000; goal <= size; goal += 1_000_000) {
      conversation.socket.resume();
      while (taken < goal) await once(conversation.socket, "data");
      conversation.socket.pause();
      pass(1);
    }
    conversation.socket.resume();
    await conversation.end();

    expect(taken).toBeGreaterThan(size);
  });
});

describe("a chunk that is too large", () => {
  const begin = (...lines: string[]) => post("Transfer-Encoding: chunked", ...lines);

  it.each([
    ["at once", "65\r\n", 0],
    ["behind other chunks", `32\r\n${"x".repeat(50)}\r\n33\r\n`, 0],
    ["with its first bytes", "65\r\nabc", 0],
    ["when the bytes before it have been taken", "a\r\n0123456789\r\n", 10],
  ])("is refused when its size has been read: %s", async (_what, body, takenBytes) => {
    const delegate = new RecordingDelegate();
    const server = await serve(delegate, { maxBodySize: 100 });
    const conversation = await Conversation.open(server);

    conversation.send(begin() + body);
    if (takenBytes > 0) {
      await until(() => delegate.calls.includes(`dataReceived ${takenBytes}`));
      conversation.send("5b\r\n");
    }

    expect(await conversation.end()).toMatch(/^HTTP\/1\.1 413 /);
    expect(delegate.calls.slice(1)).toEqual([
      ...(takenBytes > 0 ? [`dataReceived ${takenBytes}`] : []),
      "onConnectionClose",
    ]);
  });

  it("is waited for when it fits to the byte", async () => {
    const server = await serve((request) => answer(request.connection, `${request.body.length}.`), {
      maxBodySize: 100,
    });
    const conversation = await Conversation.open(server);

    conversation.send(`${begin("Connection: close")}32\r\n${"x".repeat(50)}\r\n32\r\n${"x".repeat(50)}\r\n0\r\n\r\n`);

    expect(await conversation.end()).toMatch(/\r\n\r\n100\.$/);
  });

  it("is counted inflated if it is compressed", async () => {
    const server = await serve((request) => answer(request.connection, `${request.body}.`), {
      maxBodySize: 5,
      decompressRequest: true,
    });
    const conversation = await Conversation.open(server);
    const body = gzipSync("hello");

    conversation.send(begin("Content-Encoding: gzip", "Connection: close"));
    conversation.send(
      Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from("\r\n0\r\n\r\n")]),
    );

    expect(await conversation.end()).toMatch(/hello\.$/);
  });
});

describe("a handler that writes without waiting", () => {
  it("has its client cut off when more than maxWriteBufferSize waits for it", async () => {
    const errors: unknown[] = [];
    const delegate = new RecordingDelegate({
      finish() {
        delegate.connection.writeHeaders(ok, new HTTPHeaders());
        for (let i = 0; i < 300; i++) delegate.connection.write(Buffer.alloc(100_000), (error) => errors.push(error));
      },
    });
    const server = await serve(delegate, { maxWriteBufferSize: 1_000_000 });
    const conversation = await deafClient(server);

    conversation.send(get("/"));
    await delegate.closed;

    expect(errors).toHaveLength(300);
    expect(errors.at(-1)).toMatchObject({ code: "ECONNRESET" });
    conversation.socket.resume();
    await conversation.end();
    expect(conversation.received).not.toContain("0\r\n\r\n");
  });

  it("may write a single piece that is larger", async () => {
    const server = await serve(({ connection }) => answer(connection, "x".repeat(3_000_000)), {
      maxWriteBufferSize: 1000,
    });
    const conversation = await Conversation.open(server);

    conversation.send(get("/", "Connection: close"));

    expect((await conversation.end()).length).toBeGreaterThan(3_000_000);
  });
});

describe("a connection of our own transport", () => {
  it("takes any token for a method", async () => {
    const server = await serve((request) => answer(request.connection, `${request.method}.`));
    const conversation = await Conversation.open(server);

    conversation.send("get / HTTP/1.1\r\nHost: a\r\n\r\n!#$%&'*+-.^_`|~ / HTTP/1.1\r\nHost: a\r\n\r\n");

    await conversation.until("get.");
    await conversation.until("!#$%&'*+-.^_`|~.");
  });

  it("resets the client whose answer breaks off, so that it cannot look complete", async () => {
    const server = await serve(({ connection }) => {
      connection.writeHeaders(ok, new HTTPHeaders({ "Content-Length": "5" }), "ab");
      try {
        connection.finish();
      } catch {
        // Fewer bytes than promised.
      }
    });

    const error = await new Promise((resolve) => {
      const asked = nodeRequest({ port: server.port, host: "127.0.0.1" }, (response) => {
        response.resume();
        response.once("error", resolve);
      });
      asked.once("error", resolve);
      asked.end();
    });

    expect(error).toMatchObject({ code: "ECONNRESET" });
  });

  it("serves a client of node:http that keeps its connection, with bodies of both kinds", async () => {
    const server = await serve((request) => answer(request.connection, `${request.method} ${request.body}`));
    const bodies: string[] = [];

    for (const headers of [{}, { "Content-Length": "5" }, { Expect: "100-continue" }]) {
      const asked = nodeRequest({ port: server.port, host: "127.0.0.1", method: "POST", headers });
      asked.end("hello");
      const [response] = await once(asked, "response");
      let text = "";
      for await (const chunk of response) text += chunk;
      bodies.push(text);
    }

    expect(bodies).toEqual(["POST hello", "POST hello", "POST hello"]);
  });

  it("writes one line a second for all that is malformed", async () => {
    const lines: string[] = [];
    onTestFinished(
      subscribeToLog(({ message }) => {
        if (message.includes("request line")) lines.push(message);
        return true;
      }),
    );
    const server = await serve(counting().application);

    for (let i = 0; i < 20; i++) {
      const conversation = await Conversation.open(server);
      conversation.send("x\r\n");
      await conversation.end();
    }
    await until(() => lines.length > 1);

    expect(lines[0]).toBe("Malformed HTTP message from 127.0.0.1: malformed request line");
    expect(lines[1]).toBe(`${lines[0]} (19 like it in the last second)`);
  });
});
