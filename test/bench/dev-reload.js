/**
 * Times a save until the new answer: `node test/bench/dev-reload.js [saves]`.
 *
 * A word in a handler's file is replaced, and the server is asked over a new connection, again and again, until the answer
 * holds the new word. Every poll that is refused, reset or answered by old code is counted. `tornado dev` stands beside
 * `node --watch` and `tsx watch`, each with the smallest server it can have; tsx is found in test/bench/node_modules.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { median, timeCommand } from "./measure.js";

const checkout = resolve(import.meta.dirname, "../..");
const saves = Number(process.argv[2] ?? 20);
const folder = await mkdtemp(join(tmpdir(), "tornado-reload-"));
const tsx = join(import.meta.dirname, "node_modules/tsx/dist/cli.mjs");

const plainHandler = 'export const answer = () => "word-0";\n';
const plainServer = (extension) => `import { createServer } from "node:http";
import { answer } from "./handler.${extension}";
createServer((request, response) => response.end(answer())).listen(Number(process.env.PORT));
`;

async function get(port) {
  return await new Promise((resolvePoll) => {
    const poll = request({ port, host: "127.0.0.1", path: "/", agent: false, timeout: 10_000 }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text) => (body += text));
      response.on("end", () => resolvePoll(body));
      response.on("error", () => resolvePoll(null));
    });
    poll.on("error", () => resolvePoll(null));
    poll.end();
  });
}

/** Starts a server, saves its handler's file again and again, and polls. */
async function measure({ command, args, cwd, port, file }) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, PORT: String(port) },
    stdio: "ignore",
    detached: true,
  });
  try {
    const source = await readFile(file, "utf8");
    while (!(await get(port))?.includes("word-0")) await sleep(20);
    const result = { times: [], refused: 0, stale: 0 };
    for (let save = 1; save <= saves + 1; save++) {
      await sleep(700);
      await writeFile(file, source.replace("word-0", `word-${save}.`));
      const begun = performance.now();
      let refused = 0;
      let stale = 0;
      for (;;) {
        const body = await get(port);
        if (body?.includes(`word-${save}.`)) break;
        if (body === null) refused++;
        else stale++;
        await sleep(2);
      }
      if (save === 1) continue; // The first save warms what is lazy.
      result.times.push(performance.now() - begun);
      result.refused += refused;
      result.stale += stale;
    }
    return result;
  } finally {
    process.kill(-child.pid, "SIGKILL");
    await once(child, "exit");
  }
}

const subjects = {};
const app = join(folder, "app");
await timeCommand(process.execPath, [
  join(checkout, "bin/create-tornado-app.js"),
  app,
  "--yes",
  "--no-install",
  "--no-git",
  "--template",
  "minimal",
]);
const handlers = ["src/handlers/home.ts", "src/app.ts"]
  .map((path) => join(app, path))
  .filter((path) => existsSync(path));
const handler = handlers[0];
await writeFile(
  handler,
  (await readFile(handler, "utf8")).replace(/get\(\)[^{]*\{/, 'get() { return void this.write("word-0");'),
);
subjects["tornado dev"] = {
  command: process.execPath,
  args: [join(checkout, "bin/tornado.js"), "dev", "--port", "18101"],
  cwd: app,
  port: 18101,
  file: handler,
};
for (const [name, extension, port, command] of [
  ["node --watch", "js", 18102, ["--watch", "server.js"]],
  ["tsx watch", "ts", 18103, [tsx, "watch", "server.ts"]],
]) {
  if (name === "tsx watch" && !existsSync(tsx)) {
    console.log("tsx watch is left out: run `npm install` in test/bench first.");
    continue;
  }
  const root = join(folder, extension);
  await mkdir(root);
  await writeFile(join(root, "package.json"), '{ "type": "module" }');
  await writeFile(join(root, `handler.${extension}`), plainHandler);
  await writeFile(join(root, `server.${extension}`), plainServer(extension));
  subjects[name] = {
    command: process.execPath,
    args: command,
    cwd: root,
    port,
    file: join(root, `handler.${extension}`),
  };
}

try {
  console.log(`Save to the new answer, ${saves} saves each`);
  for (const [name, subject] of Object.entries(subjects)) {
    const { times, refused, stale } = await measure(subject);
    console.log(
      `  ${name.padEnd(16)} median ${median(times).toFixed(1).padStart(7)} ms   (${Math.min(...times).toFixed(1)} to ${Math.max(...times).toFixed(1)})   refused ${refused}, stale ${stale}`,
    );
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
