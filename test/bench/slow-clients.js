/**
 * Attacks servers with slow clients and asks them meanwhile as a good one: `node test/bench/slow-clients.js [headers|body|read]`.
 *
 * slowhttptest (Debian's package) opens 1,000 connections that send their headers slowly, 1,000 that send their bodies slowly, or 500 that read
 * slowly. A server has shed them when it holds no more than a fiftieth, counted from when the last of them came; until the attack is over, a client on a connection of its own
 * sends a request every 20 ms. Ours should have shed them after 12, 20 and 60 s, and answer the good client within 50 ms (p99).
 */

import { execFile, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const folder = join(import.meta.dirname, "slow");

const attacks = {
  headers: { connections: 1000, seconds: 25, limit: 12, path: "/", args: ["-H", "-i", "10", "-t", "GET", "-x", "24"] },
  body: {
    connections: 1000,
    seconds: 30,
    limit: 20,
    path: "/",
    args: ["-B", "-i", "5", "-s", "8192", "-t", "POST", "-x", "10"],
  },
  read: {
    connections: 500,
    seconds: 90,
    limit: 60,
    path: "/large",
    args: ["-X", "-w", "1", "-y", "64", "-n", "5", "-z", "32", "-k", "3"],
  },
};
const servers = { ours: "tornado.js", "node:http": "node-http.js" };

async function ask(child) {
  child.send("connections");
  const [figures] = await once(child, "message");
  return figures;
}

/** Asks every 20 ms for as long as it is let; gives how long the answers took. */
async function beGood(port, signal) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times = [];
  while (!signal.aborted) {
    const begun = performance.now();
    await new Promise((resolve, reject) => {
      get({ port, host: "127.0.0.1", agent }, (response) => response.resume().on("end", resolve)).on("error", reject);
    });
    times.push(performance.now() - begun);
    await sleep(20);
  }
  agent.destroy();
  return times.sort((a, b) => a - b);
}

async function attack(file, { connections, seconds, path, args }) {
  const child = fork(join(folder, file), { stdio: ["ignore", "ignore", "ignore", "ipc"] });
  const [port] = await once(child, "message");
  const end = new AbortController();
  const good = beGood(port, end.signal);
  const begun = performance.now();
  const attacker = spawn(
    "slowhttptest",
    [
      "-c",
      String(connections),
      "-r",
      "500",
      "-p",
      "3",
      "-l",
      String(seconds),
      ...args,
      "-u",
      `http://127.0.0.1:${port}${path}`,
    ],
    { stdio: "ignore" },
  );
  const isOver = once(attacker, "exit");
  let most = 0;
  let memory = 0;
  let shedAfter;
  let lastCame = begun;
  let held = 0;
  while (performance.now() - begun < seconds * 1000) {
    await sleep(250);
    const { connections: count, rss } = await ask(child);
    if (count > most) lastCame = performance.now();
    most = Math.max(most, count);
    memory = Math.max(memory, rss);
    if (performance.now() - begun < (seconds - 1) * 1000) held = count;
    if (most < connections * 0.9) continue;
    if (count > connections / 50) shedAfter = undefined;
    else shedAfter ??= (performance.now() - lastCame) / 1000;
  }
  end.abort();
  const times = await good;
  attacker.kill();
  await isOver;
  child.kill();
  await once(child, "exit");
  return {
    most,
    held,
    shedAfter,
    memory,
    count: times.length,
    p99: times[Math.floor(times.length * 0.99)],
    worst: times.at(-1),
  };
}

await run("slowhttptest", ["-h"]).catch((error) => {
  if (error.code !== "ENOENT") return;
  console.error("slowhttptest is not installed. Run: apt-get install -y --no-install-recommends slowhttptest");
  process.exit(1);
});

let hasFailed = false;
for (const [kind, settings] of Object.entries(attacks)) {
  if (process.argv[2] !== undefined && process.argv[2] !== kind) continue;
  console.log(`\nSlow ${kind}, ${settings.connections} connections, ${settings.seconds} s`);
  for (const [name, file] of Object.entries(servers)) {
    const { most, held, shedAfter, memory, count, p99, worst } = await attack(file, settings);
    const shed = shedAfter === undefined ? `held ${held} to the end` : `shed after ${shedAfter.toFixed(1)} s`;
    console.log(
      `  ${name.padEnd(10)} ${String(most).padStart(5)} at most, ${shed}; good client: ${count} answers, p99 ${p99.toFixed(1)} ms, worst ${worst.toFixed(1)} ms; RSS ${Math.round(memory / 2 ** 20)} MB`,
    );
    if (name === "ours" && !(shedAfter <= settings.limit && p99 < 50)) hasFailed = true;
  }
}
process.exit(hasFailed ? 1 : 0);
