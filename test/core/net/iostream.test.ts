import { once } from "node:events";
import { openSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { BaseIOStream } from "../../../src/core/net/base-iostream.js";
import { IOStream, PipeIOStream } from "../../../src/core/net/iostream.js";
import {
  StreamBufferFullError,
  StreamClosedError,
  UnsatisfiableReadError,
} from "../../../src/core/net/stream-errors.js";
import type { IOStreamOptions } from "../../../src/core/net/stream-limits.js";
import { Application } from "../../../src/core/web/application.js";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import { run } from "../../support/program.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const servers: Server[] = [];
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** A stream, and the plain socket at its other end. */
async function pair(options: IOStreamOptions = {}): Promise<{ stream: IOStream; peer: Socket }> {
  const server = createServer({ allowHalfOpen: true });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const peer = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [accepted] = (await once(server, "connection")) as [Socket];
  peer.on("error", () => {});
  sockets.push(peer, accepted);
  return { stream: new IOStream(accepted, options), peer };
}

const text = async (reading: Promise<Buffer>) => (await reading).toString();

/** Lets what was sent arrive: the answer to a byte in the other direction comes behind it. */
async function arrived(stream: IOStream, peer: Socket): Promise<void> {
  await new Promise<void>((resolve) => {
    peer.once("data", () => resolve());
    void stream.write("!");
  });
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe("reading", () => {
  it("gives what was asked for, and keeps the rest", async () => {
    const { stream, peer } = await pair();
    peer.write("GET / HTTP/1.1\r\nHost: a\r\n\r\nbody and more");

    expect(await text(stream.readUntil("\r\n"))).toBe("GET / HTTP/1.1\r\n");
    expect(await text(stream.readUntilRegex(/\r?\n\r?\n/))).toBe("Host: a\r\n\r\n");
    expect(await text(stream.readBytes(4))).toBe("body");
    const target = Buffer.alloc(4);
    expect(await stream.readInto(target)).toBe(4);
    expect(target.toString()).toBe(" and");
    expect(await text(stream.readBytes(100, { partial: true }))).toBe(" more");
    expect(await text(stream.readBytes(0))).toBe("");
  });

  it("gives the same however the bytes are cut", async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("bytes" as const), bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }) }),
      fc.record({
        kind: fc.constant("line" as const),
        bytes: fc.uint8Array({ max: 9, maxLength: 40 }).map((one) => Uint8Array.from([...one, 13, 10])),
      }),
      fc.record({
        kind: fc.constant("regex" as const),
        bytes: fc.uint8Array({ min: 11, max: 255, maxLength: 40 }).map((one) => Uint8Array.from([...one, 10, 10])),
      }),
      fc.record({ kind: fc.constant("into" as const), bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.array(fc.nat({ max: 30 }), { maxLength: 30 }), check),
      { numRuns: 60 },
    );

    async function check(steps: { kind: "bytes" | "line" | "regex" | "into"; bytes: Uint8Array }[], cuts: number[]) {
      const { stream, peer } = await pair();
      const all = Buffer.concat(steps.map(({ bytes }) => bytes));
      const sending = (async () => {
        let rest = all;
        for (const cut of cuts) {
          peer.write(rest.subarray(0, cut));
          rest = rest.subarray(cut);
          await new Promise((resolve) => setImmediate(resolve));
        }
        peer.end(rest);
      })();
      for (const { kind, bytes } of steps) {
        const got = {
          bytes: () => stream.readBytes(bytes.length),
          line: () => stream.readUntil("\r\n"),
          regex: () => stream.readUntilRegex(/\n\n/),
          into: async () => {
            const target = Buffer.alloc(bytes.length);
            expect(await stream.readInto(target)).toBe(bytes.length);
            return target;
          },
        }[kind];
        expect(await got()).toEqual(Buffer.from(bytes));
      }
      expect(await text(stream.readUntilClose())).toBe("");
      await sending;
      peer.destroy();
    }
  });

  it("finds a delimiter that is cut at every place", async () => {
    for (let cut = 1; cut < 6; cut++) {
      const { stream, peer } = await pair();
      const reading = stream.readUntil("--end-");
      peer.write(`x${"--end-".slice(0, cut)}`);
      await arrived(stream, peer);
      peer.write("--end-".slice(cut));

      expect(await text(reading)).toBe("x--end-");
    }
  });

  it("refuses a second read while one waits", async () => {
    const { stream, peer } = await pair();
    const first = stream.readBytes(1);

    await expect(stream.readBytes(1)).rejects.toMatchObject({ code: "ALREADY_READING" });
    expect(stream.reading()).toBe(true);
    peer.write("a");
    expect(await text(first)).toBe("a");
    expect(stream.reading()).toBe(false);
  });

  it("takes everything until the other end closes", async () => {
    const { stream, peer } = await pair();
    const reading = stream.readUntilClose();
    peer.write("a".repeat(200_000));
    peer.end("b");

    expect((await reading).length).toBe(200_001);
    expect(stream.closed()).toBe(true);
    expect(stream.error).toBeNull();
  });

  it("gives what has arrived even after the other end has closed, and then the error", async () => {
    const { stream, peer } = await pair();
    peer.end("one\ntwo\n");
    await once(peer, "finish");
    const closed = new Promise<void>((resolve) => stream.setCloseCallback(resolve));

    expect(await text(stream.readUntil("\n"))).toBe("one\n");
    expect(await text(stream.readUntil("\n"))).toBe("two\n");
    await expect(stream.readUntil("\n")).rejects.toBeInstanceOf(StreamClosedError);
    await closed;
  });

  it("can answer one who has stopped sending", async () => {
    const { stream, peer } = await pair();
    peer.end("ping\n");
    const line = await stream.readUntil("\n");
    const [answer] = (await Promise.all([once(peer, "data"), stream.write(line)]))[0] as [Buffer];

    expect(answer.toString()).toBe("ping\n");
  });

  it.each([
    ["readUntil", (stream: IOStream) => stream.readUntil("\n", { maxBytes: 5 })],
    ["readUntilRegex", (stream: IOStream) => stream.readUntilRegex(/\n/, { maxBytes: 5 })],
  ])("%s closes the stream when the end does not come within maxBytes", async (_, read) => {
    for (const [sent, isFound] of [
      ["1234\n", true],
      ["12345\n", false],
      ["123456", false],
    ] as const) {
      const { stream, peer } = await pair();
      peer.write(sent);
      const outcome = await read(stream).then(
        (line) => line.toString(),
        (error: StreamClosedError) => error.realError,
      );

      if (isFound) expect(outcome).toBe(sent);
      else expect(outcome).toBeInstanceOf(UnsatisfiableReadError);
      expect(stream.closed()).toBe(!isFound);
    }
  });

  it("closes the stream when a read needs more memory than it may use", async () => {
    const { stream, peer } = await pair({ maxBufferSize: 1000 });
    peer.write("a".repeat(5000));

    await expect(stream.readUntil("\n")).rejects.toMatchObject({ realError: expect.any(StreamBufferFullError) });
    expect(stream.error).toBeInstanceOf(StreamBufferFullError);
  });

  it("reads into memory of the caller's more than the stream may hold", async () => {
    const { stream, peer } = await pair({ maxBufferSize: 1000 });
    const target = Buffer.alloc(300_000);
    peer.end("a".repeat(300_000));

    expect(await stream.readInto(target)).toBe(300_000);
    expect(target.every((byte) => byte === 97)).toBe(true);
  });

  it("lets the other end wait while nobody reads", async () => {
    const { stream, peer } = await pair();
    const size = 40 * 1024 * 1024;
    const sending = new Promise((resolve) => peer.end(Buffer.alloc(size), resolve as () => void));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(peer.writableLength).toBeGreaterThan(0);

    let read = 0;
    while (read < size) read += (await stream.readBytes(1024 * 1024, { partial: true })).length;
    await sending;

    expect(read).toBe(size);
  });

  it("takes as long for a delimiter far away as for the bytes before it", async () => {
    // 4 MB in pieces of 200 bytes: a search from the beginning at each of them would look at 40 GB.
    const { stream, peer } = await pair();
    const reading = stream.readUntil("\n");
    const piece = Buffer.alloc(200, 97);
    for (let count = 0; count < 20_000; count++) {
      if (!peer.write(piece)) await once(peer, "drain");
    }
    peer.write("\n");

    expect((await reading).length).toBe(4_000_001);
  });

  it.each([
    ["readBytes(-1)", (stream: IOStream) => stream.readBytes(-1)],
    ["readBytes(1.5)", (stream: IOStream) => stream.readBytes(1.5)],
    ['readUntil("")', (stream: IOStream) => stream.readUntil("")],
    ["maxBytes: NaN", (stream: IOStream) => stream.readUntil("a", { maxBytes: Number.NaN })],
  ])("refuses %s, and can be read on", async (_, read) => {
    const { stream, peer } = await pair();

    await expect(read(stream)).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
    peer.write("a");
    expect(await text(stream.readBytes(1))).toBe("a");
  });
});

describe("writing", () => {
  it("resolves when the system has taken the bytes", async () => {
    const { stream, peer } = await pair();
    let isDone = false;
    peer.pause();
    const writing = stream.write(Buffer.alloc(30 * 1024 * 1024)).then(() => {
      isDone = true;
    });
    expect(stream.writing()).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(isDone).toBe(false);

    peer.resume();
    await writing;

    expect(stream.writing()).toBe(false);
  });

  it("refuses more than may wait, and goes on", async () => {
    const { stream, peer } = await pair({ maxWriteBufferSize: 100 });

    await expect(stream.write("a".repeat(101))).rejects.toBeInstanceOf(StreamBufferFullError);
    await stream.write("ok");
    const [data] = (await once(peer, "data")) as [Buffer];
    expect(data.toString()).toBe("ok");
  });

  it("is refused on a closed stream", async () => {
    const { stream } = await pair();
    stream.close();

    await expect(stream.write("a")).rejects.toBeInstanceOf(StreamClosedError);
  });

  it("still sends what was written before close()", async () => {
    const { stream, peer } = await pair();
    const chunks: Buffer[] = [];
    peer.on("data", (chunk: Buffer) => chunks.push(chunk));
    void stream.write(Buffer.alloc(5_000_000));
    stream.close();
    await once(peer, "end");

    expect(Buffer.concat(chunks).length).toBe(5_000_000);
  });
});

describe("closing", () => {
  it("fails what waits, tells once, and says why", async () => {
    const { stream } = await pair();
    let told = 0;
    stream.setCloseCallback(() => told++);
    const reading = stream.readBytes(1);
    const reason = new Error("enough");
    stream.close(reason);
    stream.close();

    await expect(reading).rejects.toMatchObject({ name: "StreamClosedError", realError: reason });
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toBe(1);
    expect(stream.error).toBe(reason);
  });

  it("tells the reason of a reset", async () => {
    const { stream, peer } = await pair();
    const reading = stream.readBytes(1);
    peer.resetAndDestroy();

    await expect(reading).rejects.toMatchObject({ realError: { code: "ECONNRESET" } });
  });

  it("tells who has a callback that the other end has gone, though nobody reads", async () => {
    const { stream, peer } = await pair();
    const closed = new Promise<void>((resolve) => stream.setCloseCallback(resolve));
    peer.end();
    await closed;

    expect(stream.closed()).toBe(true);
  });

  it("tells a callback that comes too late at once", async () => {
    const { stream } = await pair();
    stream.close();

    await new Promise<void>((resolve) => stream.setCloseCallback(resolve));
  });

  it("does not end the process when nobody looks at what failed", async () => {
    const { stream } = await pair();
    void stream.readBytes(1);
    void stream.write("a");
    stream.close(new Error("unseen"));
    await new Promise((resolve) => setTimeout(resolve, 10));

    expect(stream.closed()).toBe(true);
  });
});

describe("connecting", () => {
  it("connects to a port and to a unix socket", async () => {
    await using folder = await temporaryFolder();
    for (const where of [{ port: 0, host: "127.0.0.1" }, { path: `${folder.path}/socket` }]) {
      const server = createServer((socket) => socket.end("hello"));
      servers.push(server);
      server.listen(where);
      await once(server, "listening");
      const address = server.address()!;
      const stream = new IOStream();
      await stream.connect(typeof address === "string" ? { path: address } : { port: address.port, host: "127.0.0.1" });

      expect(await text(stream.readUntilClose())).toBe("hello");
    }
  });

  it("says why it cannot", async () => {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    const stream = new IOStream();

    await expect(stream.connect({ port, host: "127.0.0.1" })).rejects.toMatchObject({
      name: "StreamClosedError",
      realError: { code: "ECONNREFUSED" },
    });
  });
});

it("goes on with the connection of a request that was detached", async () => {
  class Upgrade extends RequestHandler {
    async get() {
      const stream = new IOStream(this.detach() as Socket);
      await stream.write(await stream.readUntil("\n"));
      stream.close();
    }
  }
  const server = await new Application([["/", Upgrade]]).listen(0, { address: "127.0.0.1" });
  const client = await new IOStream().connect({ port: server.port, host: "127.0.0.1" });
  await client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\nearly ");
  await client.write("line\n");

  expect(await text(client.readUntilClose())).toBe("early line\n");
  server.stop();
});

it("refuses limits that are none", () => {
  expect(() => new IOStream(undefined, { maxBufferSize: 0 })).toThrow(
    expect.objectContaining({ code: "BAD_ARGUMENT" }),
  );
});

it("reads and writes pipes by their descriptors", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/pipe`;
  await run("mkfifo", [path]);
  const stream = new PipeIOStream(openSync(path, "r+"));

  await stream.write("through the pipe\n");

  expect(await text(stream.readUntil("\n"))).toBe("through the pipe\n");
  expect(stream).toBeInstanceOf(BaseIOStream);
  stream.close();
});
