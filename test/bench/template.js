/**
 * Compares the CPU time of a rendering with other template engines, side by side: `node test/bench/template.js [seconds] [rounds]`.
 *
 * Every engine is a process of its own, so that none is compiled for the habits of another, and all take turns. Each has its
 * templates compiled and cached, escapes by its own function, and must print the same text as ours, white space aside.
 */

import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { median } from "./measure.js";

const seconds = Number(process.argv[2] ?? 0.5);
const rounds = Number(process.argv[3] ?? 5);
const engines = ["tornado", "eta", "ejs", "nunjucks", "handlebars"];
const scenarios = { table: "1000 x 10 table", page: "page with layout, includes and 50 rows" };

for (const [scenario, title] of Object.entries(scenarios)) {
  const times = new Map(engines.map((engine) => [engine, []]));
  let expected;
  for (let round = 0; round < rounds; round++) {
    for (const engine of engines) {
      const { microseconds, text } = await measure(engine, scenario);
      times.get(engine).push(microseconds);
      expected ??= text;
      if (text !== expected)
        throw new Error(`${engine} prints another text:\n${text.slice(0, 600)}\n${expected.slice(0, 600)}`);
    }
  }
  console.log(`\n${title}, CPU time of a rendering`);
  const ours = median(times.get("tornado"));
  for (const [engine, values] of times) {
    const middle = median(values);
    const range = `${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)}`;
    const ratio = `x${(middle / ours).toFixed(2)}`;
    console.log(`  ${engine.padEnd(12)} ${middle.toFixed(1).padStart(8)} µs ${ratio.padStart(8)}   (${range})`);
  }
}

async function measure(engine, scenario) {
  const child = fork(join(import.meta.dirname, "template/measure-engine.js"), [engine, scenario, String(seconds)]);
  const [result] = await once(child, "message");
  await once(child, "exit");
  return result;
}
