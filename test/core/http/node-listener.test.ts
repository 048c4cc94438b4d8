import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { HTTPServerConnectionDelegate } from "../../../src/core/http/connection.js";
import {
  createNodeListener,
  createNodeUpgradeListener,
  type ListenerOptions,
} from "../../../src/core/http/node-listener.js";
import { subscribeToLog } from "../../../src/core/log.js";
import { openSocket, request, sendRaw } from "../../support/raw-http.js";
import { answer, RecordingDelegate } from "./serve.js";

type Middleware = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** A server of node:http that is not ours, with our listener behind a middleware. */
async function mount(
  delegate: HTTPServerConnectionDelegate,
  options?: ListenerOptions,
  before?: Middleware,
): Promise<{ port: number; log: string[] }> {
  const listener = createNodeListener(delegate, options);
  const server = createServer(async (incoming, response) => {
    await before?.(incoming, response);
    listener(incoming, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const log: string[] = [];
  const unsubscribe = subscribeToLog(({ level, message, error }) => {
    log.push(`${level} ${message} ${error instanceof Error ? error.message : ""}`);
    return true;
  });
  onTestFinished(async () => {
    unsubscribe();
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, log };
}

describe("a listener for somebody else's server", () => {
  it("gives requests with their bodies to the delegate, and its answers back", async () => {
    const bodies: string[] = [];
    const delegate = new RecordingDelegate({
      dataReceived: (chunk) => void bodies.push(chunk.toString()),
      finish: () => answer(delegate.connection, `${delegate.startLine.path} ${bodies.join("")}`, { "X-Own": "1" }),
    });
    const { port } = await mount(delegate);

    const response = await request(port, "POST /a?b=c", [], "the body");

    expect(response.body).toBe("/a?b=c the body");
    expect(response.header("x-own")).toBe("1");
    expect([delegate.connection.remoteIp, delegate.connection.protocol]).toEqual(["127.0.0.1", "http"]);
  });

  it("keeps headers that a middleware has set, and the connection", async () => {
    const delegate = new RecordingDelegate({ finish: () => answer(delegate.connection, delegate.startLine.path) });
    const { port } = await mount(delegate, {}, (_, response) => void response.setHeader("X-Powered-By", "somebody"));

    const answers = await sendRaw(
      port,
      "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    );

    expect(answers.match(/X-Powered-By: somebody/g)).toHaveLength(2);
    expect(answers).toMatch(/\/1HTTP[\s\S]*\/2$/);
  });

  it("limits bodies and believes proxies as its options say", async () => {
    const delegate = new RecordingDelegate({ finish: () => answer(delegate.connection, delegate.connection.remoteIp) });
    const { port } = await mount(delegate, { maxBodySize: 3, xheaders: true });

    const accepted = await request(port, "POST /", ["X-Real-Ip: 192.0.2.7"], "abc");
    const refused = await request(port, "POST /", [], "abcd");

    expect(accepted.body).toBe("192.0.2.7");
    expect(refused.status).toBe(413);
  });

  it("refuses ambiguous requests before the delegate sees them", async () => {
    const delegate = new RecordingDelegate();
    const { port } = await mount(delegate);

    const refused = await request(port, "GET /", ["Host: other"]);

    expect(refused.status).toBe(400);
    expect(delegate.calls).toEqual([]);
  });

  it("says what is wrong when a body parser was there first", async () => {
    const readAll: Middleware = async (incoming) => {
      for await (const _ of incoming);
    };
    const { port, log } = await mount(new RecordingDelegate(), {}, readAll);

    const response = await request(port, "POST /", [], "gone");

    expect(response.status).toBe(500);
    expect(log.join()).toContain("Mount the listener before the body parser");
  });

  it("tells the delegate of a client that leaves, and only of that one", async () => {
    const delegate = new RecordingDelegate({ finish: () => {} });
    const { port } = await mount(delegate);
    const socket = await openSocket(port);

    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    while (!delegate.calls.includes("finish")) await new Promise(setImmediate);
    socket.destroy();
    await delegate.closed;

    const answered = new RecordingDelegate();
    const other = await mount(answered);
    await request(other.port, "GET /");
    expect(answered.calls).not.toContain("onConnectionClose");
  });

  it("hands over the socket", async () => {
    const delegate = new RecordingDelegate({
      finish: () => void delegate.connection.detach().end("something else entirely"),
    });
    const { port } = await mount(delegate);

    expect(await sendRaw(port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")).toBe("something else entirely");
  });

  it("refuses an option that is not valid when it is made", () => {
    expect(() => createNodeListener(new RecordingDelegate(), { maxBodySize: Number.NaN })).toThrow(/maxBodySize/);
  });
});

describe("a listener for the upgrades of somebody else's server", () => {
  const handshake = "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n";

  async function mountUpgrades(delegate: HTTPServerConnectionDelegate): Promise<number> {
    const server = createServer().on("upgrade", createNodeUpgradeListener(delegate));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    return (server.address() as AddressInfo).port;
  }

  it("hands over the socket, the bytes already received first", async () => {
    const delegate = new RecordingDelegate({
      finish() {
        const socket = delegate.connection.detach();
        socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
        socket.on("data", (chunk: Buffer) => socket.end(chunk.toString().toUpperCase()));
      },
    });
    const port = await mountUpgrades(delegate);

    expect(await sendRaw(port, `${handshake}early`)).toBe("HTTP/1.1 101 Switching Protocols\r\n\r\nEARLY");
  });

  it("lets a handler refuse with an ordinary answer, and closes", async () => {
    const delegate = new RecordingDelegate({ finish: () => answer(delegate.connection, "no", {}, 403) });
    const port = await mountUpgrades(delegate);

    expect(await sendRaw(port, handshake)).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n.*\r\n\r\nno$/s);
  });

  it("refuses what is ambiguous before a delegate sees it", async () => {
    const delegate = new RecordingDelegate({});
    const port = await mountUpgrades(delegate);

    expect(await sendRaw(port, handshake.replace("Host: a", "Host: a\r\nHost: b"))).toMatch(/^HTTP\/1\.1 400 /);
    expect(delegate.calls).toEqual([]);
  });

  it("tells the delegate when the client leaves before it is answered", async () => {
    const delegate = new RecordingDelegate({ finish() {} });
    const port = await mountUpgrades(delegate);
    const socket = await openSocket(port);
    socket.write(handshake);
    while (!delegate.calls.includes("finish")) await new Promise(setImmediate);

    socket.resetAndDestroy();
    await delegate.closed;

    expect(delegate.calls.at(-1)).toBe("onConnectionClose");
  });
});
