/**
 * Times what a person waits for at the command line, side by side: `node test/bench/startup.js [rounds]`.
 *
 * `tornado --version` against `node -e 0`, making an app, and a cold `tornado dev` to its first answer.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { inTurns, report, timeCommand } from "./measure.js";

const checkout = resolve(import.meta.dirname, "../..");
const tornado = join(checkout, "bin/tornado.js");
const createTornadoApp = join(checkout, "bin/create-tornado-app.js");
const rounds = Number(process.argv[2] ?? 15);
const folder = await mkdtemp(join(tmpdir(), "tornado-bench-"));

/** From the command to the first 200, with nothing warm but the disk cache. */
async function coldDev(root) {
  const begun = performance.now();
  const dev = spawn(process.execPath, [tornado, "dev", "--port", "0"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const url = await new Promise((found, failed) => {
    const heard = (chunk) => {
      output += chunk;
      const match = /http:\/\/127\.0\.0\.1:\d+/.exec(output);
      if (match !== null) found(match[0]);
    };
    dev.stdout.on("data", heard);
    dev.stderr.on("data", heard);
    dev.once("exit", () => failed(new Error(output)));
  });
  const banner = performance.now() - begun;
  const response = await fetch(url);
  await response.text();
  const answer = performance.now() - begun;
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
  dev.kill("SIGINT");
  await once(dev, "exit");
  return { banner, answer };
}

try {
  const root = join(folder, "app");
  await timeCommand(process.execPath, [createTornadoApp, root, "--yes", "--no-install", "--no-git"]);

  report(
    "The tool's own weight",
    await inTurns(
      {
        "node -e 0": () => timeCommand(process.execPath, ["-e", "0"]),
        "tornado --version": () => timeCommand(process.execPath, [tornado, "--version"]),
        "tornado --help": () => timeCommand(process.execPath, [tornado, "--help"]),
      },
      rounds,
    ),
  );

  report(
    "Making an app",
    await inTurns(
      {
        "create-tornado-app x --no-install": (round) =>
          timeCommand(process.execPath, [
            createTornadoApp,
            join(folder, `made-${round}`),
            "--yes",
            "--no-install",
            "--no-git",
          ]),
        "the same, with git": (round) =>
          timeCommand(process.execPath, [createTornadoApp, join(folder, `git-${round}`), "--yes", "--no-install"]),
      },
      rounds,
    ),
  );

  const dev = new Map([
    ["banner", []],
    ["first 200", []],
  ]);
  for (let round = 0; round < Math.min(rounds, 9); round++) {
    const { banner, answer } = await coldDev(root);
    dev.get("banner").push(banner);
    dev.get("first 200").push(answer);
  }
  report("A cold tornado dev", dev);
} finally {
  await rm(folder, { recursive: true, force: true });
}
