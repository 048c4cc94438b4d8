/**
 * Saves a handler again and again, without a pause, and looks at what the dev server holds: `node test/bench/dev-endurance.js [saves]`.
 *
 * Each save is followed by one request, which must get the new answer. Memory, descriptors and processes of `tornado dev` are read from
 * /proc before and after: none may grow with the number of saves. Then come bursts, of whose saves only the last one is asked for.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { median, timeCommand } from "./measure.js";

const checkout = resolve(import.meta.dirname, "../..");
const saves = Number(process.argv[2] ?? 500);
const port = Number(process.env.PORT ?? 18110);
const bursts = { count: 15, saves: 30, apartMs: 20, pauseMs: 1000 };
const folder = await mkdtemp(join(tmpdir(), "tornado-endurance-"));
const app = join(folder, "app");
await timeCommand(process.execPath, [
  join(checkout, "bin/create-tornado-app.js"),
  app,
  ..."--yes --no-install --no-git --template minimal".split(" "),
]);
const file = join(app, "src/app.ts");
const source = (await readFile(file, "utf8")).replace(/get\(\)[^{]*\{[^}]*\}/, 'get() { this.write("word-0"); }');
await writeFile(file, source);

const server = spawn(process.execPath, [join(checkout, "bin/tornado.js"), "dev", "--port", String(port)], {
  cwd: app,
  stdio: "ignore",
});

async function ask() {
  const response = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
  return response?.text();
}

/** Resident memory in MB, open descriptors, and child processes of the dev server. */
async function held() {
  const status = await readFile(`/proc/${server.pid}/status`, "utf8");
  const children = await readFile(`/proc/${server.pid}/task/${server.pid}/children`, "utf8");
  return {
    megabytes: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024,
    descriptors: (await readdir(`/proc/${server.pid}/fd`)).length,
    processes: children.trim().split(" ").filter(Boolean).length,
    files: (await readdir(join(app, ".tornado/dev", String(server.pid)))).length,
  };
}

/** CPU milliseconds that the dev server's workers have taken which have ended; `/proc` counts in hundredths of a second. */
async function workersTook() {
  const stat = await readFile(`/proc/${server.pid}/stat`, "utf8");
  const [user, system] = stat.slice(stat.lastIndexOf(")")).split(" ").slice(14, 16);
  return (Number(user) + Number(system)) * 10;
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Saves, and gives the time until the new answer; NaN for another answer. */
async function saveAndAsk(word) {
  await writeFile(file, source.replace("word-0", word));
  const began = performance.now();
  return (await ask()) === word ? performance.now() - began : Number.NaN;
}

try {
  while ((await ask()) !== "word-0") await sleep(20);
  const times = [];
  const samples = [];
  const before = await workersTook();
  for (let save = 1; save <= saves; save++) {
    times.push(await saveAndAsk(`word-${save}`));
    if (save === Math.floor(saves / 10)) {
      await sleep(2000);
      samples.push(await held());
    }
  }
  // Old processes answer to their end, and spares are warmed.
  await sleep(3000);
  samples.push(await held());
  const took = (await workersTook()) - before;
  const answered = times.filter((time) => !Number.isNaN(time));
  console.log(
    `${saves} saves without a pause: ${saves - answered.length} answers not of the last save; save to answer ${median(answered).toFixed(0)} ms median, ${mean(answered).toFixed(0)} mean, ${Math.max(...answered).toFixed(0)} at most; ${(took / saves).toFixed(0)} ms of CPU time of workers a save`,
  );
  const [early, late] = samples;
  for (const name of Object.keys(early)) {
    console.log(
      `  ${name.padEnd(12)} ${early[name].toFixed(0).padStart(5)} after ${Math.floor(saves / 10)} saves, ${late[name].toFixed(0).padStart(5)} after ${saves}`,
    );
  }

  const last = [];
  for (let burst = 1; burst <= bursts.count; burst++) {
    for (let save = 1; save < bursts.saves; save++) {
      await writeFile(file, source.replace("word-0", `burst-${burst}-${save}`));
      await sleep(bursts.apartMs);
    }
    last.push(await saveAndAsk(`burst-${burst}-last`));
    await sleep(bursts.pauseMs);
  }
  const seen = last.filter((time) => !Number.isNaN(time));
  console.log(
    `${bursts.count} bursts of ${bursts.saves} saves, ${bursts.apartMs} ms apart: ${last.length - seen.length} answers not of the last save; last save to answer ${median(seen).toFixed(0)} ms median, ${Math.max(...seen).toFixed(0)} at most`,
  );
} finally {
  server.kill();
  await once(server, "exit");
  await rm(folder, { recursive: true, force: true });
}
