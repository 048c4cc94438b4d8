/** What handlers do to a connection of our own transport at awkward moments, and what its client sees of it. */

import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { queryObjects, setFlagsFromString } from "node:v8";
import { runInThisContext } from "node:vm";
import { describe, expect, it, onTestFinished } from "vitest";
import type { HTTPConnection } from "../../../../src/core/http/connection.js";
import { HTTPHeaders } from "../../../../src/core/http/headers.js";
import { HTTPOutputError } from "../../../../src/core/http/http-input-error.js";
import { HTTP1Session } from "../../../../src/core/http/http1/http1-session.js";
import { Outgoing } from "../../../../src/core/http/http1/outgoing.js";
import { RequestReader } from "../../../../src/core/http/http1/request-reader.js";
import type { HTTPServerRequest } from "../../../../src/core/http/request.js";
import { RequestHead } from "../../../../src/core/http/request-head.js";
import type { HTTPServerOptions } from "../../../../src/core/http/server.js";
import { answer, Conversation, RecordingDelegate, serve } from "../serve.js";

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const ok = { code: 200, reason: "OK" };
const turn = () => new Promise(setImmediate);

/** Counts what a socket gives to the system from now on: one entry a write, with the pieces in it. */
function countWrites(socket: Socket): number[] {
  const counts: number[] = [];
  const writable = socket as unknown as {
    _write(...args: unknown[]): void;
    _writev(chunks: unknown[], ...args: unknown[]): void;
  };
  const { _write, _writev } = writable;
  writable._write = function (...args) {
    counts.push(1);
    _write.apply(this, args);
  };
  writable._writev = function (chunks, ...args) {
    counts.push(chunks.length);
    _writev.call(this, chunks, ...args);
  };
  return counts;
}

describe("pieces that are written in one turn", () => {
  it("leave together, and with the end of the answer if that comes as well", async () => {
    let writes: number[] = [];
    const server = await serve(({ connection }) => {
      writes = countWrites(connection.socket as Socket);
      connection.writeHeaders(ok, new HTTPHeaders(), "first.");
      for (let i = 0; i < 100; i++) connection.write(`piece ${i}.`);
      connection.finish();
    });
    const conversation = await Conversation.open(server);

    conversation.send(get("/"));
    await conversation.until("0\r\n\r\n");

    expect(conversation.received).toContain("\r\n9\r\npiece 99.\r\n");
    expect(writes).toHaveLength(1);
  });

  it("are called back for in order", async () => {
    const called: number[] = [];
    const server = await serve(({ connection }) => {
      connection.writeHeaders(ok, new HTTPHeaders(), "0", () => called.push(0));
      for (let i = 1; i < 4; i++) connection.write(String(i), () => called.push(i));
      connection.finish(() => called.push(4));
    });
    const conversation = await Conversation.open(server);

    conversation.send(get("/"));
    await conversation.until("0\r\n\r\n");
    while (called.length < 5) await turn();

    expect(called).toEqual([0, 1, 2, 3, 4]);
  });
});

describe("detach", () => {
  it("sends what was written in the same turn before it", async () => {
    const server = await serve(({ connection }) => {
      connection.writeHeaders({ code: 101, reason: "Switching Protocols" }, new HTTPHeaders({ Upgrade: "echo" }));
      const socket = connection.detach();
      socket.on("error", () => {});
      socket.write("and then something else");
      socket.end();
    });
    const conversation = await Conversation.open(server);

    conversation.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");

    expect(await conversation.end()).toMatch(
      /^HTTP\/1\.1 101 Switching Protocols\r\nUpgrade: echo\r\n\r\nand then something else$/,
    );
  });

  it("leaves no write of the new owner waiting for HTTP", async () => {
    const server = await serve(({ connection }) => {
      connection.writeHeaders(ok, new HTTPHeaders(), "one");
      connection.write("two");
      const socket = connection.detach();
      expect(socket.writableCorked).toBe(0);
      socket.end("three");
    });
    const conversation = await Conversation.open(server);

    conversation.send(get("/"));

    expect(await conversation.end()).toMatch(/3\r\none\r\n3\r\ntwo\r\nthree$/);
  });
});

describe("a request that is kept behind detach, as a WebSocket's is", () => {
  const upgrade =
    "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\nX-Real-Ip: 192.0.2.7\r\n\r\n";

  async function detach(options?: HTTPServerOptions): Promise<HTTPServerRequest> {
    let kept: HTTPServerRequest | undefined;
    const server = await serve((request) => {
      kept = request;
      request.connection.detach().on("error", () => {});
    }, options);
    const conversation = await Conversation.open(server);
    conversation.send(upgrade);
    while (kept === undefined) await turn();
    return kept;
  }

  it("still knows its client, its headers and its socket", async () => {
    const request = await detach({ xheaders: true });
    const { socket } = request.connection;

    socket.destroy();
    await once(socket, "close");

    expect([request.remoteIp, request.protocol, request.headers.get("Upgrade")]).toEqual(["192.0.2.7", "http", "echo"]);
    expect(request.connection.socket).toBe(socket);
  });

  it("takes no answer, and does no harm to its socket", async () => {
    const { connection } = await detach();
    const errors: unknown[] = [];
    const failed = (error: unknown) => errors.push(error);

    connection.writeHeaders(ok, new HTTPHeaders(), "x", failed);
    connection.write("x", failed);
    connection.finish(failed);
    connection.setMaxBodySize(1);
    connection.setBodyTimeout(1);
    connection.cut();
    while (errors.length < 3) await turn();

    expect(errors).toEqual(Array(3).fill(expect.objectContaining({ code: "ECONNRESET" })));
    expect(() => connection.detach()).toThrow(HTTPOutputError);
    expect(() => connection.takeNodeMessages!()).toThrow(HTTPOutputError);
    expect(connection.socket.destroyed).toBe(false);
    expect(connection.socket.writableLength).toBe(0);
  });

  it("keeps nothing of the session, and a socket that is as small as any", async () => {
    const request = await detach();
    setFlagsFromString("--allow-natives-syntax");
    const hasFastProperties = runInThisContext("(object) => %HasFastProperties(object)") as (object: object) => boolean;

    for (const made of [HTTP1Session, RequestReader, RequestHead, Outgoing]) {
      // One stands in for the heads of all that were detached, and one for those that were refused.
      expect(queryObjects(made, { format: "count" })).toBe(made === RequestHead ? 2 : 0);
    }
    expect(hasFastProperties(request.connection.socket)).toBe(true);
  });
});

describe("what was written before detach", () => {
  it("is called back for with an error when the client leaves before it has taken it", async () => {
    const calls: unknown[] = [];
    const server = await serve(({ connection }) => {
      connection.writeHeaders(ok, new HTTPHeaders(), Buffer.alloc(20_000_000), (error) => calls.push(error));
      connection.detach().on("error", () => {});
    });
    const conversation = await Conversation.open(server);

    conversation.socket.pause();
    conversation.send(get("/"));
    while (server.connectionCount === 0) await turn();
    while (server.connectionCount === 1) await turn();
    conversation.socket.resetAndDestroy();
    while (calls.length === 0) await turn();

    expect(calls).toEqual([expect.objectContaining({ code: "ECONNRESET" })]);
  });
});

describe("cut", () => {
  it("tells the delegate, and does nothing a second time", async () => {
    const delegate = new RecordingDelegate({ finish() {} });
    const server = await serve(delegate);
    const conversation = await Conversation.open(server);

    conversation.send(get("/"));
    while (!delegate.calls.includes("finish")) await turn();
    delegate.connection.cut();
    delegate.connection.cut();
    await delegate.closed;

    expect(delegate.calls).toEqual(["headersReceived GET /", "finish", "onConnectionClose"]);
  });

  it("leaves an answer alone that is finished", async () => {
    const server = await serve(({ connection }) => {
      answer(connection, "done");
      connection.cut();
    });
    const conversation = await Conversation.open(server);

    conversation.send(get("/1"));
    await conversation.until("done");
    conversation.send(get("/2"));

    while (conversation.received.match(/done/g)?.length !== 2) await turn();
  });
});

describe("a client that leaves in the middle of a body", () => {
  it("still gets the answer to the request before it, which is on its way", async () => {
    const delegate = new RecordingDelegate();
    let send = () => {};
    const server = await serve({
      startRequest(connection) {
        const socket = connection.socket as unknown as { _write(...args: unknown[]): void };
        const { _write } = socket;
        // As under TLS, where answers leave in a later turn.
        if (delegate.calls.length === 0) {
          socket._write = function (...args) {
            send = () => _write.apply(this, args);
          };
        }
        return delegate.startRequest(connection);
      },
    });
    const conversation = await Conversation.openHalfOpen(server);

    conversation.send(`${get("/1")}POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello`);
    while (!delegate.calls.includes("dataReceived 5")) await turn();
    conversation.socket.end();
    await delegate.closed;
    send();

    expect(await conversation.end()).toMatch(/done$/);
    expect(delegate.calls.at(-1)).toBe("onConnectionClose");
  });
});

describe("a flood of pipelined requests", () => {
  it("lets the requests of others in between", async () => {
    const order: string[] = [];
    const server = await serve((request) => {
      order.push(request.uri);
      answer(request.connection, `hello ${request.uri}`);
    });
    const flood = await Conversation.open(server);
    const other = await Conversation.open(server);

    flood.send(get("/f").repeat(2000) + get("/last"));
    other.send(get("/other"));
    await Promise.all([flood.until("hello /last"), other.until("hello /other")]);

    expect(order).toHaveLength(2002);
    expect(order.indexOf("/other")).toBeLessThan(1000);
  });

  it("is answered to its end for a client that has ended its side", async () => {
    const server = await serve((request) => answer(request.connection, `hello ${request.uri}`));
    const flood = await Conversation.openHalfOpen(server);

    flood.send(get("/f").repeat(500) + get("/last"));
    flood.socket.end();

    expect(await flood.end()).toMatch(/hello \/last$/);
  });
});

describe("a server that drains", () => {
  it("answers the pipelined requests that it has received, and closes behind the last", async () => {
    const waiting: HTTPConnection[] = [];
    const server = await serve((request) => void waiting.push(request.connection));
    const conversation = await Conversation.open(server);
    conversation.send(get("/1") + get("/2") + get("/3"));
    while (waiting.length === 0) await turn();

    const drained = server.drain({ lingerMs: 60_000 });
    for (let i = 0; i < 3; i++) {
      while (waiting[i] === undefined) await turn();
      answer(waiting[i]!, `answer ${i}.`);
    }

    expect((await conversation.end()).match(/Connection: close|answer \d\./g)).toEqual([
      "answer 0.",
      "answer 1.",
      "Connection: close",
      "answer 2.",
    ]);
    expect(await drained).toEqual({ cut: 0 });
  });
});

describe("the address of a client", () => {
  it("is known to a handler that first asks when the client has left", async () => {
    const delegate = new RecordingDelegate({ finish() {} });
    const server = await serve(delegate);
    const conversation = await Conversation.open(server);

    conversation.send(get("/"));
    while (!delegate.calls.includes("finish")) await turn();
    conversation.socket.resetAndDestroy();
    await delegate.closed;
    // In a later turn, when the socket knows nothing any more.
    await turn();

    expect(delegate.connection.remoteIp).toBe("127.0.0.1");
  });
});

describe("a socket that was accepted elsewhere", () => {
  it("sends small pieces without waiting for those before to be acknowledged", async () => {
    const server = await serve(({ connection }) => answer(connection, "done"));
    let hasNoDelay = false;
    const acceptor = createServer((socket) => {
      const { setNoDelay } = socket;
      socket.setNoDelay = (value) => {
        hasNoDelay = value !== false;
        return setNoDelay.call(socket, value);
      };
      server.addSocket(socket);
    });
    acceptor.listen(0, "127.0.0.1");
    await once(acceptor, "listening");
    onTestFinished(() => void acceptor.close());
    const socket = connect((acceptor.address() as { port: number }).port, "127.0.0.1");
    const conversation = new Conversation(socket);

    conversation.send(get("/"));
    await conversation.until("done");

    expect(hasNoDelay).toBe(true);
  });
});
