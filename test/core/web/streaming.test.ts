import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { streamRequestBody } from "../../../src/core/web/decorators.js";
import type { HandlerClass } from "../../../src/core/web/handler-class.js";
import { HTTPError } from "../../../src/core/web/http-error.js";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import { openSocket, parseResponse } from "../../support/raw-http.js";
import { serveApp } from "./serve-app.js";

const head = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";

function streaming<Class extends HandlerClass>(handlerClass: Class): Class {
  streamRequestBody(handlerClass as never);
  return handlerClass;
}

async function collect(socket: Awaited<ReturnType<typeof openSocket>>): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(socket, "close");
  return Buffer.concat(chunks).toString("latin1");
}

describe("a streamed request body", () => {
  it("arrives in pieces after prepare, held back while one is being taken, and before the method", async () => {
    const events: string[] = [];
    let isTaking = false;
    class Upload extends RequestHandler {
      override async prepare() {
        await Promise.resolve();
        events.push("prepare");
      }
      override async dataReceived(chunk: Buffer) {
        expect(isTaking).toBe(false);
        isTaking = true;
        await new Promise(setImmediate);
        isTaking = false;
        events.push(chunk.toString());
      }
      post() {
        events.push("post");
        this.write(`body=${this.request.body.length}`);
      }
    }
    await using served = await serveApp([["/", streaming(Upload)]]);
    const socket = await openSocket(served.port);
    const answer = collect(socket);

    socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n`);
    const response = parseResponse(await answer);

    expect(response.body).toBe("body=0");
    expect(events[0]).toBe("prepare");
    expect(events.slice(1, -1).join("")).toBe("onetwo");
    expect(events.at(-1)).toBe("post");
  });

  it.each<[string, (handler: RequestHandler) => void | Promise<void>]>([
    [
      "at once",
      () => {
        throw new HTTPError(403);
      },
    ],
    [
      "later",
      async () => {
        throw new HTTPError(403);
      },
    ],
  ])("ends with an answer when dataReceived throws %s", async (_, fail) => {
    class Refusing extends RequestHandler {
      override dataReceived() {
        return fail(this);
      }
      post() {}
    }
    await using served = await serveApp([["/", streaming(Refusing)]]);
    const socket = await openSocket(served.port);
    const answer = collect(socket);

    socket.write(`${head}Content-Length: 3\r\n\r\nabc`);

    expect(parseResponse(await answer).status).toBe(403);
  });

  it("is not waited for when prepare has answered", async () => {
    class Early extends RequestHandler {
      override prepare() {
        throw new HTTPError(401);
      }
      post() {}
    }
    await using served = await serveApp([["/", streaming(Early)]]);
    const socket = await openSocket(served.port);
    const answer = collect(socket);

    socket.write(`${head}Content-Length: 1000\r\n\r\nabc`);

    expect(parseResponse(await answer).status).toBe(401);
  });

  it("does not keep the next request waiting when there is none, and an async prepare has answered at once", async () => {
    class Early extends RequestHandler {
      override async prepare() {
        void this.finish(this.request.path);
      }
    }
    await using served = await serveApp([["/.*", streaming(Early)]]);
    const socket = await openSocket(served.port);
    const answer = collect(socket);

    socket.write("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(socket, "data");
    socket.write("GET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

    expect(await answer).toMatch(/\/1HTTP.*\/2$/s);
  });

  it("can be limited by prepare", async () => {
    class Limited extends RequestHandler {
      override prepare() {
        this.request.connection.setMaxBodySize(2);
      }
      override dataReceived() {}
      post() {
        this.write("accepted");
      }
    }
    await using served = await serveApp([["/", streaming(Limited)]]);
    const socket = await openSocket(served.port);
    const answer = collect(socket);

    socket.write(`${head}Content-Length: 3\r\n\r\nabc`);

    expect(parseResponse(await answer).status).toBe(413);
  });

  it("tells the handler when the client leaves half-way, and finishes quietly", async () => {
    let finished!: () => void;
    const isFinished = new Promise<void>((resolve) => {
      finished = resolve;
    });
    const events: string[] = [];
    class Upload extends RequestHandler {
      override dataReceived() {
        events.push("data");
      }
      override onConnectionClose() {
        events.push("close");
      }
      post() {
        events.push("post");
      }
      override onFinish() {
        finished();
      }
    }
    await using served = await serveApp([["/", streaming(Upload)]]);
    const socket = await openSocket(served.port);
    const log = served.log;

    socket.write(`${head}Content-Length: 1000\r\n\r\nabc`);
    while (events.length === 0) await new Promise(setImmediate);
    socket.destroy();
    await isFinished;

    expect(events).toEqual(["data", "close"]);
    expect(log.filter((line) => line.startsWith("error"))).toEqual([]);
  });
});

describe("detach", () => {
  it("hands over the connection", async () => {
    class Upgrade extends RequestHandler {
      get() {
        const socket = this.detach();
        socket.end("something else entirely");
      }
    }
    await using served = await serveApp([["/", Upgrade]]);
    const socket = await openSocket(served.port);
    const answer = collect(socket);

    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");

    expect(await answer).toBe("something else entirely");
  });
});
