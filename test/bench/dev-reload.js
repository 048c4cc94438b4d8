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
import { dirname, join, resolve } from "node:path";
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

/** An app of 200 source files, each a handler, with 20 packages that it imports. */
async function largeApp(root, port) {
  const write = async (path, text) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  const packages = Array.from({ length: 20 }, (_, index) => `package-${index}`);
  for (const name of packages) {
    const functions = Array.from(
      { length: 200 },
      (_, index) => `export function f${index}(value) {\n  return value + ${index};\n}\n`,
    );
    await write(
      `node_modules/${name}/package.json`,
      JSON.stringify({ name, version: "1.0.0", type: "module", exports: "./index.js" }),
    );
    await write(`node_modules/${name}/index.js`, functions.join(""));
  }
  const names = Array.from({ length: 198 }, (_, index) => `Handler${index}`);
  for (const [index, name] of names.entries()) {
    const methods = Array.from(
      { length: 10 },
      (_, method) =>
        `  private step${method}(value: number): number {\n    return f${method}(value) * ${method + 1};\n  }\n`,
    );
    const answer = index === 0 ? "word-0" : name;
    await write(
      `src/handlers/${name}.ts`,
      `import { RequestHandler } from "tornado/web";\nimport { ${Array.from({ length: 10 }, (_, one) => `f${one}`).join(", ")} } from "package-${index % 20}";\n\nexport class ${name} extends RequestHandler {\n  get(): void {\n    this.write("${answer}");\n  }\n${methods.join("")}}\n`,
    );
  }
  await write("package.json", '{ "name": "large", "type": "module" }');
  await write(
    "src/routes.ts",
    `${names.map((name) => `import { ${name} } from "./handlers/${name}.js";`).join("\n")}\nexport const routes = [${names.map((name, index) => `["${index === 0 ? "/" : `/${name}`}", ${name}]`).join(", ")}] as const;\n`,
  );
  await write(
    "src/app.ts",
    'import { Application } from "tornado/web";\nimport { routes } from "./routes.js";\nexport const makeApp = ({ debug }: { debug: boolean }) => new Application(routes as never, { debug });\n',
  );
  return {
    command: process.execPath,
    args: [join(checkout, "bin/tornado.js"), "dev", "--port", String(port)],
    cwd: root,
    port,
    file: join(root, "src/handlers/Handler0.ts"),
  };
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
subjects["tornado dev, 200 files"] = await largeApp(join(folder, "large"), 18104);
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
      `  ${name.padEnd(22)} median ${median(times).toFixed(1).padStart(7)} ms   (${Math.min(...times).toFixed(1)} to ${Math.max(...times).toFixed(1)})   refused ${refused}, stale ${stale}`,
    );
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
