/**
 * Compares CPU time a request and throughput of small servers, side by side:
 * `node test/bench/http.js [seconds] [rounds] [scenarios]`, where `[scenarios]` is a piece of their names.
 *
 * Every server is one process, loaded by wrk (Debian's package) on the same machine, in turns. CPU time is the server
 * process's own, user and system, divided by the requests that it answered: on a busy machine it is steadier than requests
 * a second, which are printed beside it.
 */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { browserHeaders } from "./http/browser-headers.js";
import { hasPythonTornado, startServer } from "./http/running-server.js";
import { median } from "./measure.js";

const run = promisify(execFile);
const seconds = Number(process.argv[2] ?? 1);
const rounds = Number(process.argv[3] ?? 9);
const warmUpSeconds = 3;
const wanted = process.argv[4] ?? "";
const folder = join(import.meta.dirname, "http");

/** By file name, with the title of its column. */
const servers = { tornado: "ours", "bare-node": "node:http", fastify: "Fastify", hono: "Hono" };

/** A name, and what wrk is told beyond the URL. */
const scenarios = {
  hello: { path: "/" },
  "hello, ten browser headers": {
    path: "/",
    headers: browserHeaders,
  },
  json: { path: "/json" },
  "parameter route": { path: "/users/42/posts/7" },
  "1 kB form post": { path: "/form", script: "form.lua" },
  "10 kB template page": { path: "/page" },
  "100 kB static file": { path: "/static/100k.js" },
  "no such page": { path: "/nowhere", isMissing: true },
};

async function load(port, { path, headers = [], script, isMissing = false }, duration) {
  const args = ["-t1", "-c32", `-d${duration}s`];
  for (const header of headers) args.push("-H", header);
  if (script !== undefined) args.push("-s", join(folder, script));
  const { stdout } = await run("wrk", [...args, `http://127.0.0.1:${port}${path}`]);
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  const refused = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0);
  if (/Socket errors/.test(stdout) || refused !== (isMissing ? requests : 0))
    throw new Error(`Failed answers:\n${stdout}`);
  return { requests, perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]) };
}

/** Loads the servers in turns, each of which has compiled its code by then: what slows the machine down for a moment meets all of them. */
async function measure(scenario) {
  const running = new Map();
  try {
    for (const name of Object.keys(servers)) running.set(name, await startServer(name));
    for (const server of running.values()) await load(server.port, scenario, warmUpSeconds);
    const results = new Map(Object.keys(servers).map((name) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const [name, server] of running) {
        const before = await server.cpuMicroseconds();
        const { requests, perSecond } = await load(server.port, scenario, seconds);
        results.get(name).push({ cpu: ((await server.cpuMicroseconds()) - before) / requests, perSecond });
      }
    }
    return results;
  } finally {
    for (const server of running.values()) await server.stop();
  }
}

try {
  await run("wrk", ["--version"]).catch((error) => {
    if (error.code === "ENOENT") throw error;
  });
} catch {
  console.error("wrk is not installed. Run: apt-get install -y wrk");
  process.exit(1);
}
if (await hasPythonTornado()) servers["python-tornado"] = "Python's Tornado";

const rows = [];
for (const [title, scenario] of Object.entries(scenarios)) {
  if (!title.includes(wanted)) continue;
  const results = await measure(scenario);
  console.log(`\n${title}`);
  const cpuOf = (name) => median(results.get(name).map(({ cpu }) => cpu));
  const bare = cpuOf("bare-node");
  const cells = [];
  for (const [name, measured] of results) {
    const cpu = cpuOf(name);
    const perSecond = Math.round(median(measured.map((one) => one.perSecond)));
    console.log(
      `  ${servers[name].padEnd(17)} ${cpu.toFixed(1).padStart(7)} us CPU a request   x${(cpu / bare).toFixed(2)} of node:http   ${perSecond.toString().padStart(7)} requests/s`,
    );
    cells.push(`${cpu.toFixed(1)} (${(cpu / bare).toFixed(2)})`);
  }
  rows.push([title, ...cells]);
}

console.log("\nMicroseconds of CPU a request, and the multiple of node:http:\n");
const line = (cells) => `| ${cells.join(" | ")} |`;
console.log(line(["Scenario", ...Object.values(servers)]));
console.log(line(["---", ...Object.keys(servers).map(() => "---")]));
for (const row of rows) console.log(line(row));
