import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { HTTPConnection } from "../../../src/core/http/connection.js";
import { HTTPHeaders } from "../../../src/core/http/headers.js";
import { HTTPOutputError } from "../../../src/core/http/http-input-error.js";
import { HTTPServer } from "../../../src/core/http/server.js";
import { openSocket, parseResponse, sendRaw } from "../../support/raw-http.js";
import { answer, Conversation, counting, RecordingDelegate, serve } from "./serve.js";

const get = (path: string, ...lines: string[]) =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\n${lines.map((l) => `${l}\r\n`).join("")}\r\n`;
const ok = { code: 200, reason: "OK" };

/** Serves one function that is given the connection. */
const serveConnection = (handle: (connection: HTTPConnection) => void, options = {}) =>
  serve((request) => handle(request.connection), options);

describe("a response", () => {
  it("consists of what the handler gave, and of nothing else", async () => {
    const server = await serveConnection((connection) =>
      answer(connection, "hello", { "x-Mixed-CASE": "1", Server: "T" }),
    );
    const conversation = await Conversation.open(server);

    conversation.send(get("/"));

    expect(await conversation.until("hello")).toBe(
      "HTTP/1.1 200 OK\r\nx-Mixed-CASE: 1\r\nServer: T\r\nContent-Length: 5\r\n\r\nhello",
    );
  });

  it("says Connection: close when the client asked for it, and closes", async () => {
    const server = await serveConnection((connection) => answer(connection, "hello"));

    const text = await sendRaw(server.port, get("/", "Connection: close"));

    expect(text).toBe("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
  });

  it("closes every connection of a server with noKeepAlive", async () => {
    const server = await serveConnection((connection) => answer(connection, "hello"), { noKeepAlive: true });

    expect(await sendRaw(server.port, get("/"))).toContain("Connection: close\r\n");
  });

  it("lets the handler close the connection by its own header", async () => {
    const server = await serveConnection((connection) => answer(connection, "hello", { connection: "close" }));

    expect(await sendRaw(server.port, get("/"))).toBe(
      "HTTP/1.1 200 OK\r\nconnection: close\r\nContent-Length: 5\r\n\r\nhello",
    );
  });

  it("is chunked when its length is not known", async () => {
    const server = await serveConnection((connection) => {
      connection.writeHeaders(ok, new HTTPHeaders());
      connection.write("hello ");
      connection.write("");
      connection.write(Buffer.from("world"));
      connection.finish();
    });

    const text = await sendRaw(server.port, get("/", "Connection: close"));

    expect(parseResponse(text).header("Transfer-Encoding")).toBe("chunked");
    // Node 26 makes one chunk of what is written in one turn.
    expect(text).toMatch(/\r\n\r\n(?:6\r\nhello \r\n5\r\nworld|b\r\nhello world)\r\n0\r\n\r\n$/);
  });

  it("is sent when the handler pauses, headers alone or with a first piece", async () => {
    const connections: HTTPConnection[] = [];
    const server = await serveConnection((connection) => {
      connections.push(connection);
      connection.writeHeaders(ok, new HTTPHeaders({ A: "1" }), connections.length === 1 ? undefined : "first");
    });
    const conversation = await Conversation.open(server);

    conversation.send(get("/1"));
    await conversation.until("A: 1\r\n");
    connections[0]!.finish();
    await conversation.until("0\r\n\r\n");
    conversation.send(get("/2"));

    expect(await conversation.until("first")).toContain("5\r\nfirst\r\n");
  });

  it("has no body for HEAD, 204 and 304, and no chunked framing either", async () => {
    const server = await serve((request) => {
      const code = request.uri === "/" ? 200 : Number(request.uri.slice(1));
      request.connection.writeHeaders({ code, reason: "X" }, new HTTPHeaders());
      request.connection.finish();
    });
    const conversation = await Conversation.open(server);

    conversation.send(`HEAD / HTTP/1.1\r\nHost: a\r\n\r\n${get("/204")}${get("/304", "Connection: close")}`);

    expect(await conversation.end()).toBe(
      "HTTP/1.1 200 X\r\n\r\nHTTP/1.1 204 X\r\n\r\nHTTP/1.1 304 X\r\nConnection: close\r\n\r\n",
    );
  });

  it("keeps the Content-Length of HEAD and drops its body", async () => {
    const server = await serveConnection((connection) => answer(connection, "hello"));
    const conversation = await Conversation.open(server);

    conversation.send(`HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);

    expect(await conversation.end()).toBe("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n");
  });

  it("has no body for HEAD even if its delegate throws", async () => {
    const server = await serve(() => {
      throw new Error("broken");
    });

    const text = await sendRaw(server.port, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");

    expect(text).toMatch(/^HTTP\/1\.1 500 .*Content-Length: \d\d.*\r\n\r\n$/s);
  });

  it("ends with the connection for HTTP/1.0 when its length is not known", async () => {
    const server = await serveConnection((connection) => {
      connection.writeHeaders(ok, new HTTPHeaders(), "hello");
      connection.finish();
    });

    expect(await sendRaw(server.port, "GET / HTTP/1.0\r\nConnection: keep-alive\r\nTE: chunked\r\n\r\n")).toBe(
      "HTTP/1.1 200 OK\r\n\r\nhello",
    );
  });

  it("does not look complete when it is cut, though only the end of the connection would end it", async () => {
    let connection: HTTPConnection | undefined;
    const server = await serveConnection((given) => {
      connection = given;
      given.writeHeaders(ok, new HTTPHeaders(), "half of");
    });
    const conversation = await Conversation.open(server);
    const failure = once(conversation.socket, "error");

    conversation.send("GET / HTTP/1.0\r\n\r\n");
    // A client on libuv takes a reset for an end when it comes together with data.
    await conversation.until("half of");
    connection?.cut();

    expect(await failure).toMatchObject([{ code: "ECONNRESET" }]);
  });

  it("keeps an HTTP/1.0 connection open when asked to and its length is known", async () => {
    const server = await serve(counting().application);
    const conversation = await Conversation.open(server);

    conversation.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    expect(await conversation.until("hello /1")).toContain("Connection: Keep-Alive\r\n");
    conversation.send("GET /2 HTTP/1.0\r\n\r\n");

    expect(await conversation.end()).toMatch(/hello \/2$/);
  });

  it("sends header values beyond latin-1 as UTF-8 and the others as they are, with any kind of body", async () => {
    const server = await serve((request) => {
      const headers = new HTTPHeaders({ A: "é", B: "€" });
      if (request.uri !== "/chunked") headers.set("Content-Length", "2");
      const body = request.uri === "/bytes" ? Buffer.from("é") : "é";
      request.connection.writeHeaders(ok, headers, request.uri === "/late" ? undefined : body);
      if (request.uri === "/late") setImmediate(() => request.connection.write(body));
      setImmediate(() => request.connection.finish());
    });

    for (const path of ["/text", "/bytes", "/chunked", "/late"]) {
      const text = await sendRaw(server.port, get(path, "Connection: close"));

      expect(text).toContain(`A: \xe9\r\nB: ${Buffer.from("€").toString("latin1")}\r\n`);
      expect(text).toContain("\xc3\xa9");
    }
  });

  it.each([
    ["more bytes than promised at once", "1", ["ab"]],
    ["more bytes than promised later", "3", ["ab", "cd"]],
    ["fewer bytes than promised", "5", ["ab"]],
    ["no bytes though some are promised", "5", []],
    ["a Content-Length that is none", "five", ["hello"]],
    ["a Content-Length with a sign", "+5", ["hello"]],
  ])("cuts the connection and throws for %s", async (_what, length, chunks) => {
    let thrown: unknown;
    const server = await serveConnection((connection) => {
      try {
        connection.writeHeaders(ok, new HTTPHeaders({ "Content-Length": length }), chunks[0]);
        for (const chunk of chunks.slice(1)) connection.write(chunk);
        connection.finish();
      } catch (error) {
        thrown = error;
      }
    });

    const text = await sendRaw(server.port, get("/"));

    expect(thrown).toBeInstanceOf(HTTPOutputError);
    expect(text).not.toMatch(/cd|hello/);
  });

  it.each([
    [200, "OK\r\nSet-Cookie: a=b"],
    [200, "€"],
    [99, "Low"],
    [Number.NaN, "None"],
  ])(
    "throws for the status line %d %j while another answer is still possible (CVE-2025-67724)",
    async (code, reason) => {
      const server = await serveConnection((connection) => {
        try {
          connection.writeHeaders({ code, reason }, new HTTPHeaders());
        } catch (error) {
          answer(connection, (error as Error).name, {}, 500);
        }
      });

      const text = await sendRaw(server.port, get("/", "Connection: close"));

      expect(text).toMatch(/^HTTP\/1\.1 500 .*HTTPOutputError$/s);
    },
  );

  it("calls back for each piece that has left, in order", async () => {
    const called: string[] = [];
    const server = await serveConnection((connection) => {
      connection.writeHeaders(ok, new HTTPHeaders(), "a", () => called.push("a"));
      connection.write("b", () => called.push("b"));
      connection.finish(() => called.push("end"));
    });

    await sendRaw(server.port, get("/", "Connection: close"));

    expect(called).toEqual(["a", "b", "end"]);
  });

  it("does not call back for a piece while its client does not read: this is the back-pressure of downloads", async () => {
    const piece = Buffer.alloc(1024 * 1024);
    let taken = 0;
    let isOver = false;
    const server = await serveConnection((connection) => {
      const next = (error?: Error | null): void => {
        if (error) isOver = true;
        else if (++taken < 200) connection.write(piece, next);
      };
      connection.writeHeaders(ok, new HTTPHeaders(), piece, next);
    });
    const socket = connect(server.port, "127.0.0.1");
    socket.pause();
    socket.on("error", () => {});
    onTestFinished(() => void socket.destroy());

    socket.write(get("/"));
    // The kernel's buffers take a few megabytes; when nothing has moved for many turns, they are full.
    let before = -1;
    for (let still = 0; still < 50; still = taken === before ? still + 1 : 0) {
      before = taken;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }

    expect(taken).toBeLessThan(150);
    expect(isOver).toBe(false);
    socket.destroy();
    while (!isOver) await new Promise(setImmediate);
  });
});

describe("a connection", () => {
  it("serves requests one after another", async () => {
    const server = await serve(counting().application);
    const conversation = await Conversation.open(server);

    for (const path of ["/1", "/2", "/3"]) {
      conversation.send(get(path));
      await conversation.until(`hello ${path}`);
    }

    expect(conversation.received.match(/200 OK/g)).toHaveLength(3);
  });

  it("serves pipelined requests strictly in order, each when the one before is answered", async () => {
    const log: string[] = [];
    const server = await serve((request) => {
      log.push(`start ${request.uri}`);
      setImmediate(() => {
        log.push(`end ${request.uri}`);
        answer(request.connection, `hello ${request.uri}.`);
      });
    });
    const conversation = await Conversation.open(server);

    conversation.send(get("/1") + get("/2") + get("/3", "Connection: close") + get("/4"));
    const text = await conversation.end();

    expect(text.match(/hello ..\./g)).toEqual(["hello /1.", "hello /2.", "hello /3."]);
    expect(log).toEqual(["start /1", "end /1", "start /2", "end /2", "start /3", "end /3"]);
  });

  it("serves on behind a request that was answered before the promise of its headers is kept", async () => {
    const server = await serve({
      startRequest: (connection) => ({
        async headersReceived({ path }) {
          answer(connection, path);
          await null;
        },
        dataReceived() {},
        finish() {},
        onConnectionClose() {},
      }),
    });
    const conversation = await Conversation.open(server);

    for (const path of ["/1", "/2"]) {
      conversation.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      await conversation.until(path);
    }
    conversation.send("GET /3 HTTP/1.1\r\nHost: a\r\n\r\nGET /4 HTTP/1.1\r\nHost: a\r\n\r\n");

    expect(await conversation.until("/4")).toMatch(/\/3HTTP/);
  });

  it("serves thousands of pipelined requests without a deep stack or a long queue", async () => {
    const counter = counting();
    const server = await serve(counter.application);
    const conversation = await Conversation.open(server);

    conversation.send(get("/").repeat(5000) + get("/last", "Connection: close"));
    await conversation.end();

    expect(counter.asked).toBe(5001);
  });

  it("serves the requests behind a slow one though it stopped reading", async () => {
    let slow: HTTPConnection | undefined;
    const server = await serve((request) => {
      if (request.uri === "/slow") slow = request.connection;
      else answer(request.connection, `hello ${request.uri}`);
    });
    const conversation = await Conversation.open(server);

    conversation.send(get("/slow") + get("/").repeat(2000) + get("/last"));
    while (slow === undefined) await new Promise(setImmediate);
    answer(slow, "slow");

    await conversation.until("hello /last");
  });

  it("tells the handler once when the client leaves before it is answered", async () => {
    const delegate = new RecordingDelegate({ finish() {} });
    const server = await serve(delegate);
    const conversation = await Conversation.open(server);

    conversation.send(get("/"));
    while (!delegate.calls.includes("finish")) await new Promise(setImmediate);
    conversation.socket.destroy();
    await delegate.closed;

    expect(delegate.calls).toEqual(["headersReceived GET /", "finish", "onConnectionClose"]);
  });

  it("does not tell the handler of a client that leaves after it was answered", async () => {
    const delegate = new RecordingDelegate();
    const server = await serve(delegate);
    const conversation = await Conversation.open(server);

    conversation.send(get("/"));
    await conversation.until("done");
    conversation.socket.destroy();
    while (server.connectionCount > 0) await new Promise(setImmediate);

    expect(delegate.calls).toEqual(["headersReceived GET /", "finish"]);
  });

  it("gives an error to the callbacks of what is written to a client that has left", async () => {
    const delegate = new RecordingDelegate({ finish() {} });
    const server = await serve(delegate);
    const conversation = await Conversation.open(server);

    conversation.send(get("/"));
    while (!delegate.calls.includes("finish")) await new Promise(setImmediate);
    conversation.socket.resetAndDestroy();
    await delegate.closed;
    const error = await new Promise((resolve) => {
      delegate.connection.writeHeaders(ok, new HTTPHeaders(), "hello", resolve);
    });
    delegate.connection.finish();

    expect(error).toMatchObject({ code: "ECONNRESET" });
  });

  it("answers 500 and goes on serving others when a delegate throws", async () => {
    const server = await serve((request) => {
      if (request.uri === "/bad") throw new Error("broken");
      answer(request.connection, "fine");
    });

    expect(await sendRaw(server.port, get("/bad"))).toMatch(/^HTTP\/1\.1 500 .*Connection: close/s);
    expect(await sendRaw(server.port, get("/", "Connection: close"))).toMatch(/fine$/);
  });

  it("answers 500 when a delegate's promise is rejected", async () => {
    const server = await serve(new RecordingDelegate({ headersReceived: () => Promise.reject(new Error("broken")) }));

    expect(await sendRaw(server.port, get("/"))).toMatch(/^HTTP\/1\.1 500 /);
  });

  it("refuses to answer twice", async () => {
    const errors: unknown[] = [];
    const server = await serveConnection((connection) => {
      answer(connection, "hello");
      for (const again of [() => connection.write("x"), () => connection.finish(), () => answer(connection, "x")]) {
        try {
          again();
        } catch (error) {
          errors.push(error);
        }
      }
    });

    expect(await sendRaw(server.port, get("/", "Connection: close"))).toMatch(/hello$/);
    expect(errors).toEqual([expect.any(HTTPOutputError), expect.any(HTTPOutputError), expect.any(HTTPOutputError)]);
  });

  it("knows the client's address and protocol", async () => {
    const server = await serveConnection((connection) =>
      answer(connection, `${connection.remoteIp} ${connection.protocol}`),
    );

    expect(await sendRaw(server.port, get("/", "X-Real-Ip: 9.9.9.9", "Connection: close"))).toMatch(
      /127\.0\.0\.1 http$/,
    );
  });

  it("believes a proxy's headers with xheaders, for one request each", async () => {
    const server = await serveConnection(
      (connection) => answer(connection, `${connection.remoteIp} ${connection.protocol}.`),
      { xheaders: true },
    );
    const conversation = await Conversation.open(server);

    conversation.send(get("/", "X-Forwarded-For: 4.4.4.4, 5.5.5.5", "X-Scheme: https"));
    await conversation.until("5.5.5.5 https.");
    conversation.send(get("/"));

    await conversation.until("127.0.0.1 http.");
  });

  it("believes only the proxies that xheaders lists", async () => {
    const server = await serveConnection((connection) => answer(connection, connection.remoteIp), {
      xheaders: ["10.0.0.0/8"],
    });

    expect(await sendRaw(server.port, get("/", "X-Real-Ip: 9.9.9.9", "Connection: close"))).toMatch(/127\.0\.0\.1$/);
  });

  it("says what the protocol option says", async () => {
    const server = await serveConnection((connection) => answer(connection, connection.protocol), {
      protocol: "https",
    });

    expect(await sendRaw(server.port, get("/", "Connection: close"))).toMatch(/https$/);
  });
});

describe("time limits", () => {
  it("answers 408 when the headers do not arrive in time", async () => {
    const server = await serve(counting().application, { headerTimeout: 0.05 });
    const conversation = await Conversation.open(server);

    conversation.send("GET / HTTP/1.1\r\nHost:");

    expect(await conversation.end()).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
  });

  it("says nothing when not even a first byte arrives", async () => {
    const server = await serve(counting().application, { headerTimeout: 0.05 });
    const conversation = await Conversation.open(server);

    expect(await conversation.end()).toBe("");
  });

  it("closes a kept-alive connection that asks nothing", async () => {
    const server = await serve(counting().application, { idleConnectionTimeout: 0.05 });
    const conversation = await Conversation.open(server);

    conversation.send(get("/"));

    expect(await conversation.end()).toMatch(/hello \/$/);
  });

  it("answers 408 when the body does not arrive in time", async () => {
    const delegate = new RecordingDelegate();
    const server = await serve(delegate, { bodyTimeout: 0.05 });
    const conversation = await Conversation.open(server);

    conversation.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");

    expect(await conversation.end()).toMatch(/^HTTP\/1\.1 408 /);
    expect(delegate.calls).toEqual(["headersReceived POST /", "dataReceived 5", "onConnectionClose"]);
  });

  it("does not count the time that a handler takes", async () => {
    const server = await serve((request) => void setTimeout(() => answer(request.connection, "slow"), 1500), {
      idleConnectionTimeout: 0.05,
      headerTimeout: 0.05,
      bodyTimeout: 0.05,
    });

    expect(await sendRaw(server.port, get("/", "Connection: close"))).toMatch(/slow$/);
  });
});

describe("HTTPServer", () => {
  it("says in one sentence that a port is in use", async () => {
    const first = await serve(counting().application);

    await expect(new HTTPServer(counting().application).listen(first.port, "127.0.0.1")).rejects.toMatchObject({
      code: "PORT_IN_USE",
      message: expect.stringContaining(`Port ${first.port} is in use.`),
      cause: { code: "EADDRINUSE" },
    });
  });

  it("says that an address is not this machine's", async () => {
    await expect(new HTTPServer(counting().application).listen(0, "192.0.2.1")).rejects.toMatchObject({
      code: "ADDRESS_NOT_AVAILABLE",
    });
  });

  it("listens on several ports", async () => {
    const server = await serve(counting().application);
    const first = server.port;
    const second = new HTTPServer(counting().application);
    await second.listen(0, "127.0.0.1");
    const free = second.port;
    second.stop();
    await server.listen(free, "127.0.0.1");

    expect(await sendRaw(first, get("/", "Connection: close"))).toMatch(/hello/);
    expect(await sendRaw(free, get("/", "Connection: close"))).toMatch(/hello/);
  });

  it("stops accepting at once and answers what is open", async () => {
    const server = await serve(counting().application);
    const { port } = server;
    const conversation = await Conversation.open(server);
    conversation.send(get("/1"));
    await conversation.until("hello /1");

    server.stop();
    server.stop();
    conversation.send(get("/2"));

    await conversation.until("hello /2");
    await expect(openSocket(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("cuts every connection by closeAllConnections", async () => {
    const delegate = new RecordingDelegate({ finish() {} });
    const server = await serve(delegate);
    const conversation = await Conversation.open(server);
    conversation.send(get("/"));
    while (!delegate.calls.includes("finish")) await new Promise(setImmediate);

    server.stop();
    await server.closeAllConnections();

    expect(server.connectionCount).toBe(0);
    expect(await conversation.end()).toBe("");
    expect(delegate.calls.at(-1)).toBe("onConnectionClose");
  });
});
