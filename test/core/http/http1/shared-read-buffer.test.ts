/** Sockets that read into the buffer of all: what is kept of it must be a copy, and a socket that is given away a stream as any. */

import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { readIntoSharedBuffer } from "../../../../src/core/http/http1/shared-read-buffer.js";
import type { HTTPServerRequest } from "../../../../src/core/http/request.js";
import type { HTTPServer } from "../../../../src/core/http/server.js";
import { Application } from "../../../../src/core/web/application.js";
import { websocketConnect } from "../../../../src/core/websocket/websocket-connect.js";
import { WebSocketHandler } from "../../../../src/core/websocket/websocket-handler.js";
import { answer, Conversation, RecordingDelegate, serve } from "../serve.js";

const turn = () => new Promise(setImmediate);
const upgrade = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n";
const digestOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Accepts one connection, and gives both its ends. */
async function acceptOne(): Promise<{ accepted: Socket; client: Socket }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const client = connect(port, "127.0.0.1");
  const [accepted] = (await once(server, "connection")) as [Socket];
  onTestFinished(() => {
    accepted.destroy();
    client.destroy();
    server.close();
  });
  return { accepted, client };
}

/** A server that gives the sockets of all requests away, as an upgrade does. */
async function detaching(): Promise<{ server: HTTPServer; detached: Promise<Duplex> }> {
  let give!: (socket: Duplex) => void;
  const detached = new Promise<Duplex>((resolve) => {
    give = resolve;
  });
  const server = await serve(({ connection }: HTTPServerRequest) => give(connection.detach()));
  return { server, detached };
}

/** Digests the bodies that it gets, and waits now and then before it takes the next piece. */
class SlowDigest extends RecordingDelegate {
  readonly #hash = createHash("sha256");
  #pieces = 0;

  override async dataReceived(chunk: Buffer): Promise<void> {
    // Looked at late, when the next piece would have overwritten what is not its own.
    if (++this.#pieces % 3 === 0) await turn();
    this.#hash.update(chunk);
  }

  override finish(): void {
    answer(this.connection, this.#hash.digest("hex"));
  }
}

describe("readIntoSharedBuffer", () => {
  it.runIf(process.platform === "linux")("works on this Node for a socket that was accepted", async () => {
    const { accepted, client } = await acceptOne();
    let text = "";

    const isShared = readIntoSharedBuffer(accepted, function (count, bytes) {
      text += bytes.toString("latin1", 0, count);
      this.end();
      return true;
    });
    client.write("hello");
    await once(client.resume(), "end");

    expect(isShared).toBe(true);
    expect(text).toBe("hello");
  });

  it("leaves alone a socket that has no handle, is none of Node's own, or reads so already", async () => {
    const { accepted } = await acceptOne();
    const own = Object.setPrototypeOf(new Socket(), class extends Socket {}.prototype) as Socket;
    readIntoSharedBuffer(accepted, () => true);

    const results = [new Socket(), own, accepted].map((socket) => readIntoSharedBuffer(socket, () => true));

    expect(results).toEqual([false, false, false]);
  });

  it("leaves alone a socket whose handle cannot do it", async () => {
    const { accepted, client } = await acceptOne();
    (accepted as unknown as { _handle: { useUserBuffer: unknown } })._handle.useUserBuffer = undefined;

    const isShared = readIntoSharedBuffer(accepted, () => true);
    client.write("hello");

    expect(isShared).toBe(false);
    expect(String(await once(accepted, "data"))).toBe("hello");
  });
});

describe("a socket of ours that reads into the shared buffer", () => {
  it.runIf(process.platform === "linux")("has no data listener", async () => {
    let listeners = -1;
    const server = await serve(({ connection }) => {
      listeners = connection.socket.listenerCount("data");
      answer(connection, "x");
    });
    const conversation = await Conversation.open(server);

    conversation.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await conversation.until("x");

    expect(listeners).toBe(0);
  });

  it("loses nothing of requests that wait for their turn while others are read", async () => {
    const server = await serve((request) => void setImmediate(() => answer(request.connection, `<${request.uri}>`)));
    const conversations = await Promise.all(Array.from({ length: 8 }, () => Conversation.open(server)));

    for (const [i, { socket }] of conversations.entries()) {
      for (let n = 0; n < 10; n++) {
        socket.write(`GET /${i}-${n}a HTTP/1.1\r\nHost: a\r\n\r\nGET /${i}-${n}b HTTP/1.1\r\nHo`);
        await turn();
        socket.write("st: a\r\n\r\n");
      }
    }
    for (const [i, conversation] of conversations.entries()) {
      while (!conversation.received.includes(`</${i}-9b>`)) await turn();
    }

    for (const [i, { received }] of conversations.entries()) {
      const expected = Array.from({ length: 10 }, (_, n) => [`</${i}-${n}a>`, `</${i}-${n}b>`]).flat();
      expect(received.match(/<.*?>/g)).toEqual(expected);
    }
  });

  it.each(["Content-Length", "chunked"])(
    "gives slow handlers unspoilt bodies, several at once: %s",
    async (framing) => {
      const server = await serve({ startRequest: (connection) => new SlowDigest().startRequest(connection) });
      const uploads = Array.from({ length: 3 }, () => randomBytes(7 * 1024 * 1024));

      const digests = await Promise.all(
        uploads.map(async (bytes) => {
          const conversation = await Conversation.open(server);
          const { socket } = conversation;
          const isChunked = framing === "chunked";
          const field = isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${bytes.length}`;
          socket.write(`POST / HTTP/1.1\r\nHost: a\r\n${field}\r\nConnection: close\r\n\r\n`);
          for (let at = 0; at < bytes.length; at += 100_003) {
            const piece = bytes.subarray(at, at + 100_003);
            if (isChunked) socket.write(`${piece.length.toString(16)}\r\n`);
            if (!socket.write(piece)) await once(socket, "drain");
            if (isChunked) socket.write("\r\n");
          }
          if (isChunked) socket.write("0\r\n\r\n");
          return (await conversation.end()).split("\r\n\r\n")[1];
        }),
      );

      expect(digests).toEqual(uploads.map(digestOf));
    },
  );

  it("keeps whole bodies apart from what is read after them", async () => {
    const bodies: Buffer[] = [];
    const server = await serve((request) => {
      bodies.push(request.body);
      answer(request.connection, "ok");
    });
    const conversation = await Conversation.open(server);

    for (const letter of ["a", "b", "c"]) {
      conversation.received = "";
      conversation.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n${letter.repeat(2000)}`);
      await conversation.until("ok");
    }

    expect(bodies.map(String)).toEqual(["a", "b", "c"].map((letter) => letter.repeat(2000)));
  });

  it("is a stream as any when it was given away: what came behind the head comes first", async () => {
    const { server, detached } = await detaching();
    const conversation = await Conversation.open(server);

    conversation.send(`${upgrade}one `);
    const socket = await detached;
    const received: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => received.push(chunk));
    conversation.send("two ");
    await once(socket, "data");
    conversation.send("three");
    while (Buffer.concat(received).length < 13) await once(socket, "data");

    expect(Buffer.concat(received).toString()).toBe("one two three");
  });

  it("is a stream as any when it was given away: it can be piped back, however slow the other end", async () => {
    const { server, detached } = await detaching();
    const client = connect({ port: server.port, host: "127.0.0.1", allowHalfOpen: true });
    onTestFinished(() => void client.destroy());
    const bytes = randomBytes(5 * 1024 * 1024);

    client.write(upgrade);
    const socket = await detached;
    const echoing = pipeline(socket, socket);
    client.end(bytes);
    const received: Buffer[] = [];
    for await (const chunk of client) {
      received.push(chunk as Buffer);
      if (received.length % 16 === 0) await turn();
    }
    await echoing;

    expect(digestOf(Buffer.concat(received))).toBe(digestOf(bytes));
  });

  it("is a stream as any when it was given away: paused, it is not read on, and nothing is lost", async () => {
    const { server, detached } = await detaching();
    const conversation = await Conversation.open(server);
    conversation.send(upgrade);
    const socket = await detached;
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      socket.pause();
      setImmediate(() => socket.resume());
    });
    const ended = once(socket, "end");
    const bytes = randomBytes(2 * 1024 * 1024);

    conversation.socket.end(bytes);
    await ended;

    expect(digestOf(Buffer.concat(chunks))).toBe(digestOf(bytes));
  });

  it("is a stream as any when it was given away: one can read from it, and put back", async () => {
    const { server, detached } = await detaching();
    const conversation = await Conversation.open(server);
    conversation.send(`${upgrade}abc`);
    const socket = await detached;
    conversation.send("defgh");

    let text = "";
    socket.on("readable", () => {
      const chunk = socket.read() as Buffer | null;
      if (chunk === null) return;
      if (text === "") {
        text = "?";
        socket.unshift(chunk);
      } else text += String(chunk);
    });
    while (!text.endsWith("h")) await turn();

    expect(text).toBe("?abcdefgh");
  });

  it("carries the large messages of several WebSockets at once", async () => {
    class Echo extends WebSocketHandler {
      override onMessage(message: string | Buffer): void {
        this.writeMessage(message, { binary: true });
      }
    }
    const server = await serve(new Application([["/", Echo]], { logFunction: () => {} }));
    const connections = await Promise.all(
      Array.from({ length: 3 }, () => websocketConnect(`ws://127.0.0.1:${server.port}/`)),
    );

    for (let round = 0; round < 4; round++) {
      const messages = connections.map(() => randomBytes(900_000));
      const echoes = await Promise.all(
        connections.map(async (connection, i) => {
          await connection.writeMessage(messages[i]!, { binary: true });
          return (await connection.readMessage()) as Buffer;
        }),
      );

      expect(echoes.map(digestOf)).toEqual(messages.map(digestOf));
    }
    for (const connection of connections) connection.close();
  });
});
