import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { describe, expect, it } from "vitest";
import type { BodyPartLimits } from "../../../src/core/http/body-parts.js";
import { streamRequestBody } from "../../../src/core/web/decorators.js";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import { openSocket, parseResponse } from "../../support/raw-http.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { serveApp } from "./serve-app.js";

const type = "Content-Type: multipart/form-data; boundary=xyz";

function part(disposition: string, content: string): string {
  return `--xyz\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${content}\r\n`;
}

async function collect(socket: Awaited<ReturnType<typeof openSocket>>): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => {});
  await once(socket, "close");
  return Buffer.concat(chunks).toString("latin1");
}

describe("an upload that is read as it comes", () => {
  it("goes into files, its arguments beside them", async () => {
    await using folder = await temporaryFolder("uploads");
    @streamRequestBody
    class Upload extends RequestHandler {
      async post() {
        const seen: string[] = [];
        for await (const one of this.parts()) {
          if (one.filename === undefined) {
            seen.push(`${one.name}=${await one.text()}`);
          } else {
            await pipeline(one, createWriteStream(join(folder.path, "upload")));
            seen.push(`${one.name}: ${one.filename}, ${one.contentType}, ${one.size}`);
          }
        }
        this.write(seen.join("\n"));
      }
    }
    await using served = await serveApp([["/", Upload]]);
    const content = "0123456789".repeat(100_000);
    const body = `${part('name="title"', "Engines")}${part('name="file"; filename="../a.txt"', content)}${part('name="end"', "yes")}--xyz--\r\n`;

    const response = await served.request("POST /", [type], body);

    expect(response.body.split("\n")).toEqual([
      "title=Engines",
      "file: ../a.txt, application/unknown, 1000000",
      "end=yes",
    ]);
    expect(await readFile(join(folder.path, "upload"), "utf8")).toBe(content);
  });

  it("begins before the body has ended", async () => {
    let seen!: (text: string) => void;
    const firstPiece = new Promise<string>((resolve) => {
      seen = resolve;
    });
    @streamRequestBody
    class Upload extends RequestHandler {
      override async prepare() {
        await Promise.resolve();
      }
      async post() {
        for await (const one of this.parts()) {
          for await (const chunk of one) seen(chunk.toString());
        }
        this.write("done");
      }
    }
    await using served = await serveApp([["/", Upload]]);
    const socket = await openSocket(served.port);
    const answer = collect(socket);
    const begin = part('name="file"; filename="a"', "the beginning of a file that goes on");
    const length = begin.length + "--xyz--\r\n".length;

    socket.write(
      `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${type}\r\nContent-Length: ${length}\r\n\r\n${begin}`,
    );
    expect(await firstPiece).toContain("the beginning");
    socket.write("--xyz--\r\n");

    expect(parseResponse(await answer).body).toBe("done");
  });

  it("holds the client back while a piece is worked on", async () => {
    let release!: () => void;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let began!: () => void;
    const hasBegun = new Promise<void>((resolve) => {
      began = resolve;
    });
    @streamRequestBody
    class Upload extends RequestHandler {
      async post() {
        let size = 0;
        for await (const chunk of this.bodyChunks()) {
          began();
          await held;
          size += chunk.length;
        }
        this.write(String(size));
      }
    }
    await using served = await serveApp([["/", Upload]]);
    const socket = await openSocket(served.port);
    const answer = collect(socket);
    const total = 64 * 1024 * 1024;

    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${total}\r\n\r\n`);
    const piece = Buffer.alloc(1024 * 1024);
    let isDrained = true;
    let written = 0;
    while (isDrained && written < total) {
      isDrained = socket.write(piece);
      written += piece.length;
      if (!isDrained) isDrained = await Promise.race([once(socket, "drain").then(() => true), hasBegun.then(stuck)]);
    }
    // The kernel's buffers took some; the rest waits, since nobody reads.
    expect(socket.bytesWritten).toBeLessThan(total);
    release();
    while (written < total) {
      if (!socket.write(piece)) await once(socket, "drain");
      written += piece.length;
    }

    expect(parseResponse(await answer).body).toBe(String(total));

    /** Nothing has moved for many turns of the event loop. */
    async function stuck(): Promise<boolean> {
      let before = -1;
      for (let still = 0; still < 200; still++) {
        if (socket.bytesWritten !== before) still = 0;
        before = socket.bytesWritten;
        await new Promise(setImmediate);
      }
      return socket.writableLength === 0;
    }
  });

  it.each<[string, string, BodyPartLimits, number]>([
    ["a file over its limit", part('name="a"; filename="a"', "123456"), { maxFileSize: 5 }, 413],
    ["an argument over its limit", part('name="a"', "123456"), { maxFieldSize: 5 }, 413],
    ["too many parts", part('name="a"', "1").repeat(3), { maxParts: 2 }, 400],
    ["a broken part", "--xyz\r\nnonsense\r\n\r\n", {}, 400],
    ["no limit that is one", part('name="a"', "1"), { maxFileSize: Number.NaN }, 500],
  ])("is answered with the right status: %s", async (_, body, limits, status) => {
    @streamRequestBody
    class Upload extends RequestHandler {
      async post() {
        for await (const one of this.parts(limits)) for await (const _ of one);
      }
    }
    await using served = await serveApp([["/", Upload]]);

    expect((await served.request("POST /", [type], `${body}--xyz--\r\n`)).status).toBe(status);
    expect((await served.request("POST /", ["Content-Type: text/plain"], "text")).status).toBe(
      status === 500 ? 500 : 415,
    );
  });

  it("is limited by the rule, which may allow more than the server does", async () => {
    @streamRequestBody
    class Upload extends RequestHandler {
      async post() {
        let size = 0;
        for await (const chunk of this.bodyChunks()) size += chunk.length;
        this.write(String(size));
      }
    }
    await using served = await serveApp([
      ["/small", Upload, {}, { maxBodySize: 10 }],
      ["/large", Upload, {}, { maxBodySize: 1000 }],
    ]);

    expect((await served.request("POST /small", [], "x".repeat(11))).status).toBe(413);
    expect((await served.request("POST /large", [], "x".repeat(1000))).body).toBe("1000");
  });

  it("need not be read: the answer arrives all the same", async () => {
    @streamRequestBody
    class Indifferent extends RequestHandler {
      post() {
        this.write("no, thank you");
      }
    }
    await using served = await serveApp([["/", Indifferent]]);

    const response = await served.request("POST /", [], "x".repeat(1_000_000));

    expect(response.body).toBe("no, thank you");
  });

  it("ends the loop when the client leaves, and is no error in the log", async () => {
    let end!: (error: unknown) => void;
    const ended = new Promise<unknown>((resolve) => {
      end = resolve;
    });
    @streamRequestBody
    class Upload extends RequestHandler {
      async post() {
        try {
          for await (const one of this.parts()) for await (const _ of one) socket.destroy();
        } catch (error) {
          end(error);
          throw error;
        }
      }
    }
    await using served = await serveApp([["/", Upload]]);
    const socket = await openSocket(served.port);

    socket.write(
      `POST / HTTP/1.1\r\nHost: x\r\n${type}\r\nContent-Length: 1000\r\n\r\n${part('name="a"; filename="b"', "a long beginning of it")}`,
    );

    expect(await ended).toMatchObject({ name: "ClientGoneError" });
    expect(served.log.filter((line) => line.startsWith("error"))).toEqual([]);
  });

  it("comes by Application.fetch as well", async () => {
    @streamRequestBody
    class Upload extends RequestHandler {
      async post() {
        for await (const one of this.parts()) this.write(`${one.name}:${(await one.bytes()).length} `);
      }
    }
    await using served = await serveApp([["/", Upload]]);
    const form = new FormData();
    form.set("title", "Engines");
    form.set("file", new Blob(["x".repeat(200_000)]), "x.bin");

    const response = await served.app.fetch(new Request("http://localhost/", { method: "POST", body: form }));

    expect(await response.text()).toBe("title:7 file:200000 ");
  });

  it("cannot be read in prepare, nor by a handler that is not decorated, and says so", async () => {
    class Plain extends RequestHandler {
      post() {
        this.bodyChunks();
      }
    }
    @streamRequestBody
    class Early extends RequestHandler {
      override prepare() {
        this.parts();
      }
      post() {}
    }
    await using served = await serveApp([
      ["/plain", Plain],
      ["/early", Early],
    ]);

    expect((await served.request("POST /plain", [], "x")).status).toBe(500);
    expect((await served.request("POST /early", [], "x")).status).toBe(500);
  });
});
