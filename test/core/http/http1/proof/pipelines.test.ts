/** Properties of generated exchanges over real sockets: whatever is sent by the grammar arrives as it was meant. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openSocket } from "../../../../support/raw-http.js";
import { answer, serve } from "../../serve.js";
import { fuzzSockets, type Wire } from "./socket-fuzz.js";

interface Message {
  readonly method: string;
  readonly path: string;
  readonly fields: readonly (readonly [string, string])[];
  /** In chunks, or with a length if it is one string. */
  readonly body: string | readonly string[];
  readonly extension: string;
  readonly trailers: readonly (readonly [string, string])[];
}

const characters = (text: string) => fc.constantFrom(...text);
const tokenCharacters = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const token = fc.string({ unit: characters(tokenCharacters), minLength: 1, maxLength: 12 });
/** Without blanks at its ends, which are not part of it. */
const value = fc
  .string({
    unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => (code === 0x7f ? "\t" : String.fromCharCode(code))),
    maxLength: 30,
  })
  .map((text) => text.replace(/^[ \t]+|[ \t]+$/g, ""));
/** A name of its own, so that no rule about a known field is met. */
const field = fc.tuple(
  token.map((name) => `X-${name}`),
  value,
);
const bytes = fc.string({
  unit: fc.integer({ min: 0, max: 0xff }).map((code) => String.fromCharCode(code)),
  maxLength: 60,
});
const path = fc.string({ unit: characters("/abc?=&%;:@._~-*+,'\"\\"), maxLength: 20 }).map((text) => `/${text}`);

const message: fc.Arbitrary<Message> = fc.record({
  method: token.filter((method) => method !== "CONNECT" && method !== "HEAD"),
  path,
  fields: fc.array(field, { maxLength: 6 }),
  body: fc.oneof(
    bytes,
    fc.array(
      bytes.filter((text) => text !== ""),
      { maxLength: 4 },
    ),
  ),
  extension: fc.oneof(
    fc.constant(""),
    token.map((name) => `;${name}`),
    fc.tuple(token, token).map(([name, text]) => ` ; ${name} = "${text};"`),
  ),
  trailers: fc.array(field, { maxLength: 2 }),
});

function write({ method, path: target, fields, body, extension, trailers }: Message): string {
  const lines = fields.map(([name, text]) => `${name}: ${text}\r\n`).join("");
  const head = `${method} ${target} HTTP/1.1\r\nHost: a\r\n${lines}`;
  if (typeof body === "string") return `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
  const chunks = body.map((chunk) => `${chunk.length.toString(16)}${extension}\r\n${chunk}\r\n`).join("");
  return `${head}Transfer-Encoding: chunked\r\n\r\n${chunks}0\r\n${trailers.map(([name, text]) => `${name}: ${text}\r\n`).join("")}\r\n`;
}

/** What the application should find in it. */
function meaning({ method, path: target, fields, body }: Message) {
  return {
    method,
    uri: target,
    fields: fields.map((pair) => [...pair]),
    body: typeof body === "string" ? body : body.join(""),
  };
}

describe("a pipeline of generated requests", () => {
  it("is answered in order, each as it was meant, in whatever pieces it comes", async () => {
    const asked: unknown[] = [];
    const server = await serve((request) => {
      asked.push({
        method: request.method,
        uri: request.uri,
        fields: [...request.headers].filter(([name]) => name.startsWith("X-")),
        body: request.body.toString("latin1"),
      });
      const number = String(asked.length);
      // Every other answer comes later, and must not be overtaken.
      if (asked.length % 2 === 0) answer(request.connection, number);
      else setImmediate(() => answer(request.connection, number));
    });

    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        async (messages, cuts) => {
          asked.length = 0;
          const last = "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
          const stream = Buffer.from(messages.map(write).join("") + last, "latin1");

          const text = await converse(server.port, stream, cuts);

          expect(asked.slice(0, -1)).toEqual(messages.map(meaning));
          const bodies = [...text.matchAll(/\r\n\r\n(\d+)/g)].map((match) => Number(match[1]));
          expect(bodies).toEqual(messages.concat([messages[0]!]).map((_, i) => i + 1));
        },
      ),
      { numRuns: 300, seed: 20_261_121 },
    );
  });

  it("never makes the server fail, whatever bytes are changed in it", async () => {
    const server = await serve((request) => answer(request.connection, "hello"));

    await fc.assert(
      fc.asyncProperty(message, fc.nat(), fc.nat(255), async (one, place, byte) => {
        const stream = Buffer.from(write(one), "latin1");
        stream[place % stream.length] = byte;

        const text = await converse(server.port, stream, [], true);

        expect(text).toMatch(/^(?:HTTP\/1\.1 (?:100|200|4\d\d|501|505) |$)/);
      }),
      { numRuns: 300, seed: 20_261_121 },
    );
    expect(server.connectionCount).toBeLessThan(10);
  });
});

describe("generated streams over real sockets", () => {
  it.each<[Wire, number]>([
    ["tcp", 2000],
    ["tls", 300],
  ])("are served as the reference parser reads them, over %s", async (wire, streams) => {
    expect(await fuzzSockets(wire, 20_261_121, streams)).toEqual({ streams, failure: undefined });
  });
});

/** Sends the bytes in pieces that are cut at the given places, and gives what comes until the server closes. */
async function converse(port: number, stream: Buffer, cuts: readonly number[], endsAfter = false): Promise<string> {
  const socket = await openSocket(port);
  socket.setNoDelay(true);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => {});
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const places = [...new Set(cuts.map((cut) => cut % stream.length))].sort((a, b) => a - b);
  let start = 0;
  for (const end of [...places, stream.length]) {
    await new Promise((resolve) => socket.write(stream.subarray(start, end), resolve));
    start = end;
  }
  if (endsAfter) socket.end();
  await closed;
  return Buffer.concat(chunks).toString("latin1");
}
