import type { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { HTTPHeaders } from "../../../src/core/http/headers.js";
import type { HTTPServerRequest } from "../../../src/core/http/request.js";
import { sendRaw } from "../../support/raw-http.js";
import { answer, Conversation, RecordingDelegate, serve, transport } from "./serve.js";

const handshake = (path = "/", ...lines: string[]) =>
  [`GET ${path} HTTP/1.1`, "Host: a", "Connection: Upgrade", "Upgrade: WebSocket", ...lines, "\r\n"].join("\r\n");

/** Echoes in capitals, under any protocol. */
function upgradeAndEcho(request: HTTPServerRequest): Duplex {
  const socket = request.connection.detach();
  socket.on("error", () => {});
  socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
  socket.on("data", (chunk: Buffer) => socket.write(chunk.toString().toUpperCase()));
  socket.on("end", () => socket.end());
  return socket;
}

describe("a WebSocket's handshake", () => {
  it.each([400, 403, 404, 426])("can be answered like any request, with %d", async (code) => {
    const server = await serve((request) => answer(request.connection, "no", { A: "1" }, code));

    const text = await sendRaw(server.port, handshake());

    expect(text).toMatch(
      new RegExp(`^HTTP/1\\.1 ${code} .*\r\nA: 1\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno$`),
    );
  });

  it("can be answered later", async () => {
    const server = await serve((request) => void setTimeout(() => answer(request.connection, "late"), 10));

    expect(await sendRaw(server.port, handshake())).toMatch(/late$/);
  });

  it("hands over the socket, the bytes already received first", async () => {
    const server = await serve((request) => void upgradeAndEcho(request));
    const conversation = await Conversation.open(server);

    conversation.send(`${handshake()}early`);
    await conversation.until("EARLY");
    conversation.send("later");

    expect(await conversation.until("LATER")).toBe("HTTP/1.1 101 Switching Protocols\r\n\r\nEARLYLATER");
    expect(server.connectionCount).toBe(0);
  });

  it("hands over the socket after a while, and then nothing of HTTP happens to it", async () => {
    const delegate = new RecordingDelegate({
      finish: () => void setTimeout(() => upgradeAndEcho({ connection: delegate.connection } as HTTPServerRequest), 10),
    });
    const server = await serve(delegate);
    const conversation = await Conversation.open(server);

    conversation.send(`${handshake()}early`);
    await conversation.until("EARLY");
    conversation.socket.end();
    await conversation.end();

    expect(delegate.calls).toEqual(["headersReceived GET /", "finish"]);
  });

  it.each([0, 10])("hands over a stream that can be read in any way, %d ms later", async (delayMs) => {
    let text = "";
    const ways: ((socket: Duplex) => unknown)[] = [
      (socket) => socket.on("data", (chunk) => (text += String(chunk))),
      (socket) => socket.on("readable", () => (text += String(socket.read() ?? ""))),
      async (socket) => {
        for await (const chunk of socket) text += String(chunk);
      },
      (socket) => socket.setEncoding("hex").on("data", (chunk) => (text += chunk === "61" ? "a" : chunk)),
    ];

    for (const read of ways) {
      let detached = false;
      const server = await serve(({ connection }) => {
        const socket = connection.detach().on("error", () => {});
        detached = true;
        if (delayMs === 0) read(socket);
        else setTimeout(read, delayMs, socket);
      });
      const conversation = await Conversation.open(server);
      conversation.send(handshake());
      while (!detached) await new Promise(setImmediate);
      conversation.send("a");
      text = "";
      while (text === "") await new Promise(setImmediate);

      expect(text).toBe("a");
    }
  });

  it("may be given away before its delegate fails, which is nobody's business any more", async () => {
    const delegate = new RecordingDelegate({
      async headersReceived() {
        upgradeAndEcho({ connection: delegate.connection } as HTTPServerRequest);
        await null;
        throw new Error("too late");
      },
    });
    const server = await serve(delegate);
    const conversation = await Conversation.open(server);

    conversation.send(`${handshake()}early`);

    expect(await conversation.until("EARLY")).toMatch(/^HTTP\/1\.1 101 /);
  });

  it("waits for the answers to the requests before it", async () => {
    const server = await serve((request) => {
      if (request.uri === "/ws") upgradeAndEcho(request);
      else setTimeout(() => answer(request.connection, "first."), 10);
    });
    const conversation = await Conversation.open(server);

    conversation.send(`GET / HTTP/1.1\r\nHost: a\r\n\r\n${handshake("/ws")}early`);

    expect(await conversation.until("EARLY")).toMatch(/first\.HTTP\/1\.1 101 .*EARLY$/s);
  });

  it("answers 500 when its handler throws", async () => {
    const server = await serve(() => {
      throw new Error("broken");
    });

    expect(await sendRaw(server.port, handshake())).toMatch(/^HTTP\/1\.1 500 /);
  });

  it("is refused when it is ambiguous", async () => {
    const server = await serve((request) => void upgradeAndEcho(request));

    expect(await sendRaw(server.port, handshake("/", "Host: b"))).toBe("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
});

describe("an upgrade to a protocol that nobody handles", () => {
  it("is served as a plain request (RFC 9110, section 7.8)", async () => {
    const server = await serve((request) => answer(request.connection, `plain ${request.body}`));

    const text = await sendRaw(
      server.port,
      "POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\nContent-Length: 4\r\n\r\nbody",
    );

    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nplain body$/);
  });

  it("keeps the connection, but over node:http, which has lost what came in the same packet", async () => {
    const server = await serve((request) => answer(request.connection, `<${request.uri}>`));
    const conversation = await Conversation.open(server);
    const offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n";

    conversation.send(
      `GET /1 HTTP/1.1\r\nHost: a\r\n${offer}\r\nGET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    );

    const answered = (await conversation.end()).match(/<.*?>|Connection: close/g);
    expect(answered).toEqual(
      transport() === "node" ? ["Connection: close", "</1>"] : ["</1>", "Connection: close", "</2>"],
    );
  });

  it("closes the connection of a client that wanted a WebSocket, whatever the path", async () => {
    const server = await serve((request) => answer(request.connection, `${request.uri}.`));

    const text = await sendRaw(server.port, `${handshake("/1")}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`);

    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\n\/1\.$/);
  });

  it("is the end of HTTP when a handler answers 101 and takes no socket", async () => {
    const asked: string[] = [];
    const server = await serve((request) => {
      asked.push(request.uri);
      request.connection.writeHeaders({ code: 101, reason: "Switching Protocols" }, new HTTPHeaders({ Upgrade: "a" }));
      request.connection.finish();
    });

    const text = await sendRaw(
      server.port,
      "GET /1 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
    );

    expect(text).toBe("HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\n\r\n");
    expect(asked).toEqual(["/1"]);
  });

  it("has its body read even if the protocol is websocket", async () => {
    const server = await serve((request) => answer(request.connection, `plain ${request.body}`));
    const lines = "Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 4\r\n\r\nbody";

    expect(await sendRaw(server.port, `POST / HTTP/1.1\r\n${lines}`)).toMatch(/plain body$/);
    expect(await sendRaw(server.port, `GET / HTTP/1.1\r\n${lines}`)).toMatch(/plain body$/);
  });
});

describe("detach", () => {
  it("hands over the socket of a plain request too", async () => {
    const server = await serve((request) => void upgradeAndEcho(request));
    const conversation = await Conversation.open(server);

    conversation.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await conversation.until("101");
    conversation.send("GET / HTTP/1.1\r\n\r\n\0\x01 not http");
    await conversation.until("NOT HTTP");
    conversation.socket.end();

    await conversation.end();
  });

  it("is refused once the response has been finished", async () => {
    let thrown: unknown;
    const server = await serve((request) => {
      answer(request.connection, "done");
      try {
        request.connection.detach();
      } catch (error) {
        thrown = error;
      }
    });

    await sendRaw(server.port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

    expect(thrown).toMatchObject({ name: "HTTPOutputError" });
  });
});
