/** Bodies that are not in memory as a whole, in both directions. */

import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { describe, expect, it } from "vitest";
import type { BodyWriter } from "../../../src/core/httpclient/http-request.js";
import { type Echo, echo, failure, listen, makeClient, serve, serveBytes } from "./servers.js";

describe("streamingCallback", () => {
  it("gets the body piece by piece, and the response has none", async () => {
    const url = await serve((_, response) => response.end("hello"));
    const pieces: Buffer[] = [];

    const response = await makeClient().fetch(url, { streamingCallback: (piece) => void pieces.push(piece) });

    expect(Buffer.concat(pieces).toString()).toBe("hello");
    expect(response.body.length).toBe(0);
  });

  it("holds the server back while its promise is pending", async () => {
    const total = 50_000_000;
    let sent = 0;
    const url = await serve((_, response) => {
      const pour = () => {
        while (sent < total) {
          sent += 100_000;
          if (!response.write(Buffer.alloc(100_000))) return;
        }
        response.end();
      };
      response.on("drain", pour);
      pour();
    });
    let goOn = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let received = 0;
    let sentBefore = 0;

    const fetched = makeClient().fetch(url, {
      streamingCallback: async (piece) => {
        if (received === 0) await held;
        received += piece.length;
      },
    });
    // What the buffers of both ends take is sent; then nothing more is.
    do {
      sentBefore = sent;
      await new Promise((resolve) => setTimeout(resolve, 20));
    } while (sent === 0 || sent !== sentBefore);
    const sentWhileHeld = sent;
    goOn();
    await fetched;

    expect(sentWhileHeld).toBeLessThan(total);
    expect(received).toBe(total);
  });

  it.each([
    ["streamingCallback", () => Promise.reject(new Error("full"))],
    [
      "streamingCallback",
      () => {
        throw new Error("full");
      },
    ],
    [
      "headerCallback",
      () => {
        throw new Error("full");
      },
    ],
  ])("ends the request with what %s throws", async (name, callback) => {
    const url = await serve((_, response) => response.end("hello"));
    const client = makeClient();

    const error = await failure(client.fetch(url, { [name]: callback }));

    expect(error.message).toBe("full");
    expect((await client.fetch(url)).text()).toBe("hello");
  });
});

describe("bodyProducer", () => {
  it.each<[string, Record<string, string>, string | undefined]>([
    ["in chunks", {}, undefined],
    ["with the length that is announced", { "Content-Length": "11" }, "11"],
  ])("writes the body %s", async (_, headers, length) => {
    const url = await serve(echo);

    const response = await makeClient().fetch(url, {
      method: "POST",
      headers,
      bodyProducer: async (write) => {
        await write("hello ");
        await write("");
        await write(Buffer.from("world"));
      },
    });

    const asked = response.json<Echo>();
    expect(asked.body).toBe("hello world");
    expect(asked.headers["content-length"]).toBe(length);
    expect(asked.headers["transfer-encoding"]).toBe(length === undefined ? "chunked" : undefined);
  });

  it("may write on before the piece before is taken", async () => {
    const url = await serve(echo);
    const piece = "x".repeat(70_000);

    const response = await makeClient().fetch(url, {
      method: "POST",
      bodyProducer: async (write) => {
        await Promise.all([write(piece), write(piece), write(piece)]);
      },
    });

    expect(response.json<Echo>().body.length).toBe(210_000);
  });

  it("is held back by a server that reads slowly, and loses nothing", async () => {
    const digest = createHash("sha256");
    const url = await serve(async (request, response) => {
      for await (const chunk of request) {
        digest.update(chunk as Buffer);
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    });
    const sent = createHash("sha256");

    await makeClient().fetch(url, {
      method: "PUT",
      bodyProducer: async (write) => {
        for (let number = 0; number < 200; number++) {
          const piece = Buffer.alloc(50_000, number);
          sent.update(piece);
          await write(piece);
        }
      },
    });

    expect(digest.digest("hex")).toBe(sent.digest("hex"));
  });

  it.each<[string, (write: BodyWriter) => void | Promise<void>, object]>([
    ["what it throws", () => Promise.reject(new Error("no disk")), { message: "no disk" }],
    [
      "what it throws behind a piece",
      async (write) => {
        await write("a");
        throw new Error("no disk");
      },
      { message: "no disk" },
    ],
    ["`request-body` when it writes less than it said", async (write) => write("abc"), { kind: "request-body" }],
    ["`request-body` when it writes more", async (write) => write("abcdefgh"), { kind: "request-body" }],
  ])("ends the request with %s", async (name, bodyProducer, expected) => {
    const url = await serve(echo);
    const headers: Record<string, string> = name.includes("request-body") ? { "Content-Length": "5" } : {};

    const error = await failure(makeClient().fetch(url, { method: "POST", headers, bodyProducer }));

    expect(error).toMatchObject(expected);
  });

  it("is told that the server takes no more, and the early answer arrives", async () => {
    // A server that closed at once would reset the connection, and with it lose the answer.
    const url = await serve((request, response) => {
      request.resume();
      response.writeHead(413).end("too much");
    });
    let told: unknown;
    let settled = () => {};
    const isTold = new Promise<void>((resolve) => {
      settled = resolve;
    });

    const response = await makeClient().fetch(url, {
      method: "POST",
      raiseError: false,
      bodyProducer: async (write) => {
        try {
          for (;;) await write(Buffer.alloc(100_000));
        } catch (error) {
          told = error;
          settled();
        }
      },
    });
    await isTold;

    expect(response).toMatchObject({ code: 413 });
    expect(response.text()).toBe("too much");
    expect(told).toMatchObject({ code: "EPIPE" });
  });
});

describe("expect100Continue", () => {
  it("sends the body when the server has agreed", async () => {
    const server = createServer(echo);
    let asked = 0;
    server.on("checkContinue", (request, response) => {
      asked++;
      response.writeContinue();
      void echo(request, response);
    });
    const url = await listen(server);
    const client = makeClient();

    const bytes = await client.fetch(url, { method: "POST", body: "hello", expect100Continue: true });
    const produced = await client.fetch(url, {
      method: "PUT",
      bodyProducer: (write) => write("hello"),
      expect100Continue: true,
    });

    expect([bytes, produced].map((response) => response.json<Echo>().body)).toEqual(["hello", "hello"]);
    expect(bytes.json<Echo>().headers).toMatchObject({ expect: "100-continue", "content-length": "5" });
    expect(asked).toBe(2);
  });

  it("does not send it to a server that refuses", async () => {
    let received = "";
    const server = createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (chunk) => {
        received += chunk.toString();
        if (received.endsWith("\r\n\r\n")) socket.end("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
      });
    });
    const url = await listen(server);
    let isAsked = false;

    const response = await makeClient().fetch(url, {
      method: "POST",
      bodyProducer: () => {
        isAsked = true;
      },
      expect100Continue: true,
      raiseError: false,
    });

    expect(response).toMatchObject({ code: 413 });
    expect(isAsked).toBe(false);
    expect(received).toMatch(/Expect: 100-continue\r\n/);
  });

  it("sends it after a while to a server that says nothing", async () => {
    const server = createTcpServer((socket) => {
      let received = "";
      socket.on("error", () => {});
      socket.on("data", (chunk) => {
        received += chunk.toString();
        if (received.endsWith("hello")) socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      });
    });

    const options = { method: "POST", body: "hello", expect100Continue: true };
    const response = await makeClient().fetch(await listen(server), options);

    expect(response.text()).toBe("ok");
  });

  it.each([
    ["sends interim responses without end", "HTTP/1.1 102 Processing\r\n\r\n".repeat(11)],
    ["changes the protocol", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"],
  ])("fails when the server %s", async (_, answer) => {
    const url = await serveBytes(answer, { end: false });

    const error = await failure(makeClient().fetch(url, { method: "POST", body: "hello", expect100Continue: true }));

    expect(error).toMatchObject({ kind: "malformed" });
  });

  it("keeps to the limits and timeouts of every request", async () => {
    const url = await serve((request, response) => {
      if (request.url === "/large") response.end(Buffer.alloc(1001));
    });
    const client = makeClient();
    const options = { method: "POST", body: "hello", expect100Continue: true, maxBodySize: 1000 };

    expect(await failure(client.fetch(`${url}/large`, options))).toMatchObject({ kind: "too-large" });
    expect(await failure(client.fetch(url, { ...options, requestTimeout: 0.5 }))).toMatchObject({
      kind: "request-timeout",
    });
    expect(await failure(client.fetch("http://127.0.0.1:1/", options))).toMatchObject({ kind: "refused" });
  });
});
