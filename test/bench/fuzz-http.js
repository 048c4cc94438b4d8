/**
 * Fuzzes the reader of our transport for longer than a test may: `node test/bench/fuzz-http.js [minutes] [seed]`.
 *
 * Generated streams, by the million, are read by the transport's reader and by the reference parser of its tests, until the time
 * is over or the two differ. It prints its seed, with which the same run can be had again, and the least stream that shows a difference; exits 1 on one.
 */

import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { loadTypeScript } from "./load-typescript.js";

const minutes = Number(process.argv[2] ?? 10);
const firstSeed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
const streamsASeed = 1_000_000;

const { fuzz } = await loadTypeScript(join(import.meta.dirname, "../core/http/http1/proof/fuzz.ts"));
const deadline = performance.now() + minutes * 60_000;
const isOver = () => performance.now() >= deadline;

console.log(`Seed ${firstSeed}, ${minutes} minutes`);
let total = 0;
for (let seed = firstSeed; !isOver(); seed++) {
  const { streams, failure } = fuzz(seed, streamsASeed, isOver);
  total += streams;
  if (failure !== undefined) {
    console.error(failure);
    process.exit(1);
  }
  console.log(`${total.toLocaleString("en")} streams, no difference`);
}
