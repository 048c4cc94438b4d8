import { randomBytes } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "../support/program.js";
import { repository, runProgram, temporaryFolder } from "./run-program.js";

let folder: string;

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function makeApp(template = "app"): string {
  const app = join(folder, template);
  const isSource = (path: string) => !/[\\/]node_modules$/.test(path);
  cpSync(join(repository, "templates", template), app, { recursive: true, filter: isSource });
  writeFileSync(join(app, ".env"), `COOKIE_SECRET=${randomBytes(64).toString("base64url")}\n`);
  symlinkSync(join(repository, "node_modules"), join(app, "node_modules"), "junction");
  return app;
}

const tornado = (words: string[], cwd: string) => runProgram("tornado", words, { cwd });
const generate = (app: string, ...words: string[]) => tornado(["generate", ...words], app);

/** Every file of an app with what it holds. */
function contents(app: string): Record<string, string> {
  const paths = readdirSync(app, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules"))
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(paths.map((path) => [path, readFileSync(path, "utf8")]));
}

describe("tornado generate", () => {
  it("makes an app that is right in types, templates and routes", { timeout: 60_000 }, async () => {
    const app = makeApp();

    const handler = await generate(app, "handler", "stories/archive");
    await generate(join(app, "src"), "handler", "SignUp");
    const module = await generate(app, "module", "Card");
    await generate(app, "module", "story/entry");
    await generate(app, "template", "about");
    await generate(app, "template", "stories/about-us");
    const checked = await tornado(["check"], app);
    const routes = await tornado(["routes"], app);

    expect(handler).toMatchObject({
      exitCode: 0,
      stderr: "",
      stdout:
        "created  src/handlers/stories/archive.ts\ncreated  test/handlers/stories/archive.test.ts\nchanged  src/routes.ts\n",
    });
    expect(module.stdout).toContain("changed  src/app.ts");
    expect(readFileSync(join(app, "src/app.ts"), "utf8")).toContain("uiModules: { Card, Entry },");
    expect(readFileSync(join(app, "templates/stories/about-us.html"), "utf8")).toContain('"../layout.html"');
    expect(checked).toMatchObject({ exitCode: 0, stderr: "" });
    expect(checked.stdout).not.toContain("○");
    expect(routes.stdout).toMatch(/GET HEAD +\/stories\/archive +ArchiveHandler +stories-archive/);
    expect(routes.stdout).toMatch(/GET HEAD +\/sign-up +SignUpHandler +sign-up/);
  });

  it("makes a WebSocket that passes its own test", { timeout: 60_000 }, async () => {
    const app = makeApp();

    const generated = await generate(app, "websocket", "rooms/ChatWebSocket");
    await generate(app, "handler", "rooms/chat");
    const checked = await tornado(["check"], app);
    const vitest = join(repository, "node_modules/vitest/vitest.mjs");
    const tested = await run(process.execPath, [vitest, "run", "test/websockets"], { cwd: app });

    expect(generated).toMatchObject({
      exitCode: 0,
      stderr: "",
      stdout:
        "created  src/websockets/rooms/chat.ts\ncreated  test/websockets/rooms/chat.test.ts\nchanged  src/routes.ts\n",
    });
    expect(readFileSync(join(app, "src/routes.ts"), "utf8")).toContain(
      'url("/ws/rooms/chat", ChatWebSocket, {}, { name: "ws-rooms-chat" }),\n',
    );
    expect(checked).toMatchObject({ exitCode: 0, stderr: "" });
    expect(tested.code, tested.stdout + tested.stderr).toBe(0);
  });

  it("writes a WebSocket in plain JavaScript for an app in it", async () => {
    const app = makeApp("minimal");
    renameSync(join(app, "src/app.ts"), join(app, "src/app.js"));

    const run = await generate(app, "websocket", "chat");

    expect(run.stdout).toContain('import { ChatWebSocket } from "./websockets/chat.js";');
    expect(readFileSync(join(app, "src/websockets/chat.js"), "utf8")).toContain("  onMessage(message) {\n");
  });

  it("prints the route where there is no list of routes", { timeout: 60_000 }, async () => {
    const app = makeApp("minimal");
    const before = readFileSync(join(app, "src/app.ts"), "utf8");

    const run = await generate(app, "handler", "archive");
    const checked = await tornado(["check"], app);

    expect(run.stdout).toContain(
      "There is no src/routes.ts. Add the route to your application:\n  import { ArchiveHandler }",
    );
    expect(run.stdout).toContain('  ["/archive", ArchiveHandler],\n');
    expect(readFileSync(join(app, "src/app.ts"), "utf8")).toBe(before);
    expect(readFileSync(join(app, "src/handlers/archive.ts"), "utf8")).toContain("extends RequestHandler");
    expect(checked.exitCode).toBe(0);
  });

  it("writes what deploys the app, all of it or one part", async () => {
    const app = makeApp();
    writeFileSync(join(app, "package-lock.json"), "{}");

    const nginx = await generate(app, "deploy", "nginx");
    const refused = await generate(app, "deploy");
    rmSync(join(app, "deploy"), { recursive: true });
    const all = await generate(app, "deploy");

    expect(nginx.stdout).toBe("created  deploy/nginx.conf\n");
    expect(refused).toMatchObject({
      exitCode: 1,
      stderr: 'error: "deploy/nginx.conf" is there already. Choose another name, or move it away.\n',
    });
    expect(all.stdout.match(/\S+$/gm)).toEqual([
      "Dockerfile",
      ".dockerignore",
      "deploy/app.service",
      "deploy/nginx.conf",
    ]);
    const dockerfile = readFileSync(join(app, "Dockerfile"), "utf8");
    expect(dockerfile).toContain("COPY package.json package-lock.json ./\nRUN npm ci\n");
    expect(dockerfile).toMatch(/^USER node$/m);
  });

  it("writes nothing with --dry-run", async () => {
    const app = makeApp();
    const before = contents(app);

    const run = await generate(app, "handler", "archive", "--dry-run");

    expect(run.stdout).toContain("would create  src/handlers/archive.ts\n");
    expect(run.stdout).toContain("would change  src/routes.ts\n");
    expect(contents(app)).toEqual(before);
  });

  it("overwrites nothing, and writes nothing else then", async () => {
    const app = makeApp();
    mkdirSync(join(app, "test/handlers"));
    writeFileSync(join(app, "test/handlers/archive.test.ts"), "mine");
    const before = contents(app);

    const run = await generate(app, "handler", "archive");

    expect(run).toMatchObject({ exitCode: 1, stdout: "" });
    expect(run.stderr).toContain('"test/handlers/archive.test.ts" is there already.');
    expect(contents(app)).toEqual(before);
  });

  it("undoes everything when something fails", async () => {
    const app = makeApp();
    rmSync(join(app, "test"), { recursive: true });
    writeFileSync(join(app, "test"), "not a folder");
    const before = contents(app);

    const run = await generate(app, "handler", "stories/archive");

    expect(run).toMatchObject({ exitCode: 1, stdout: "" });
    expect(contents(app)).toEqual(before);
    expect(existsSync(join(app, "src/handlers/stories"))).toBe(false);
  });

  it("keeps the permissions of a file that it changes", async () => {
    const app = makeApp();
    chmodSync(join(app, "src/routes.ts"), 0o640);

    await generate(app, "handler", "archive");

    expect(statSync(join(app, "src/routes.ts")).mode & 0o777).toBe(0o640);
    expect(readdirSync(join(app, "src")).sort()).toEqual(["app.ts", "handlers", "routes.ts"]);
  });

  it.each([
    [["handlr", "x"], 'There is no generator for "handlr". Did you mean "handler"?'],
    [
      ["constructor", "x"],
      'There is no generator for "constructor". There are: handler, websocket, module, template, deploy, locale.',
    ],
    [["handler"], 'The handler has no name. Add one: "tornado generate handler stories/archive".'],
    [["websocket"], 'The websocket has no name. Add one: "tornado generate websocket chat".'],
    [["handler", "../x"], '"../x" cannot name a handler. Use letters'],
    [["handler", "a//b"], '"a//b" cannot name a handler.'],
    [["module", "1st"], '"1st" cannot name a module.'],
    [["template", "con"], '"con" cannot name a template.'],
    [["handler", "request", "x"], "too many arguments"],
    [["handler", "admin/base"], "which is the one that it extends"],
    [["module", "Template"], "is a module of the framework"],
    [["deploy", "dokcer"], 'There is no deployment called "dokcer". Did you mean "docker"?'],
    [[], 'missing required argument "kind".'],
  ])("answers %j with one line and the exit code 2", async (words, message) => {
    const run = await generate(makeApp(), ...words);

    expect(run).toMatchObject({ exitCode: 2, stdout: "" });
    expect(run.stderr).toMatch(/^error: .*\n$/);
    expect(run.stderr).toContain(message);
  });
});
