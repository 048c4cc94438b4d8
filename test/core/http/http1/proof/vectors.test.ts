/** The table of vectors over real sockets: what each transport answers, whether the application is called, and who closes. */

import { describe, expect, it } from "vitest";
import { openSocket } from "../../../../support/raw-http.js";
import { answer, serve } from "../../serve.js";
import { refused, served, type Vector } from "./vectors.js";

/** Ends a connection that is kept: whoever still listens answers it. */
const probe = "GET /probe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/**
 * Vectors that hold for our own transport only. node:http has read these messages before anything of ours sees them: it forgives the
 * first six and does not tell, reads the bodies and trailers of the next seven by its own rules, knows a fixed list of methods, takes a
 * stray body for a malformed request before it asks for the answer, and loses what came in one packet behind an upgrade.
 */
const notOverNode = new Set([
  "two spaces behind the method",
  "two spaces before the version",
  "a request line of HTTP/0.9",
  "a request line of HTTP/0.9 with fields",
  "RTSP/1.0",
  "a line feed before the request line",
  "20 kB of blanks in a value",
  "a chunk size of 2^53",
  "a chunk size of 300 zeros",
  "many chunk extensions of 1 kB together",
  "Host among the trailers",
  "Authorization among the trailers",
  "101 trailers",
  "a lower-case method",
  "a method that nobody knows",
  "a method of all other token characters",
  "a method that is a property of objects",
  "bytes above ASCII in the target, as Tornado",
  "blanks around a chunk extension",
  "more bytes than the length says",
  "an upgrade that nobody takes",
  "an upgrade that nobody takes, and a request behind it",
  "an upgrade that nobody takes, with a body",
]);

/** Final statuses of the answers so far; bodies of this test hold no status line. */
function statusesIn(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => Number(match[1])).filter((status) => status >= 200);
}

/** Sends a vector, and a probe behind it once it is answered; tells the statuses and what the application was called with. */
async function exchange(vector: Vector, transport: "sockets" | "node") {
  const asked: string[] = [];
  const server = await serve(
    (request) => {
      asked.push(request.path);
      answer(request.connection, request.method === "HEAD" ? "" : "hello");
    },
    { transport, maxBodySize: 1_000_000 },
  );
  const socket = await openSocket(server.port);
  let text = "";
  let hasProbed = false;
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    if (vector.isKept && !hasProbed && statusesIn(text).length >= vector.statuses.length) {
      hasProbed = true;
      socket.write(probe);
    }
  });
  socket.write(Buffer.from(vector.bytes, "latin1"));
  await new Promise((resolve) => socket.once("close", resolve));
  return { statuses: statusesIn(text), asked };
}

describe.each(["sockets", "node"] as const)("over the transport %s, a message", (transport) => {
  const holds = ({ what }: Vector) => transport === "sockets" || !notOverNode.has(what);
  const titled = (vectors: readonly Vector[]) => vectors.filter(holds).map((vector) => [vector.what, vector] as const);

  it.each(titled(refused))("is refused before the application is called: %s", async (_what, vector) => {
    const { statuses, asked } = await exchange(vector, transport);

    expect(asked).toEqual([]);
    // One answer and no more: what follows an ambiguous message is nobody's request.
    expect(statuses).toHaveLength(1);
    expect([vector.statuses[0]].flat()).toContain(statuses[0]);
  });

  it.each(titled(served))("means one thing, and is served: %s", async (_what, vector) => {
    const { statuses, asked } = await exchange(vector, transport);

    const expected = [...vector.statuses, ...(vector.isKept ? [200] : [])];
    expect(statuses).toHaveLength(expected.length);
    for (const [i, status] of expected.entries()) expect([status].flat()).toContain(statuses[i]);
    expect(asked).toHaveLength(vector.calls + (vector.isKept ? 1 : 0));
    expect(asked).not.toContain("/smuggled");
  });
});
