/**
 * Treats an app's files as people and their tools do, in any order, and asks after each: `node test/bench/dev-stress.js [count] [seed] [what,…]`.
 *
 * Every answer must be of the files as they are then, or an error page when they are no app. The same seed does the same again.
 */

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const MODULES = 8;
/** After such a time an answer that was wrong is asked for again: late is another fault than never. */
const LATE_MS = 600;

const checkout = resolve(import.meta.dirname, "../..");
const count = Number(process.argv[2] ?? 300);
let seed = Number(process.argv[3] ?? Date.now() % 100_000);
const port = Number(process.env.PORT ?? 18120);
const root = mkdtempSync(join(tmpdir(), "tornado-stress-"));

/** What the files are to say. */
let state = { values: Array(MODULES).fill(1000), one: 1000, two: 1000, alias: "a", word: "word-0" };
/** Grows with every step. */
let step = 0;

const chain = (index) =>
  `${index > 0 ? `import { f as before } from "./m${index - 1}.js";\n` : ""}export function f(): string { return "${index}:${state.values[index]};"${index > 0 ? " + before()" : ""}; }\n`;
const constant = (name) => `export const ${name} = "${state[name]}";\n`;
const texts = {
  "package.json": () => JSON.stringify({ name: "stress", type: "module", step }),
  "tsconfig.json": () => JSON.stringify({ compilerOptions: { paths: { "@alias": [`./src/${state.alias}.ts`] } } }),
  ".env": () => `WORD=${state.word}\n`,
  ".gitignore": () => ".tornado\n.env\n",
  "src/a.ts": () => 'export const alias = "a";\n',
  "src/b.ts": () => 'export const alias = "b";\n',
  "src/group/one.ts": () => constant("one"),
  "src/group/inner/two.ts": () => constant("two"),
  "src/group/index.ts": () => 'export { one } from "./one.js";\nexport { two } from "./inner/two.js";\n',
  "src/app.ts": () => `import { Application, RequestHandler } from "tornado/web";
import { alias } from "@alias";
import { one, two } from "./group/index.js";
import { f } from "./m${MODULES - 1}.js";
class Home extends RequestHandler { override get() { this.write([f(), one, two, alias, process.env.WORD].join("|")); } }
export const makeApp = ({ debug }: { debug: boolean }) => new Application([["/", Home]], { debug });
`,
};
for (let index = 0; index < MODULES; index++) texts[`src/m${index}.ts`] = () => chain(index);
const groupFiles = Object.keys(texts).filter((path) => path.startsWith("src/group/"));

function expected() {
  const { values, one, two, alias, word } = state;
  return [
    values
      .map((value, index) => `${index}:${value};`)
      .reverse()
      .join(""),
    one,
    two,
    alias,
    word,
  ].join("|");
}

function random(below) {
  seed = (seed * 1103515245 + 12345) & 0x7fffffff;
  return (seed >>> 8) % below;
}

const at = (path) => join(root, path);
const move = (from, to) => renameSync(at(from), at(to));
const remove = (path) => rmSync(at(path), { recursive: true, force: true });
const git = (...words) => execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...words], { cwd: root });

function write(path, text) {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
}

function save(...paths) {
  for (const path of paths) write(path, texts[path]());
}

/** Gives one of the modules of the chain another value. */
function another() {
  const index = random(MODULES);
  state.values[index] += 1;
  return `src/m${index}.ts`;
}

function ask() {
  return new Promise((resolve) => {
    const asked = request({ port, host: "127.0.0.1", path: "/", agent: false }, (response) => {
      let body = "";
      response.on("data", (text) => {
        body += text;
      });
      response.on("end", () => resolve({ status: response.statusCode, body }));
      response.on("error", (error) => resolve({ status: 0, body: String(error) }));
    });
    asked.on("error", (error) => resolve({ status: 0, body: String(error) }));
    asked.end();
  });
}

/** Waits for a moment, asks for the error page, or goes on. */
async function meanwhile() {
  if (random(2) === 0) await sleep(random(120));
  else if ((await ask()).status !== 500) fault("no error page");
}

const faults = [];
function fault(what) {
  faults.push(what);
  console.log(`step ${step}: ${what}`);
}

const deeds = {
  save: () => save(another()),
  async twice() {
    const path = another();
    save(path);
    await sleep(random(4));
    state.values[Number(/\d/.exec(path))] += 1;
    save(path);
  },
  async whileAsked() {
    const path = another();
    save(path);
    const asked = ask();
    await sleep(random(12));
    state.values[Number(/\d/.exec(path))] += 1;
    save(path);
    await asked;
  },
  async withBackup() {
    const path = another();
    move(path, `${path}~`);
    await sleep(random(20));
    save(path);
    remove(`${path}~`);
  },
  async inParts() {
    const path = another();
    const text = texts[path]();
    write(path, text.slice(0, random(2) * 20));
    await sleep(random(20));
    write(path, text);
  },
  withLock() {
    symlinkSync("user@host.1", at("src/.#lock.ts"));
    save(another());
    remove("src/.#lock.ts");
  },
  bySwap() {
    const path = another();
    write("src/next.ts", texts[path]());
    move(path, "src/last.ts");
    move("src/next.ts", path);
    remove("src/last.ts");
  },
  keepingTheTime() {
    const path = another();
    const { atime, mtime } = statSync(at(path));
    save(path);
    utimesSync(at(path), atime, mtime);
  },
  touchAll() {
    for (let index = 0; index < MODULES; index++) utimesSync(at(`src/m${index}.ts`), new Date(), new Date());
  },
  async removeFile() {
    const path = another();
    remove(path);
    await meanwhile();
    save(path);
  },
  async renameFolder() {
    move("src/group", "src/away");
    await meanwhile();
    state.one += 1;
    write("src/away/one.ts", constant("one"));
    move("src/away", "src/group");
  },
  async renameInnerFolder() {
    move("src/group/inner", "src/group/other");
    await meanwhile();
    state.two += 1;
    write("src/group/other/two.ts", constant("two"));
    move("src/group/other", "src/group/inner");
  },
  async renameSources() {
    move("src", "away");
    await meanwhile();
    state.values[1] += 1;
    write("away/m1.ts", texts["src/m1.ts"]());
    move("away", "src");
  },
  replaceFolder() {
    cpSync(at("src/group"), at("next"), { recursive: true });
    state.one += 1;
    write("next/one.ts", constant("one"));
    move("src/group", "last");
    move("next", "src/group");
    remove("last");
  },
  async removeFolder() {
    remove("src/group");
    await meanwhile();
    state.one += 1;
    save(...groupFiles);
  },
  async linkFolder() {
    remove("linked");
    cpSync(at("src/group"), at("linked"), { recursive: true });
    state.one += 1;
    write("linked/one.ts", constant("one"));
    remove("src/group");
    symlinkSync("../linked", at("src/group"));
    await check("linkFolder");
    state.two += 1;
    write("linked/inner/two.ts", constant("two"));
    await check("linkFolder");
    state.one += 1;
    remove("src/group");
    save(...groupFiles);
  },
  async shadow() {
    write("src/group/one.js", 'export const one = "shadow";\n');
    await ask();
    remove("src/group/one.js");
  },
  unpack() {
    for (let file = 0; file < 200; file++) write(`src/unpacked-${step}/${file % 10}/${file}.ts`, "export {};\n");
    save(another());
  },
  checkout() {
    const branch = random(2) === 0 ? "first" : "second";
    git("checkout", "--quiet", "--force", branch);
    state = { ...structuredClone(branches[branch]), word: state.word };
  },
  configureSources() {
    state.alias = state.alias === "a" ? "b" : "a";
    save("tsconfig.json", another());
  },
  configurePackage: () => save("package.json"),
  environment() {
    state.word = `word-${step}`;
    save(".env");
  },
  async environmentFolder() {
    remove(".env");
    mkdirSync(at(".env"));
    await sleep(random(200));
    rmdirSync(at(".env"));
    state.word = `word-${step}`;
    save(".env");
  },
};

/** Asks, and says what is wrong with the answer. */
async function check(what) {
  const { body } = await ask();
  if (body === expected()) return;
  await sleep(LATE_MS);
  const isLate = (await ask()).body === expected();
  fault(`${what}: ${isLate ? "late" : `wrong: ${body.slice(0, 200)}, not ${expected()}`}`);
}

save(...Object.keys(texts));
git("init", "--quiet", "--initial-branch", "first");
git("add", ".");
git("commit", "--quiet", "--message", "first");
const branches = { first: structuredClone(state) };
git("checkout", "--quiet", "-b", "second");
state = { values: Array(MODULES).fill(2000), one: 2000, two: 2000, alias: "b", word: state.word };
save(...Object.keys(texts));
git("commit", "--quiet", "--all", "--message", "second");
branches.second = structuredClone(state);

const server = spawn(process.execPath, [join(checkout, "bin/tornado.js"), "dev", "--port", String(port)], {
  cwd: root,
  stdio: "ignore",
});
try {
  console.log(`${count} steps from seed ${seed}`);
  while ((await ask()).body !== expected()) await sleep(20);
  const names = process.argv[4]?.split(",") ?? Object.keys(deeds);
  for (step = 1; step <= count; step++) {
    const name = names[random(names.length)];
    await deeds[name]();
    await check(name);
    if (random(3) === 0) await sleep(random(250));
  }
  console.log(`${count} steps, ${faults.length} faults`);
} finally {
  server.kill();
  await once(server, "exit");
  rmSync(root, { recursive: true, force: true });
}
process.exitCode = faults.length === 0 ? 0 : 1;
