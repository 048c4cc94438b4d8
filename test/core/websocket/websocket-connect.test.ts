import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { HTTPRequest } from "../../../src/core/httpclient/http-request.js";
import { subscribeToLog } from "../../../src/core/log.js";
import { testApp } from "../../../src/core/testing/test-app.js";
import { Application } from "../../../src/core/web/application.js";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import { websocketConnect } from "../../../src/core/websocket/websocket-connect.js";
import { WebSocketHandler } from "../../../src/core/websocket/websocket-handler.js";

class Echo extends WebSocketHandler {
  override onMessage(message: string | Buffer) {
    return this.writeMessage(message);
  }
}

/** Sends as fast as it may, and counts how far it came. */
class Flood extends WebSocketHandler {
  static sent = 0;
  override async open() {
    for (Flood.sent = 0; Flood.sent < 2000 && this.isOpen; Flood.sent++) await this.writeMessage("x".repeat(10_000));
    if (this.isOpen) this.close(1000, "all sent");
  }
  override onMessage() {}
}

class Headers extends WebSocketHandler {
  override open() {
    void this.writeMessage({
      agent: this.request.headers.get("User-Agent"),
      authorization: this.request.headers.get("Authorization"),
      cookie: this.request.headers.get("Cookie"),
      origin: this.request.headers.get("Origin") ?? null,
    });
  }
  override onMessage() {}
}

class Plain extends RequestHandler {
  get() {
    this.write("no WebSocket");
  }
}

const client = testApp(
  () =>
    new Application([
      ["/echo", Echo],
      ["/flood", Flood],
      ["/headers", Headers],
      ["/plain", Plain],
    ]),
  { cookies: true },
);
const address = (path: string) => `ws://127.0.0.1:${client.port}${path}`;

describe("websocketConnect", () => {
  it("reads messages in order, and null at the end", async () => {
    const connection = await client.websocketConnect("/echo");

    for (const message of ["one", "two"]) void connection.writeMessage(message);
    void connection.writeMessage(Buffer.from([1, 2]));
    void connection.writeMessage("text as bytes", { binary: true });
    const read = [];
    for (let count = 0; count < 4; count++) read.push(await connection.readMessage());
    connection.close(4001, "enough");

    expect(read).toEqual(["one", "two", Buffer.from([1, 2]), Buffer.from("text as bytes")]);
    expect(await connection.readMessage()).toBe(null);
    expect(await connection.readMessage()).toBe(null);
    expect([connection.closeCode, connection.closeReason]).toEqual([4001, "enough"]);
    await expect(connection.writeMessage("late")).rejects.toMatchObject({ name: "WebSocketClosedError" });
  });

  it("takes no more than is read: the server is held back", async () => {
    const connection = await client.websocketConnect("/flood");
    await connection.readMessage();
    let before = -1;
    while (Flood.sent !== before) {
      before = Flood.sent;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const whenHeld = Flood.sent;

    let count = 1;
    for await (const message of connection) count += (message as string).length / 10_000;

    expect(whenHeld).toBeLessThan(2000);
    expect(count).toBe(2000);
    expect(connection.closeReason).toBe("all sent");
  });

  it("closes when a loop over its messages is left", async () => {
    const connection = await client.websocketConnect("/flood");

    for await (const _ of connection) break;
    await connection.closed;
  });

  it("gives up reading by a signal, and loses nothing by it", async () => {
    const connection = await client.websocketConnect("/echo");
    const controller = new AbortController();
    const reading = connection.readMessage({ signal: controller.signal });

    controller.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
    await expect(connection.readMessage({ signal: controller.signal })).rejects.toThrow("enough");
    void connection.writeMessage("x");

    expect(await connection.readMessage()).toBe("x");
  });

  it("calls onMessageCallback with each message, one at a time, and with null at the end", async () => {
    const calls: unknown[] = [];
    const connection = await client.websocketConnect("/echo", {
      async onMessageCallback(message) {
        calls.push(message);
        await new Promise(setImmediate);
        calls.push("done");
        if (message === "two") connection.close();
      },
    });

    void connection.writeMessage("one");
    void connection.writeMessage("two");
    await connection.closed;

    expect(calls.slice(0, 5)).toEqual(["one", "done", "two", "done", null]);
  });

  it("closes with 1011 and logs when onMessageCallback throws", async () => {
    const log: string[] = [];
    onTestFinished(subscribeToLog((record) => record.logger !== "tornado.access" && log.push(record.message) > 0));
    const connection = await client.websocketConnect("/echo", {
      onMessageCallback(message) {
        if (message !== null) throw new Error("broken");
      },
    });

    void connection.writeMessage("x");
    await connection.closed;

    expect([connection.closeCode, log]).toEqual([1011, ["Uncaught exception in onMessageCallback of a WebSocket"]]);
  });

  it("takes an HTTPRequest, and says of what it cannot use", async () => {
    const request = new HTTPRequest(address("/headers").replace("ws", "http"), {
      authUsername: "me",
      authPassword: "secret",
      userAgent: "Test",
      headers: { Origin: `http://127.0.0.1:${client.port}` },
    });

    const connection = await websocketConnect(request);

    expect(JSON.parse((await connection.readMessage()) as string)).toMatchObject({
      agent: "Test",
      authorization: `Basic ${Buffer.from("me:secret").toString("base64")}`,
      origin: `http://127.0.0.1:${client.port}`,
    });
    connection.close();
    await expect(websocketConnect(new HTTPRequest(address("/echo"), { body: "x" }))).rejects.toThrow(/"body"/);
  });

  it("sends the cookies of a test's client", async () => {
    client.cookies.set("name", "value");

    await using connection = await client.websocketConnect("/headers");

    expect(JSON.parse((await connection.readMessage()) as string).cookie).toBe("name=value");
    client.cookies.clear();
  });

  it("offers compression when it is asked to, and works without", async () => {
    await using connection = await client.websocketConnect("/echo", { compressionOptions: { compressionLevel: 1 } });

    await connection.writeMessage("x".repeat(10_000));

    expect(await connection.readMessage()).toHaveLength(10_000);
    expect(connection.headers.get("Sec-WebSocket-Extensions")).toBe(undefined);
  });

  it("refuses a message over maxMessageSize", async () => {
    const log: string[] = [];
    onTestFinished(subscribeToLog((record) => record.logger !== "tornado.access" && log.push(record.message) > 0));
    const connection = await client.websocketConnect("/echo", { maxMessageSize: 10 });

    void connection.writeMessage("x".repeat(11));

    expect(await connection.readMessage()).toBe(null);
    await connection.closed;
    expect(log[0]).toMatch(/^Refused WebSocket message from the server/);
  });

  it.each<[string, string, object]>([
    ["a 404", "/none", { name: "HTTPClientError", code: 404 }],
    ["a plain answer", "/plain", { name: "WebSocketError" }],
  ])("rejects with %s", async (_, path, expected) => {
    await expect(websocketConnect(address(path))).rejects.toMatchObject(expected);
  });

  it("has the response in the error", async () => {
    const error = await websocketConnect(address("/none")).catch((thrown: unknown) => thrown);

    expect((error as { response: { text(): string } }).response.text()).toContain("404: Not Found");
  });

  it.each(["http//x", "ftp://a/secret", "", "ws://"])("refuses the address %j", async (url) => {
    await expect(websocketConnect(url)).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
  });

  it.each([{ pingInterval: -1 }, { maxMessageSize: 0 }, { compressionOptions: { compressionLevel: 99 } }])(
    "refuses the options %j",
    async (options) => {
      await expect(client.websocketConnect("/echo", options)).rejects.toThrow(/whole number|number of seconds/);
    },
  );

  it("rejects with 599 when nobody listens, and when nobody answers in time", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;

    const slow = await websocketConnect(`ws://127.0.0.1:${port}/`, { connectTimeout: 0.05 }).catch((error) => error);
    server.close();
    const refused = await websocketConnect("ws://127.0.0.1:1/").catch((error) => error);

    expect(slow).toMatchObject({ name: "HTTPTimeoutError", code: 599, kind: "connect-timeout" });
    expect(refused).toMatchObject({ name: "HTTPClientError", code: 599, kind: "refused" });
  });

  it("gives up connecting by a signal", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const controller = new AbortController();
    const connecting = websocketConnect(`ws://127.0.0.1:${port}/`, { signal: controller.signal });
    const failed = expect(connecting).rejects.toThrow("enough");

    await once(server, "connection");
    controller.abort(new Error("enough"));

    await failed;
  });
});
