import { once } from "node:events";
import { connect, createServer, Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { callableDelegate } from "../../../src/core/http/callable-delegate.js";
import type { HTTPConnection } from "../../../src/core/http/connection.js";
import { HTTPHeaders } from "../../../src/core/http/headers.js";
import type { HTTPServer } from "../../../src/core/http/server.js";
import { openSocket } from "../../support/raw-http.js";
import { answer, Conversation, counting, createServer as createHTTPServer, RecordingDelegate, serve } from "./serve.js";

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

describe("drain", () => {
  it("resolves at once when there is no connection, and frees the port", async () => {
    const server = await serve(counting().application);
    const { port } = server;

    expect(await server.drain()).toEqual({ cut: 0 });

    await expect(openSocket(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("answers what is being served, with Connection: close", async () => {
    let slow: HTTPConnection | undefined;
    const server = await serve((request) => {
      slow = request.connection;
    });
    const conversation = await Conversation.open(server);
    conversation.send(get("/"));
    while (slow === undefined) await new Promise(setImmediate);

    const drained = server.drain({ lingerMs: 0 });
    answer(slow, "done");

    expect(await drained).toEqual({ cut: 0 });
    expect(await conversation.end()).toMatch(/Connection: close\r\n\r\ndone$/);
  });

  it("answers what still comes on a kept-alive connection, and then closes it", async () => {
    const server = await serve(counting().application);
    const conversation = await Conversation.open(server);
    conversation.send(get("/1"));
    await conversation.until("hello /1");

    const drained = server.drain({ lingerMs: 60_000 });
    conversation.send(get("/2"));

    expect(await conversation.end()).toMatch(/Connection: close\r\n\r\nhello \/2$/);
    expect(await drained).toEqual({ cut: 0 });
  });

  it("closes idle connections when they have lingered", async () => {
    const server = await serve(counting().application);
    const conversation = await Conversation.open(server);
    conversation.send(get("/1"));
    await conversation.until("hello /1");

    expect(await server.drain({ lingerMs: 20 })).toEqual({ cut: 0 });
    expect(await conversation.end()).toMatch(/hello \/1$/);
  });

  it("closes a connection whose response had begun before, when that response has ended", async () => {
    let slow: HTTPConnection | undefined;
    const server = await serve((request) => {
      slow = request.connection;
      slow.writeHeaders({ code: 200, reason: "OK" }, new HTTPHeaders(), "begun");
    });
    const conversation = await Conversation.open(server);
    conversation.send(get("/"));
    await conversation.until("begun");

    const drained = server.drain({ lingerMs: 1 });
    setTimeout(() => slow?.finish(), 100);

    expect(await drained).toEqual({ cut: 0 });
    expect(await conversation.end()).toMatch(/0\r\n\r\n$/);
  });

  it("cuts and counts what is left at the deadline", async () => {
    const delegate = new RecordingDelegate({ finish() {} });
    const server = await serve(delegate);
    const conversation = await Conversation.open(server);
    conversation.send(get("/"));
    while (!delegate.calls.includes("finish")) await new Promise(setImmediate);

    expect(await server.drain({ lingerMs: 10, deadlineMs: 50 })).toEqual({ cut: 1 });

    expect(delegate.calls.at(-1)).toBe("onConnectionClose");
    expect(await conversation.end()).toBe("");
  });

  it("does not wait for sockets that were handed over", async () => {
    const sockets: { destroy(): void }[] = [];
    const server = await serve((request) => {
      const socket = request.connection.detach();
      sockets.push(socket);
      socket.write("mine");
    });
    const conversation = await Conversation.open(server);
    conversation.send(get("/"));
    await conversation.until("mine");

    expect(await server.drain()).toEqual({ cut: 0 });

    expect(conversation.isClosed).toBe(false);
    for (const socket of sockets) socket.destroy();
  });
});

describe("onClose of a delegate", () => {
  it("is called with the socket of each connection that ends, and may throw", async () => {
    const { application } = counting();
    const closed: unknown[] = [];
    const delegate = Object.assign(callableDelegate(application), {
      onClose(socket: unknown) {
        closed.push(socket);
        throw new Error("of onClose");
      },
    });
    const server = await serve(delegate);
    const conversation = await Conversation.open(server);
    conversation.send(get("/1"));
    await conversation.until("hello /1");

    await server.closeAllConnections();

    expect(closed).toEqual([expect.any(Socket)]);
  });
});

describe("addSocket", () => {
  /** Accepts connections and hands them to a server that does not listen, as a relay in front of it does. */
  async function relayed(server: HTTPServer, peer?: { remoteIp?: string; protocol?: string }): Promise<Conversation> {
    const front = createServer({ allowHalfOpen: true }, (socket) => server.addSocket(socket, peer));
    await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void front.close());
    const address = front.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return new Conversation(await openSocket(address.port));
  }

  const tellPeer = (request: { connection: HTTPConnection }) =>
    answer(request.connection, `${request.connection.remoteIp} ${request.connection.protocol}.`);

  it("serves a connection that was accepted elsewhere", async () => {
    const server = createHTTPServer(tellPeer);
    const conversation = await relayed(server);

    conversation.send(get("/"));

    await conversation.until("127.0.0.1 http.");
    await server.closeAllConnections();
  });

  it("believes what it is told about the client", async () => {
    const server = createHTTPServer(tellPeer);
    const conversation = await relayed(server, { remoteIp: "9.9.9.9", protocol: "https" });

    conversation.send(get("/") + get("/"));

    await conversation.until("9.9.9.9 https.");
    await server.closeAllConnections();
  });

  it("serves bytes that were read before and put back", async () => {
    const server = createHTTPServer(counting().application);
    const sockets: Socket[] = [];
    const front = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.push(socket);
      socket.once("readable", () => {
        const bytes = socket.read() as Buffer;
        socket.unshift(bytes.subarray(1));
        server.addSocket(socket);
      });
    });
    await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void front.close());
    const conversation = new Conversation(connect((front.address() as { port: number }).port, "127.0.0.1"));

    conversation.send(`!${get("/1")}`);

    await conversation.until("hello /1");
    conversation.send(get("/2"));
    await conversation.until("hello /2");
    await server.closeAllConnections();
  });

  it("lets a socket flow that its first reader has paused", async () => {
    const server = createHTTPServer(counting().application);
    const front = createServer((socket) => {
      socket.pause();
      setImmediate(() => server.addSocket(socket));
    });
    await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void front.close());
    const conversation = new Conversation(connect((front.address() as { port: number }).port, "127.0.0.1"));

    conversation.send(get("/1"));

    await conversation.until("hello /1");
    await server.closeAllConnections();
  });

  it("does not wait for a client that has left before its socket was handed over", async () => {
    const server = createHTTPServer(counting().application);
    const front = createServer();
    await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void front.close());
    connect((front.address() as { port: number }).port, "127.0.0.1").on("error", () => {});
    const [socket] = (await once(front, "connection")) as [Socket];
    await once(socket.destroy(), "close");

    server.addSocket(socket);

    expect(server.connectionCount).toBe(0);
    expect(await server.drain({ lingerMs: 10 })).toEqual({ cut: 0 });
  });

  it("is drained like what the server accepted itself", async () => {
    const server = createHTTPServer(counting().application);
    const conversation = await relayed(server);
    conversation.send(get("/1"));
    await conversation.until("hello /1");

    expect(await server.drain({ lingerMs: 10 })).toEqual({ cut: 0 });
    await conversation.end();
  });
});
