import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { requestContext } from "../../../src/core/request-context.js";
import type { RuleList } from "../../../src/core/routing/rule.js";
import { configureRuntime } from "../../../src/core/runtime.js";
import { Application } from "../../../src/core/web/application.js";
import { HTTPError } from "../../../src/core/web/http-error.js";
import type { ApplicationSettings } from "../../../src/core/web/settings.js";
import { WebSocketClosedError } from "../../../src/core/websocket/errors.js";
import { type WebSocketConnectOptions, websocketConnect } from "../../../src/core/websocket/websocket-connect.js";
import { WebSocketHandler } from "../../../src/core/websocket/websocket-handler.js";
import { parseResponse, sendRaw } from "../../support/raw-http.js";
import { serveApp } from "../web/serve-app.js";
import { close, frame, handshakeLines, RawWebSocket, text } from "./raw-websocket.js";

class Echo extends WebSocketHandler {
  override onMessage(message: string | Buffer): void | Promise<void> {
    return this.writeMessage(message);
  }
}

/** A handler that notes its life, with what a test adds. */
function recording(methods: object = {}): {
  readonly calls: string[];
  readonly Handler: typeof Echo;
  readonly closed: Promise<void>;
} {
  const calls: string[] = [];
  let resolve: () => void;
  const closed = new Promise<void>((done) => {
    resolve = done;
  });
  class Recording extends Echo {
    override initialize(kwargs: object) {
      calls.push(`initialize ${JSON.stringify(kwargs)}`);
    }
    override async prepare() {
      calls.push(`prepare ${this.getArgument("a", "-")} ${this.getCookie("c")}`);
    }
    override open(...args: string[]) {
      calls.push(`open ${JSON.stringify(args)}`);
    }
    override onMessage(message: string | Buffer): void | Promise<void> {
      calls.push(`onMessage ${message}`);
    }
    override onPing(data: Buffer) {
      calls.push(`onPing ${data}`);
    }
    override onPong(data: Buffer) {
      calls.push(`onPong ${data}`);
    }
    override onFinish() {
      calls.push("onFinish");
    }
    override onClose() {
      calls.push(`onClose ${this.closeCode} ${this.closeReason}`);
      resolve();
    }
  }
  Object.defineProperties(Recording.prototype, Object.getOwnPropertyDescriptors(methods));
  return { calls, Handler: Recording, closed };
}

async function serving(rules: RuleList, settings: ApplicationSettings = {}) {
  const served = await serveApp(rules, settings);
  onTestFinished(async () => {
    await served.app.shutdown();
    await served[Symbol.asyncDispose]();
  });
  const connect = async (path = "/ws", options: WebSocketConnectOptions = {}) => {
    const connection = await websocketConnect(`ws://127.0.0.1:${served.port}${path}`, options);
    onTestFinished(() => connection.close());
    return connection;
  };
  return { ...served, connect };
}

describe("a handler's life", () => {
  it("is that of any handler until the handshake, and then that of a connection", async () => {
    const { calls, Handler, closed } = recording();
    const { connect, log } = await serving([["/(\\w+)/ws", Handler, { key: 1 }]]);

    const connection = await connect("/room%2E1/ws?a=2".replace("%2E", ""), { headers: { Cookie: "c=3" } });
    await connection.writeMessage("text");
    await connection.writeMessage(Buffer.from("bytes"));
    connection.ping("ping");
    await connection.writeMessage({ json: true });
    connection.close(4000, "done");
    await closed;

    expect(calls).toEqual([
      'initialize {"key":1}',
      "prepare 2 3",
      "onFinish",
      'open ["room1"]',
      "onMessage text",
      "onMessage bytes",
      "onPing ping",
      'onMessage {"json":true}',
      "onClose 4000 done",
    ]);
    expect(log).toEqual([expect.stringMatching(/^info 101 GET \/room1\/ws\?a=2 \(127\.0\.0\.1\) [\d.]+ms$/)]);
  });

  it("gives named groups to open() as one object", async () => {
    const opened: unknown[] = [];
    const { Handler } = recording({ open: (...args: unknown[]) => void opened.push(...args) });
    const { connect } = await serving([["/:room", Handler]]);

    await connect("/caf%C3%A9");

    expect(opened).toEqual([{ room: "café" }]);
  });

  it("delivers nothing before an asynchronous open() is done, and one message at a time", async () => {
    const calls: string[] = [];
    const slowly = async (what: string) => {
      calls.push(`${what} begins`);
      await new Promise(setImmediate);
      calls.push(`${what} ends`);
    };
    const { Handler, closed } = recording({
      open: () => slowly("open"),
      onMessage: (message: string) => slowly(message),
      onPing: () => slowly("ping"),
    });
    const { port } = await serving([["/ws", Handler]]);
    const websocket = await RawWebSocket.open(port);

    websocket.send(text("one"), frame(9, "p"), text("two"), close(1000));
    await closed;

    expect(calls).toEqual(["open", "one", "ping", "two"].flatMap((what) => [`${what} begins`, `${what} ends`]));
  });

  it("answers the messages that came before a close frame before it answers that", async () => {
    const { Handler } = recording({
      async onMessage(this: Echo, message: string) {
        await new Promise(setImmediate);
        await this.writeMessage(message);
      },
    });
    const { port } = await serving([["/ws", Handler]]);
    const websocket = await RawWebSocket.open(port);

    websocket.send(text("one"), text("two"), close(3000));

    expect(await websocket.transcript()).toEqual(["text one", "text two", "close 3000"]);
  });

  it.each([
    ["a close frame without a code", (websocket: RawWebSocket) => websocket.send(close()), "onClose null null"],
    ["a connection that is lost", (websocket: RawWebSocket) => websocket.socket.destroy(), "onClose null null"],
    ["a broken frame", (websocket: RawWebSocket) => websocket.send(frame(3)), "onClose null null"],
    ["a code alone", (websocket: RawWebSocket) => websocket.send(close(1001)), "onClose 1001 "],
  ])("ends with onClose, once, by %s", async (_, end, expected) => {
    const { calls, Handler, closed } = recording();
    const { port } = await serving([["/ws", Handler]]);
    const websocket = await RawWebSocket.open(port);

    end(websocket);
    await closed;
    await new Promise(setImmediate);

    expect(calls.filter((call) => call.startsWith("onClose"))).toEqual([expected]);
  });

  it("keeps the request's context in every callback, and the app's own", async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const look = () => void seen.push([requestContext()?.id, storage.getStore()]);
    const { Handler, closed } = recording({
      prepare: () => storage.enterWith("mine"),
      open: look,
      onMessage: look,
      onClose: look,
    });
    const { connect } = await serving([["/ws", Handler]], { requestId: { generate: () => "id-1" } });

    const connection = await connect();
    await connection.writeMessage("x");
    connection.close();
    await connection.closed;
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 20))]);

    expect(seen).toEqual([
      ["id-1", "mine"],
      ["id-1", "mine"],
      ["id-1", "mine"],
    ]);
  });

  it("aborts request.signal at the end", async () => {
    const { Handler, closed } = recording({
      open(this: Echo) {
        this.request.signal.addEventListener("abort", () => aborted.push(true));
      },
    });
    const aborted: boolean[] = [];
    const { connect } = await serving([["/ws", Handler]]);

    (await connect()).close();
    await closed;

    expect(aborted).toEqual([true]);
  });
});

describe("the handshake", () => {
  const ask = async (port: number, head: string) => parseResponse(await sendRaw(port, head));
  const without = (name: string) => handshakeLines().replace(new RegExp(`${name}: .*\r\n`), "");

  it.each<[string, string, number]>([
    ["a plain GET", "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 400],
    ["a POST", handshakeLines().replace("GET", "POST"), 405],
    ["a HEAD", handshakeLines().replace("GET", "HEAD"), 405],
    [
      "another protocol",
      handshakeLines().replace("websocket", "h2c").replace("Connection: ", "Connection: close, "),
      400,
    ],
    [
      "a list of protocols",
      handshakeLines().replace("websocket", "websocket, h2c").replace("Connection: ", "Connection: close, "),
      400,
    ],
    ["no key", without("Sec-WebSocket-Key"), 400],
    ["a short key", handshakeLines().replace(/Key: .*/, "Key: c2hvcnQ="), 400],
    ["no version", without("Sec-WebSocket-Version"), 426],
    ["an old version", handshakeLines().replace("Version: 13", "Version: 6"), 426],
    ["HTTP/1.0", handshakeLines().replace("HTTP/1.1", "HTTP/1.0"), 400],
    ["another site's page", handshakeLines("/ws", "Origin: http://evil.example"), 403],
    ["an origin of null", handshakeLines("/ws", "Origin: null"), 403],
    ["an empty origin", handshakeLines("/ws", "Origin: "), 403],
    ["another port", handshakeLines("/ws", "Origin: http://localhost:1"), 403],
    ["the host as the name of a user", handshakeLines("/ws", "Origin: http://localhost@evil.example"), 403],
    ["a name that begins alike", handshakeLines("/ws", "Origin: http://localhost.evil.example"), 403],
    ["a name that ends alike", handshakeLines("/ws", "Origin: http://evil-localhost"), 403],
    ["an origin with a path", handshakeLines("/ws", "Origin: http://localhost/"), 403],
    ["no scheme", handshakeLines("/ws", "Origin: localhost"), 403],
    ["two origins", handshakeLines("/ws", "Origin: http://localhost", "Origin: http://localhost"), 403],
    ["two keys", handshakeLines("/ws", `Sec-WebSocket-Key: ${"A".repeat(22)}==`), 400],
    ["two versions", handshakeLines("/ws", "Sec-WebSocket-Version: 13"), 426],
    ["version 12", handshakeLines().replace("Version: 13", "Version: 12"), 426],
    ["a body", handshakeLines("/ws", "Content-Length: 2").concat("hi"), 400],
    ["another site by the old header", handshakeLines("/ws", "Sec-WebSocket-Origin: http://evil.example"), 403],
    ["a subprotocol that is none", handshakeLines("/ws", "Sec-WebSocket-Protocol: a b"), 400],
    ["a subprotocol twice", handshakeLines("/ws", "Sec-WebSocket-Protocol: a, a"), 400],
  ])("refuses %s with the handler's own page", async (_, head, code) => {
    class Refusing extends Echo {
      override writeError(status: number) {
        this.write(`my page ${status}`);
      }
    }
    const { port } = await serving([["/ws", Refusing]]);

    const response = await ask(port, head);

    expect(response.status).toBe(code);
    expect(response.body).toBe(head.startsWith("HEAD") ? "" : `my page ${code}`);
    if (code === 426) expect(response.header("Sec-WebSocket-Version")).toBe("13, 8, 7");
    if (code === 405) expect(response.header("Allow")).toBe("GET, OPTIONS");
  });

  it.each([
    ["the same origin in capitals", "Origin: http://LOCALHOST"],
    ["the same origin with its usual port", "Origin: http://localhost:80"],
    ["a page by TLS, which a proxy has taken off", "Origin: https://localhost"],
    ["no origin", "X-None: 1"],
    ["version 8", "X-None: 1", "8"],
    ["version 7", "X-None: 1", "7"],
    ["a list of connection options", "Connection: keep-alive"],
  ])("accepts %s", async (_, line, version = "13") => {
    const { port } = await serving([["/ws", Echo]]);
    const head = handshakeLines("/ws", line).replace("Version: 13", `Version: ${version}`);

    const websocket = await sendHandshake(port, head);

    expect(websocket).toMatch(/^HTTP\/1\.1 101 /);
  });

  it("says 101 with the handler's headers and cookies, and with nothing about a body", async () => {
    const { Handler } = recording({
      setDefaultHeaders(this: Echo) {
        this.setHeader("X-Mine", "1");
        this.setHeader("Upgrade", "nonsense");
      },
      prepare(this: Echo) {
        this.setCookie("seen", "yes");
      },
    });
    const { port } = await serving([["/ws", Handler]]);

    const { head } = await RawWebSocket.open(port);

    const lines = head.trimEnd().split("\r\n");
    expect(lines.map((line) => line.split(":")[0])).toEqual([
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade",
      "Connection",
      "Sec-WebSocket-Accept",
      "Server",
      "Date",
      "X-Mine",
      "Set-Cookie",
    ]);
    expect(lines).toContain("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  });

  it("can be refused in prepare(), and by an asynchronous checkOrigin()", async () => {
    const refusing = recording({
      prepare() {
        throw new HTTPError(402);
      },
    });
    const checking = recording({ checkOrigin: async () => false });
    const { connect } = await serving([
      ["/prepare", refusing.Handler],
      ["/origin", checking.Handler],
    ]);

    await expect(connect("/prepare")).rejects.toMatchObject({ name: "HTTPClientError", code: 402 });
    await expect(connect("/origin", { headers: { Origin: "http://a" } })).rejects.toMatchObject({ code: 403 });
  });

  it("agrees to a subprotocol, and asks once for it", async () => {
    const offers: string[][] = [];
    const { Handler } = recording({
      selectSubprotocol(offered: string[]) {
        offers.push(offered);
        return offered[1] ?? null;
      },
      open(this: Echo) {
        void this.writeMessage(String(this.selectedSubprotocol));
      },
    });
    const { connect, port } = await serving([["/ws", Handler]]);

    const connection = await connect("/ws", { subprotocols: ["one", "two"] });
    const { head } = await RawWebSocket.open(port);

    expect([connection.selectedSubprotocol, await connection.readMessage()]).toEqual(["two", "two"]);
    expect(offers).toEqual([["one", "two"], []]);
    expect(head).not.toMatch(/Sec-WebSocket-Protocol/);
  });

  it("is a 500 when the handler chooses a subprotocol that was not offered", async () => {
    const { Handler } = recording({ selectSubprotocol: () => "other" });
    const { connect, log } = await serving([["/ws", Handler]]);

    await expect(connect("/ws", { subprotocols: ["one"] })).rejects.toMatchObject({ code: 500 });

    expect(log[0]).toMatch(/Uncaught exception GET \/ws/);
  });

  it("works on a server of somebody else, by app.listener()", async () => {
    const app = new Application([["/ws", Echo]]);
    const server = createServer(app.listener());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(async () => {
      await app.shutdown();
      server.close();
    });

    const connection = await websocketConnect(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`);
    await connection.writeMessage("hello");

    expect(await connection.readMessage()).toBe("hello");
    connection.close();
    await connection.closed;
  });

  it("takes messages that came right behind the request", async () => {
    const { port } = await serving([["/ws", Echo]]);

    const received = await sendHandshake(port, Buffer.concat([Buffer.from(handshakeLines()), text("early")]), "early");

    expect(received).toMatch(/early$/);
  });

  it.each(["sockets", "node"] as const)(
    "works over the transport %s, and leaves nothing of HTTP behind",
    async (transport) => {
      const { Handler, closed } = recording({
        onMessage(this: Echo, message: string) {
          return this.writeMessage(message);
        },
      });
      const app = new Application([["/ws", Handler]]);
      const server = await app.listen(0, { address: "127.0.0.1", transport });
      const connection = await websocketConnect(`ws://127.0.0.1:${server.port}/ws`);

      await connection.writeMessage("x".repeat(300_000));
      expect(await connection.readMessage()).toHaveLength(300_000);
      expect(server.connectionCount).toBe(0);

      const drained = await server.drain({ lingerMs: 0 });
      await closed;
      expect([drained.cut, connection.closeCode]).toEqual([0, 1001]);
    },
  );

  async function sendHandshake(port: number, head: string | Uint8Array, until = "\r\n\r\n"): Promise<string> {
    const { Conversation } = await import("../http/serve.js");
    const { openSocket } = await import("../../support/raw-http.js");
    const conversation = new Conversation(await openSocket(port));
    conversation.send(head);
    return await conversation.until(until);
  }
});

describe("after the handshake", () => {
  it("is no HTTP any more: what writes a response says so", async () => {
    const messages: unknown[] = [];
    const { Handler } = recording({
      async open(this: Echo) {
        const attempts: (() => unknown)[] = [
          () => this.write("x"),
          () => this.redirect("/"),
          () => this.setHeader("A", "b"),
          () => this.addHeader("A", "b"),
          () => this.setCookie("a", "b"),
          () => this.setStatus(200),
          () => this.flush(),
          () => this.finish(),
          () => this.sendError(500),
        ];
        for (const attempt of attempts) {
          try {
            await attempt();
          } catch (error) {
            messages.push((error as { code?: string }).code);
          }
        }
        await this.writeMessage("done");
      },
    });
    const { connect } = await serving([["/ws", Handler]]);

    await (await connect()).readMessage();

    expect(messages).toEqual(new Array(9).fill("WEBSOCKET_IS_NO_RESPONSE"));
  });

  it("says before it that there is no WebSocket yet", async () => {
    const { Handler } = recording({
      prepare(this: Echo) {
        return this.writeMessage("too early");
      },
    });
    const { connect, log } = await serving([["/ws", Handler]]);

    await expect(connect()).rejects.toMatchObject({ code: 500 });
    expect(log[0]).toMatch(/Uncaught exception/);
  });

  it.each(["open", "onMessage", "onPing"])("closes with 1011 and logs when %s throws", async (method) => {
    const unseen: unknown[] = [];
    configureRuntime({ exceptionUnseen: (_, error) => unseen.push(error.message) });
    onTestFinished(() => configureRuntime({ exceptionUnseen: () => {} }));
    for (const fail of [
      () => {
        throw new Error("broken");
      },
      () => Promise.reject(new Error("broken")),
    ]) {
      const { calls, Handler, closed } = recording({ [method]: fail });
      const { port, log } = await serving([["/ws", Handler]]);
      const websocket = await RawWebSocket.open(port);

      websocket.send(frame(9), text("one"), text("two"));

      expect((await websocket.transcript()).filter((line) => line !== "pong")).toEqual(["close 1011"]);
      await closed;
      expect(log.at(-1)).toBe("error Uncaught exception GET /ws (127.0.0.1)");
      expect(calls.at(-1)).toBe("onClose null null");
      expect(calls).not.toContain("onMessage two");
    }
    expect(unseen).toEqual(["broken", "broken"]);
  });

  it("logs what onClose throws", async () => {
    const { Handler } = recording({
      async onClose() {
        throw new Error("broken");
      },
    });
    const { connect, log } = await serving([["/ws", Handler]]);

    const connection = await connect();
    connection.close();
    await connection.closed;
    while (log.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));

    expect(log[1]).toBe("error Uncaught exception GET /ws (127.0.0.1)");
  });

  it("rejects messages to a client that has left, quietly when nobody waits", async () => {
    let handler!: Echo;
    const { Handler, closed } = recording({
      open(this: Echo) {
        handler = this;
      },
    });
    const { connect, log } = await serving([["/ws", Handler]]);
    (await connect()).close();
    await closed;

    void handler.writeMessage("nobody waits");
    await expect(handler.writeMessage("x")).rejects.toBeInstanceOf(WebSocketClosedError);
    expect(() => handler.ping()).toThrow(WebSocketClosedError);
    handler.close();

    expect([handler.isOpen, log.length]).toEqual([false, 1]);
  });

  it.each<[string, (handler: Echo) => unknown]>([
    ["a code that must not be sent", (handler) => handler.close(1005)],
    ["a reason that is too long", (handler) => handler.close(1000, "é".repeat(62))],
    ["a ping that is too long", (handler) => handler.ping("x".repeat(126))],
    ["a promise as a message", (handler) => handler.writeMessage(Promise.resolve("x"))],
    ["null as a message", (handler) => handler.writeMessage(null as never)],
  ])("refuses %s", async (_, attempt) => {
    const thrown: unknown[] = [];
    const { Handler } = recording({
      async open(this: Echo) {
        try {
          attempt(this);
        } catch (error) {
          thrown.push(error);
        }
        await this.writeMessage("still open");
      },
    });
    const { connect } = await serving([["/ws", Handler]]);

    expect(await (await connect()).readMessage()).toBe("still open");
    expect(thrown).toEqual([expect.any(Error)]);
  });

  it.each([
    ["nothing", [], "close"],
    ["a reason", [undefined, "why"], "close 1000"],
    ["both", [4321, "why"], "close 4321"],
  ] as const)("closes with %s", async (_, args, expected) => {
    const { Handler } = recording({
      open(this: Echo) {
        this.close(args[0], args[1]);
      },
    });
    const { port } = await serving([["/ws", Handler]]);
    const websocket = await RawWebSocket.open(port);

    expect(await websocket.transcript()).toEqual([expected]);
  });

  it("closes a client that does not read with 1013, once more waits for it than may", async () => {
    let handler!: Echo;
    const { Handler } = recording({
      open(this: Echo) {
        handler = this;
      },
    });
    const { port } = await serving([["/ws", Handler]], { websocketMaxQueuedBytes: 100_000 });
    const websocket = await RawWebSocket.open(port);
    websocket.socket.pause();

    let sent = 0;
    let failure: unknown;
    while (failure === undefined && sent < 1000) {
      void handler.writeMessage("x".repeat(100_000)).catch((error: unknown) => {
        failure = error;
      });
      sent++;
      await new Promise(setImmediate);
    }
    websocket.socket.resume();

    expect(failure).toBeInstanceOf(WebSocketClosedError);
    expect((await websocket.transcript()).at(-1)).toBe("close 1013");
  });

  it.each<[string, () => object]>([
    ["a typed array", () => Uint16Array.of(1, 2)],
    ["a view", () => new DataView(Uint8Array.of(0, 1, 0, 2, 0).buffer, 1)],
    ["an ArrayBuffer", () => Uint8Array.of(1, 0, 2, 0).buffer],
  ])("sends the bytes of %s", async (_, make) => {
    const { Handler } = recording({
      open(this: Echo) {
        return this.writeMessage(make());
      },
    });
    const { connect } = await serving([["/ws", Handler]]);

    expect(await (await connect()).readMessage()).toEqual(Buffer.from([1, 0, 2, 0]));
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, 1.5])(
    "opens none with a maxMessageSize of %s, which would be no limit",
    async (size) => {
      const { Handler } = recording();
      Object.defineProperty(Handler.prototype, "maxMessageSize", { value: size });
      const { connect, log } = await serving([["/ws", Handler]]);

      await expect(connect()).rejects.toMatchObject({ code: 500 });
      expect(log[0]).toMatch(/Uncaught exception/);
    },
  );

  it("is a 500 with compression that zlib does not have", async () => {
    const { Handler } = recording({ getCompressionOptions: () => ({ compressionLevel: 10 }) });
    const { connect } = await serving([["/ws", Handler]]);

    await expect(connect("/ws", { compressionOptions: {} })).rejects.toMatchObject({ code: 500 });
  });

  it("pings, and closes with 1011 when no answer comes", async () => {
    const { Handler, calls } = recording();
    const { port, connect } = await serving([["/ws", Handler]], {
      websocketPingInterval: 0.02,
      websocketPingTimeout: 0.02,
    });
    const answering = await connect();
    const silent = await RawWebSocket.open(port);

    const lines = await silent.transcript();

    expect(lines).toEqual(["ping", "close 1011"]);
    while (!calls.includes("onPong ")) await new Promise((resolve) => setTimeout(resolve, 5));
    await answering.writeMessage("still there");
  });

  it("does not take a callback that takes long for a client that is gone", async () => {
    const { Handler } = recording({
      async onMessage(this: Echo, message: string) {
        await new Promise((resolve) => setTimeout(resolve, 120));
        await this.writeMessage(message);
      },
    });
    const { connect } = await serving([["/ws", Handler]], { websocketPingInterval: 0.02 });
    const connection = await connect();

    await connection.writeMessage("slow");

    expect(await connection.readMessage()).toBe("slow");
  });
});

describe("the end of a server", () => {
  it("closes its WebSockets with 1001, and waits for them", async () => {
    const { Handler, closed, calls } = recording();
    const app = new Application([["/ws", Handler]]);
    const { connect, port } = await serving(app as never);
    const connections = await Promise.all([connect(), connect(), connect()]);
    const { HTTPServer } = await import("../../../src/core/http/server.js");
    void port;

    const server = new HTTPServer(app);
    const drained = await server.drain({ lingerMs: 0, deadlineMs: 5000 });
    await closed;

    expect(drained).toEqual({ cut: 0 });
    expect(connections.map(({ closeCode }) => closeCode)).toEqual([1001, 1001, 1001]);
    expect(calls.filter((call) => call.startsWith("onClose"))).toHaveLength(3);
  });

  it("drops those that do not answer by the deadline, and says how many", async () => {
    const { Handler } = recording();
    const app = new Application([["/ws", Handler]]);
    const { port } = await serving(app as never);
    const websocket = await RawWebSocket.open(port);

    const drained = await app.drain(50);

    expect(drained).toEqual({ cut: 1 });
    expect((await websocket.transcript())[0]).toBe("close 1001");
  });

  it("closes them with another code for another reason", async () => {
    const { Handler } = recording();
    const app = new Application([["/ws", Handler]]);
    const { connect } = await serving(app as never);
    const connection = await connect();

    await app.closeWebSockets(1012, "A new version starts");

    expect(await connection.readMessage()).toBe(null);
    expect([connection.closeCode, connection.closeReason]).toEqual([1012, "A new version starts"]);
  });
});
