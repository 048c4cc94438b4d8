/**
 * What slow clients are allowed. The server counts seconds with one timer, which is the only thing made up here: sockets are
 * real, and a second passes when a test says so.
 */

import { once } from "node:events";
import { connect as connectTls } from "node:tls";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HTTPHeaders } from "../../../../../src/core/http/headers.js";
import type { HTTPServer } from "../../../../../src/core/http/server.js";
import { certificateIn } from "../../../../../src/dev/certificate.js";
import { temporaryFolder } from "../../../../support/temporary-folder.js";
import { answer, Conversation, RecordingDelegate, serve } from "../../serve.js";

const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const hello = (request: Parameters<Extract<Parameters<typeof serve>[0], (...args: never[]) => void>>[0]) =>
  answer(request.connection, "hello");

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Lets what is on its way arrive. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

/** Lets seconds pass on the server's clock, until it has no connection or they are over; tells how many did. */
async function pass(server: HTTPServer, seconds: number, eachSecond: () => void = () => {}): Promise<number> {
  for (let second = 1; second <= seconds; second++) {
    eachSecond();
    await turn();
    vi.advanceTimersByTime(1000);
    await turn();
    if (server.connectionCount === 0) return second;
  }
  return seconds;
}

/** Opens a connection of which the server knows. */
async function open(server: HTTPServer): Promise<Conversation> {
  const before = server.connectionCount;
  const conversation = await Conversation.openHalfOpen(server);
  while (server.connectionCount === before) await turn();
  return conversation;
}

describe("a client that sends slowly", () => {
  it("has ten seconds for its headers, however often a byte comes", async () => {
    const server = await serve(hello);
    const client = await open(server);
    client.send("GET / HTTP/1.1\r\nHost: a\r\nX: ");
    await turn();

    await pass(server, 9, () => client.send("x"));
    const answeredEarly = client.received;
    await pass(server, 3, () => client.send("x"));
    await client.until("\r\n\r\n");

    expect(answeredEarly).toBe("");
    expect(client.received).toMatch(/^HTTP\/1\.1 408 /);
    // Not even a client that does not close its side keeps its connection.
    expect(await pass(server, 5)).toBeLessThan(4);
  });

  it("has ten seconds for the headers of a later request too", async () => {
    const server = await serve(hello);
    const client = await open(server);
    client.send(get);
    await client.until("hello");
    await pass(server, 30);
    client.send("GET");
    await turn();

    await pass(server, 12, () => client.send("T"));
    await client.until(" 408 ");

    expect(await pass(server, 5)).toBeLessThan(4);
  });

  it("is closed without a word when it has sent nothing at all", async () => {
    const server = await serve(hello);
    const client = await open(server);

    const seconds = await pass(server, 20);

    expect(seconds).toBeGreaterThan(9);
    expect(seconds).toBeLessThan(13);
    expect(client.received).toBe("");
  });

  it("may wait between two requests as long as idleConnectionTimeout says", async () => {
    const server = await serve(hello, { idleConnectionTimeout: 100 });
    const client = await open(server);
    client.send(get);
    await client.until("hello");

    await pass(server, 99);
    client.send(get);
    await client.until("hello");
    await pass(server, 99);
    const isOpen = server.connectionCount === 1;
    await pass(server, 20);

    expect(isOpen).toBe(true);
    expect(server.connectionCount).toBe(0);
  });

  it("is refused when its body comes at less than the minimum rate", async () => {
    const delegate = new RecordingDelegate();
    const server = await serve(delegate);
    const client = await open(server);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");

    await pass(server, 13, () => client.send("x".repeat(100)));
    await client.until(" 408 ");

    expect(delegate.calls).not.toContain("finish");
    expect(delegate.calls.at(-1)).toBe("onConnectionClose");
    expect(await pass(server, 5)).toBeLessThan(4);
  });

  it("is cut off when code for node:http waits for its body", async () => {
    const delegate = new RecordingDelegate({
      headersReceived() {
        delegate.connection.takeNodeMessages!().request.resume();
      },
    });
    const server = await serve(delegate);
    await open(server);
    // The clock of a server does not begin with a request.
    await pass(server, 50);
    const client = await open(server);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");

    const seconds = await pass(server, 20, () => client.send("x".repeat(100)));

    expect(seconds).toBeGreaterThan(9);
    expect(seconds).toBeLessThan(14);
  });

  it("is not blamed for code for node:http that does not read", async () => {
    const delegate = new RecordingDelegate({
      headersReceived() {
        delegate.connection.takeNodeMessages!();
      },
    });
    const server = await serve(delegate);
    const client = await open(server);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
    client.send(Buffer.alloc(1_000_000));

    await pass(server, 100);

    expect(server.connectionCount).toBe(1);
  });

  it("is refused in the same way when it dribbles chunks and trailers", async () => {
    const server = await serve(hello);
    const client = await open(server);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX: ");

    await pass(server, 13, () => client.send("x"));
    await client.until(" 408 ");

    expect(await pass(server, 5)).toBeLessThan(4);
  });

  it("may take its time above the minimum rate", async () => {
    const server = await serve(hello);
    const client = await open(server);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");

    await pass(server, 100, () => client.send("x".repeat(1000)));
    await client.until("hello");

    expect(client.received).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("is not blamed for a handler that takes none of its body", async () => {
    let release = () => {};
    const delegate = new RecordingDelegate({
      headersReceived: () => new Promise<void>((resolve) => (release = resolve)),
    });
    const server = await serve(delegate);
    const client = await open(server);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    while (delegate.calls.length === 0) await turn();

    await pass(server, 100);
    release();
    await client.until("done");

    expect(client.received).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("is let alone while the handler takes its time to answer", async () => {
    let finish = () => {};
    const server = await serve((request) => {
      finish = () => answer(request.connection, "late");
    });
    const client = await open(server);
    client.send(get);
    await turn();

    await pass(server, 1000);
    finish();

    expect(await client.until("late")).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe("a client that reads slowly", () => {
  it("is cut off when it takes nothing of an answer", async () => {
    let asked = 0;
    const server = await serve((request) => {
      asked++;
      answer(request.connection, "x".repeat(12 * 1024 * 1024));
    });
    const client = await open(server);
    client.socket.pause();
    client.send(get);
    while (asked === 0) await turn();

    const seconds = await pass(server, 60);

    expect(seconds).toBeLessThan(60);
  });

  it("is cut off when it takes nothing, and has asked a hundred times", async () => {
    let asked = 0;
    const server = await serve((request) => {
      asked++;
      answer(request.connection, "x".repeat(200_000));
    });
    const client = await open(server);
    client.socket.pause();
    client.send(get.repeat(100));
    while (asked === 0) await turn();

    const seconds = await pass(server, 60);

    expect(seconds).toBeLessThan(60);
    expect(asked).toBeLessThan(100);
  });

  it("may take its time above the minimum rate", async () => {
    const size = 12 * 1024 * 1024;
    const server = await serve((request) => answer(request.connection, "x".repeat(size)));
    const client = await open(server);
    let taken = 0;
    client.socket.on("data", (chunk: Buffer) => {
      taken += chunk.length;
      client.socket.pause();
    });
    client.send(get);

    // A read or two a second: 64 kB each.
    const seconds = await pass(server, 400, () => client.socket.resume());

    expect(seconds).toBeGreaterThan(20);
    expect(taken).toBeGreaterThan(size);
  });
});

describe("a client that reads slowly over TLS", () => {
  const size = 64 * 1024 * 1024;

  async function openTls(): Promise<{ server: HTTPServer; client: Conversation }> {
    await using folder = await temporaryFolder("time-limits");
    const body = Buffer.alloc(size, "x");
    const server = await serve(
      ({ connection }) => {
        connection.writeHeaders({ code: 200, reason: "OK" }, new HTTPHeaders({ "Content-Length": String(size) }), body);
        connection.finish();
      },
      { sslOptions: await certificateIn(folder.path, []) },
    );
    const socket = connectTls({ port: server.port, host: "127.0.0.1", rejectUnauthorized: false });
    await once(socket, "secureConnect");
    return { server, client: new Conversation(socket) };
  }

  it("is cut off when it takes nothing", async () => {
    const { server, client } = await openTls();
    client.socket.pause();
    client.send(get);
    while (client.socket.bytesWritten === 0 || server.connectionCount === 0) await turn();

    expect(await pass(server, 100)).toBeLessThan(70);
  });

  it("may take its time above the minimum rate", async () => {
    const { server, client } = await openTls();
    let taken = 0;
    client.socket.removeAllListeners("data");
    client.socket.on("data", (chunk: Buffer) => {
      taken += chunk.length;
    });
    client.socket.pause();
    client.send(get);

    let seconds = 0;
    for (; taken < size && !client.isClosed; seconds += 10) {
      await pass(server, 10);
      const goal = Math.min(size, taken + 4 * 1024 * 1024);
      client.socket.resume();
      while (taken < goal && !client.isClosed) await turn();
      client.socket.pause();
    }

    expect(taken).toBeGreaterThan(size);
    expect(seconds).toBeGreaterThan(100);
  });
});

describe("a client that reads slowly, and is allowed to", () => {
  const options = { minDrainRate: 0, idleConnectionTimeout: 100 };
  const head = (line: string, ...fields: string[]) => [line, "Host: a", ...fields, "", ""].join("\r\n");

  it.each([
    ["that is closing", head("GET / HTTP/1.1", "Connection: close")],
    ["that is kept", get],
    ["that has asked a hundred times", get.repeat(100)],
  ])("is cut off when it takes nothing for idleConnectionTimeout, on a connection %s", async (_what, requests) => {
    let asked = 0;
    const server = await serve((request) => {
      asked++;
      answer(request.connection, "x".repeat(12 * 1024 * 1024));
    }, options);
    const client = await open(server);
    client.socket.pause();
    client.send(requests);
    while (asked === 0) await turn();

    const seconds = await pass(server, 200);

    expect(seconds).toBeGreaterThan(99);
    expect(seconds).toBeLessThan(110);
  });

  it("is served for as long as it takes something", async () => {
    const size = 64 * 1024 * 1024;
    const server = await serve((request) => answer(request.connection, "x".repeat(size)), options);
    const client = await open(server);
    let taken = 0;
    client.socket.on("data", (chunk: Buffer) => {
      taken += chunk.length;
    });
    client.socket.pause();
    client.send(head("GET / HTTP/1.1", "Connection: close"));

    let seconds = 0;
    for (; taken < size && !client.isClosed; seconds += 50) {
      await pass(server, 50);
      // More than the kernel holds for a client: below that, nobody sees what it takes.
      const goal = Math.min(size, taken + 8 * 1024 * 1024);
      client.socket.resume();
      while (taken < goal && !client.isClosed) await turn();
      client.socket.pause();
    }

    expect(seconds).toBeGreaterThan(200);
    expect(taken).toBeGreaterThan(size);
  });
});

describe("a client that is refused", () => {
  it("cannot keep its connection by sending on", async () => {
    const server = await serve(hello);
    const client = await open(server);
    client.send("nonsense\r\n\r\n");
    await client.until(" 400 ");

    const seconds = await pass(server, 20, () => client.send("more nonsense"));

    expect(seconds).toBeLessThan(9);
  });
});
