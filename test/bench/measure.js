/** What every benchmark needs: medians of repeated runs, taken in turns so that a noisy machine is unfair to nobody. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { performance } from "node:perf_hooks";

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Runs every subject once per round, in turns, and answers with all the times in milliseconds. */
export async function inTurns(subjects, rounds) {
  const times = new Map(Object.keys(subjects).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, measureOnce] of Object.entries(subjects)) times.get(name).push(await measureOnce(round));
  }
  return times;
}

/** Milliseconds that a command takes from start to end; it must succeed. */
export async function timeCommand(command, args, options = {}) {
  const begun = performance.now();
  const child = spawn(command, args, { stdio: "ignore", ...options });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}`);
  return performance.now() - begun;
}

/** Prints one line a subject: median, least, most, and the ratio to the first subject. */
export function report(title, times, unit = "ms") {
  console.log(`\n${title}`);
  let first;
  for (const [name, values] of times) {
    const middle = median(values);
    first ??= middle;
    const range = `${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}`;
    console.log(
      `  ${name.padEnd(34)} ${middle.toFixed(1).padStart(8)} ${unit}   ${`x${(middle / first).toFixed(2)}`.padStart(7)}   (${range}, ${values.length} runs)`,
    );
  }
}
