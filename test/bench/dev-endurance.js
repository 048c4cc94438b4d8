/**
 * Saves a handler again and again, without a pause, and looks at what the dev server holds: `node test/bench/dev-endurance.js [saves]`.
 *
 * Each save is followed by one request, which must get the new answer. Memory, descriptors and processes of `tornado dev` are read from
 * /proc before and after: none may grow with the number of saves.
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
const port = 18110;
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

try {
  while ((await ask()) !== "word-0") await sleep(20);
  const times = [];
  const samples = [];
  let stale = 0;
  for (let save = 1; save <= saves; save++) {
    await writeFile(file, source.replace("word-0", `word-${save}`));
    const began = performance.now();
    if ((await ask()) !== `word-${save}`) stale++;
    times.push(performance.now() - began);
    if (save === Math.floor(saves / 10)) {
      await sleep(2000);
      samples.push(await held());
    }
  }
  // Old processes answer to their end, and spares are warmed.
  await sleep(3000);
  samples.push(await held());
  const [before, after] = samples;
  console.log(
    `${saves} saves without a pause: ${stale} answers not of the last save; save to answer ${median(times).toFixed(0)} ms median, ${Math.max(...times).toFixed(0)} at most`,
  );
  for (const name of Object.keys(before)) {
    console.log(
      `  ${name.padEnd(12)} ${before[name].toFixed(0).padStart(5)} after ${Math.floor(saves / 10)} saves, ${after[name].toFixed(0).padStart(5)} after ${saves}`,
    );
  }
} finally {
  server.kill();
  await once(server, "exit");
  await rm(folder, { recursive: true, force: true });
}
