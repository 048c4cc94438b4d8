/**
 * Fuzzes our transport for longer than a test may: `node test/bench/fuzz-http.js [minutes] [seed] [reader|tcp|tls]`.
 *
 * Generated streams are read by the transport's reader, by the million, or sent to a server over real sockets, with TLS or without; and by the
 * reference parser of its tests, until the time is over or the two differ. It prints its seed, with which the same streams can be had
 * again, and one that shows a difference (for the reader, the least such); exits 1 on one.
 */

import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { loadTypeScript } from "./load-typescript.js";

const minutes = Number(process.argv[2] ?? 10);
const firstSeed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
const what = process.argv[4] ?? "reader";
if (!["reader", "tcp", "tls"].includes(what)) throw new Error(`${what} is not one of reader, tcp and tls.`);

const load = (file) => loadTypeScript(join(import.meta.dirname, "../core/http/http1/proof", file));
const deadline = performance.now() + minutes * 60_000;
const isOver = () => performance.now() >= deadline;
const { fuzz } = what === "reader" ? await load("fuzz.ts") : { fuzz: undefined };
const { fuzzSockets } = what === "reader" ? { fuzzSockets: undefined } : await load("socket-fuzz.ts");
const run = (seed) => fuzz?.(seed, 1_000_000, isOver) ?? fuzzSockets(what, seed, 1000, isOver);

console.log(`Seed ${firstSeed}, ${minutes} minutes, ${what}`);
let total = 0;
for (let seed = firstSeed; !isOver(); seed++) {
  const { streams, failure } = await run(seed);
  total += streams;
  if (failure !== undefined) {
    console.error(failure);
    process.exit(1);
  }
  console.log(`${total.toLocaleString("en")} streams, no difference`);
}
