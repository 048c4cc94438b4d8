/** Sends generated streams to a server over real sockets, with TLS or without, and holds what it serves against the reference parser. */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { HTTPHeaders } from "../../../../../src/core/http/headers.js";
import type { HTTPServerRequest } from "../../../../../src/core/http/request.js";
import { HTTPServer } from "../../../../../src/core/http/server.js";
import { subscribeToLog } from "../../../../../src/core/log.js";
import { certificateIn } from "../../../../../src/dev/certificate.js";
import { temporaryFolder } from "../../../../support/temporary-folder.js";
import { smallLimits } from "./comparison.js";
import { chooseCuts, type FuzzResult } from "./fuzz.js";
import { generateStream } from "./generator.js";
import { Randomness } from "./randomness.js";
import { type ReferenceRequest, readWithReference } from "./reference-parser.js";

export type Wire = "tcp" | "tls";

/** So many clients talk at once. */
const clientCount = 8;

/** What the application was asked on one connection: each request in a line. */
type Asked = string[];

/** Compares so many streams, or until `isOver`. */
export async function fuzzSockets(
  wire: Wire,
  seed: number,
  count: number,
  isOver: () => boolean = () => false,
): Promise<FuzzResult> {
  const askedBy = new Map<number, Asked>();
  const server = await listen(wire, askedBy);
  // Thousands of refusals are meant here.
  const unsubscribe = subscribeToLog(() => true);
  const random = new Randomness(seed);
  let streams = 0;
  let failure: string | undefined;
  const talk = async () => {
    while (streams < count && failure === undefined && !isOver()) {
      const number = streams++;
      const stream = generateStream(random);
      const cuts = chooseCuts(stream.length, random);
      const asked: Asked = [];
      const text = await converse(open(wire, server.port), stream, cuts, (port) => askedBy.set(port, asked));
      const what = difference(stream, asked, statusesIn(text));
      if (what !== undefined)
        failure ??= `stream ${number} of seed ${seed} over ${wire}: ${JSON.stringify(stream)}: ${what}`;
    }
  };
  try {
    await Promise.all(Array.from({ length: clientCount }, talk));
  } finally {
    unsubscribe();
    server.stop();
    await server.closeAllConnections();
  }
  return { streams, failure };
}

async function listen(wire: Wire, askedBy: ReadonlyMap<number, Asked>): Promise<HTTPServer> {
  await using folder = await temporaryFolder("fuzz");
  const sizes = { maxHeaderSize: smallLimits.maxHeaderBytes, maxHeaderCount: smallLimits.maxHeaderCount };
  // A machine that is busy with other things must not make a difference.
  const times = { headerTimeout: 3600, minBodyRate: 0, minDrainRate: 0 };
  const sslOptions = wire === "tls" ? await certificateIn(folder.path, []) : undefined;
  let count = 0;
  const application = (request: HTTPServerRequest) => {
    askedBy.get((request.connection.socket as Socket).remotePort!)!.push(lineOf(request));
    // Half of the answers come later, while more is read.
    if (count++ % 2 === 0) answer(request);
    else setImmediate(() => answer(request));
  };
  return await new HTTPServer(application, { ...sizes, ...times, ...(sslOptions && { sslOptions }) }).listen(
    0,
    "127.0.0.1",
  );
}

function answer({ connection }: HTTPServerRequest): void {
  connection.writeHeaders({ code: 200, reason: "OK" }, new HTTPHeaders({ "Content-Length": "0" }));
  connection.finish();
}

function open(wire: Wire, port: number): Socket {
  const where = { port, host: "127.0.0.1" };
  return wire === "tls" ? connectTls({ ...where, rejectUnauthorized: false }) : connect(where);
}

/** Sends the pieces, each in a turn of its own, and then its end; gives all that comes until the server closes. */
async function converse(
  socket: Socket,
  stream: string,
  cuts: readonly number[],
  opened: (port: number) => void,
): Promise<string> {
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await once(socket, "connect");
  opened(socket.localPort!);
  socket.setNoDelay(true);
  let start = 0;
  for (const end of [...cuts, stream.length]) {
    if (socket.destroyed) break;
    await new Promise((resolve) => socket.write(stream.slice(start, end), "latin1", resolve));
    start = end;
  }
  socket.end();
  await closed;
  return text;
}

function statusesIn(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => Number(match[1])).filter((status) => status >= 200);
}

function lineOf({ method, uri, version, body }: HTTPServerRequest): string {
  return JSON.stringify([method, uri, version, body.toString("latin1")]);
}

/** Says what differs from what the reference parser makes of it; `undefined` if nothing does. */
function difference(stream: string, asked: Asked, statuses: readonly number[]): string | undefined {
  const { requests, end } = readWithReference(stream, smallLimits);
  // Behind a WebSocket's handshake that is not taken, nothing is served: that is policy, and not the grammar's.
  const last = requests.findIndex(wantsWebSocket);
  const expected = (last === -1 ? requests : requests.slice(0, last + 1)).filter(({ isComplete }) => isComplete);
  const lines = expected.map(({ method, path, minor, body }) =>
    JSON.stringify([method, path, `HTTP/1.${minor}`, body]),
  );
  if (asked.join("\n") !== lines.join("\n")) return `the application was asked ${asked.join()}, not ${lines.join()}`;

  const answered = statuses.filter((status) => status === 200).length;
  const refusals = statuses.filter((status) => status !== 200);
  if (answered !== lines.length) return `${lines.length} requests, answered ${statuses.join()}`;
  const isServedToItsEnd = last !== -1 && requests[last]!.isComplete;
  const right = isServedToItsEnd || end.kind === "end" ? [] : end.kind === "refused" ? end.statuses : undefined;
  const isAllowed =
    right === undefined
      ? refusals.length <= 1
      : refusals.length === Math.min(1, right.length) && refusals.every((status) => right.includes(status));
  return isAllowed ? undefined : `answered ${statuses.join()}, where ${end.kind} was expected`;
}

function wantsWebSocket({ hasUpgrade, fields }: ReferenceRequest): boolean {
  return hasUpgrade && fields.some(([name, value]) => /^upgrade$/i.test(name) && /websocket/i.test(value));
}
