/**
 * Compares CPU time a request and throughput of small servers, side by side: `node test/bench/http.js [seconds] [rounds]`.
 *
 * Every server is one process, loaded by wrk (Debian's package) on the same machine, in turns. CPU time is the server
 * process's own, user and system, divided by the requests that it answered: on a busy machine it is steadier than requests
 * a second, which are printed beside it.
 */

import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { median } from "./measure.js";

const run = promisify(execFile);
const seconds = Number(process.argv[2] ?? 2);
const rounds = Number(process.argv[3] ?? 3);
const folder = join(import.meta.dirname, "http");

const servers = ["tornado", "bare-node", "fastify", "hono"];

/** A name, and what wrk is told beyond the URL. */
const scenarios = {
  hello: { path: "/" },
  "hello, ten browser headers": {
    path: "/",
    headers: [
      "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
      "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
      "Accept-Encoding: gzip, deflate, br, zstd",
      "Accept-Language: en-GB,en;q=0.9",
      "Cache-Control: max-age=0",
      "Cookie: session=4f1c0b7e9d2a; theme=dark",
      "Sec-Fetch-Dest: document",
      "Sec-Fetch-Mode: navigate",
      "Sec-Fetch-Site: none",
      "Upgrade-Insecure-Requests: 1",
    ],
  },
  json: { path: "/json" },
  "parameter route": { path: "/users/42/posts/7" },
  "1 kB form post": { path: "/form", script: "form.lua" },
  "100 kB static file": { path: "/static/100k.js" },
};

async function start(name) {
  const child = fork(join(folder, `${name}.js`), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const [port] = await once(child, "message");
  return { child, port };
}

async function cpuMicroseconds(child) {
  child.send("cpu");
  const [microseconds] = await once(child, "message");
  return microseconds;
}

async function load(port, { path, headers = [], script }, duration) {
  const args = ["-t1", "-c32", `-d${duration}s`];
  for (const header of headers) args.push("-H", header);
  if (script !== undefined) args.push("-s", join(folder, script));
  const { stdout } = await run("wrk", [...args, `http://127.0.0.1:${port}${path}`]);
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`Failed answers:\n${stdout}`);
  return { requests, perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]) };
}

try {
  await run("wrk", ["--version"]).catch((error) => {
    if (error.code === "ENOENT") throw error;
  });
} catch {
  console.error("wrk is not installed. Run: apt-get install -y wrk");
  process.exit(1);
}

for (const [title, scenario] of Object.entries(scenarios)) {
  const results = new Map();
  for (let round = 0; round < rounds; round++) {
    for (const name of servers) {
      if (!existsSync(join(folder, `${name}.js`))) continue;
      const { child, port } = await start(name);
      await load(port, scenario, 1); // lets the compiler warm up
      const before = await cpuMicroseconds(child);
      const { requests, perSecond } = await load(port, scenario, seconds);
      const after = await cpuMicroseconds(child);
      child.kill();
      await once(child, "exit");
      if (!results.has(name)) results.set(name, { cpu: [], perSecond: [] });
      results.get(name).cpu.push((after - before) / requests);
      results.get(name).perSecond.push(perSecond);
    }
  }
  console.log(`\n${title}`);
  const bare = median(results.get("bare-node").cpu);
  for (const [name, { cpu, perSecond }] of results) {
    const middle = median(cpu);
    console.log(
      `  ${name.padEnd(10)} ${middle.toFixed(1).padStart(7)} us CPU a request   x${(middle / bare).toFixed(2)} of bare node   ${Math.round(median(perSecond)).toString().padStart(7)} requests/s`,
    );
  }
}
