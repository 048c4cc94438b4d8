import { type ChildProcess, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { plainEnvironment, repository, runProgram, temporaryFolder } from "./run-program.js";

const { version } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as { version: string };
let folder: string;

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function tornado(programArguments: string[], cwd = folder, environment: Record<string, string> = {}) {
  return runProgram("tornado", programArguments, { cwd, environment });
}

/** An app as the generator makes it, without its packages. */
function makeApp(template = "app"): string {
  const app = join(folder, template);
  const isSource = (path: string) => !/[\\/]node_modules$/.test(path);
  cpSync(join(repository, "templates", template), app, { recursive: true, filter: isSource });
  writeFileSync(join(app, ".env"), `COOKIE_SECRET=${randomBytes(64).toString("base64url")}\n`);
  return app;
}

/** Ends a server in the way of production, once it has told its address. */
function stopWhenServing(child: ChildProcess): void {
  let output = "";
  let isTold = false;
  const listen = (text: Buffer) => {
    output += text.toString();
    if (isTold || !/127\.0\.0\.1:\d+/.test(output)) return;
    isTold = true;
    child.kill("SIGTERM");
  };
  child.stdout!.on("data", listen);
  child.stderr!.on("data", listen);
}

function widest(text: string): number {
  return Math.max(...text.split("\n").map((line) => line.length));
}

describe("tornado shell", () => {
  it("runs what is piped in, a line after the other, with the app at hand", async () => {
    const app = makeApp("api");
    const input = [
      "app.describeRoutes().length",
      'await get("/health")',
      "const double = (value) => {",
      "  return 2 * value;",
      "};",
      'double((await fetch("/nowhere")).status)',
    ];

    const run = await runProgram("tornado", ["shell"], { cwd: app, input: `${input.join("\n")}\n` });

    expect(run).toMatchObject({ exitCode: 0, stdout: '3\n\'{"status":"ok"}\'\n808\n' });
  });

  it.each([
    ["nowhere()\n1 + 1\n", "Uncaught ReferenceError: nowhere is not defined\n2\n"],
    ["const half = {\n", "Uncaught SyntaxError: Unexpected end of input\n"],
  ])("fails when something of %j fails, and goes on", async (input, stdout) => {
    const run = await runProgram("tornado", ["shell"], { cwd: makeApp("minimal"), input });

    expect(run).toMatchObject({ exitCode: 1, stdout });
  });
});

describe("the program", () => {
  it.each(["tornado", "create-tornado-app"])("%s tells its version, alone and among other words", async (name) => {
    const alone = await runProgram(name, ["--version"], { cwd: folder });
    const among = await runProgram(name, ["--verbose", "--version"].slice(name === "tornado" ? 1 : 0), { cwd: folder });

    expect(alone).toMatchObject({ exitCode: 0, stdout: `${version}\n`, stderr: "" });
    expect(among.stdout).toBe(`${version}\n`);
  });

  it("prints its help when there is no command", async () => {
    const run = await tornado([]);

    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    expect(run.stdout).toMatchSnapshot();
    expect(widest(run.stdout)).toBeLessThanOrEqual(80);
  });

  it("knows what a person means by help", async () => {
    const runs = [await tornado(["help"]), await tornado(["help", "dev"]), await tornado(["help", "dve"])];

    expect(runs[0]!.stdout).toMatch(/^Usage: tornado <command>/);
    expect(runs[1]!.stdout).toMatch(/^Usage: tornado dev /);
    expect(runs[2]).toMatchObject({ exitCode: 2, stderr: 'error: There is no command "dve". Did you mean "dev"?\n' });
  });

  it.each(["dev", "build", "start", "routes", "check", "generate", "secret", "info", "completion"])(
    "has help for %s",
    async (command) => {
      const run = await tornado([command, "--help"]);

      expect(run).toMatchObject({ exitCode: 0, stderr: "" });
      expect(run.stdout).toMatch(new RegExp(`^Usage: tornado ${command} `));
      expect(widest(run.stdout)).toBeLessThanOrEqual(80);
    },
  );

  it.each([
    [["dve"], 'There is no command "dve". Did you mean "dev"?'],
    [["frobnicate"], 'There is no command "frobnicate". There are: dev, build,'],
    [["--prot"], 'unknown option "--prot".'],
    [["dev", "--prot", "1"], 'unknown option "--prot". Did you mean --port?'],
    [["dev", "extra"], "too many arguments"],
    [["completion"], 'missing required argument "shell".'],
    [["completion", "bsh"], 'There is no completion for "bsh". Did you mean "bash"?'],
  ])("answers %j with one line and the exit code 2", async (words, message) => {
    const run = await tornado(words);

    expect(run.exitCode).toBe(2);
    expect(run.stdout).toBe("");
    expect(run.stderr).toMatch(/^error: .*\n$/);
    expect(run.stderr).toContain(message);
  });

  it.each([[["dev"]], [["build"]], [["start"]], [["routes"]], [["check"]], [["generate", "template", "about"]]])(
    "says of %j outside an app what an app is",
    async (words) => {
      const run = await tornado(words);

      expect(run).toMatchObject({ exitCode: 1, stdout: "" });
      expect(run.stderr).toBe(
        `error: No Tornado app in "${folder}" or above it: an app has a package.json and a src/app.ts. ` +
          'Change to an app\'s folder, or make one with "create-tornado-app".\n',
      );
    },
  );

  it("shows a stack only with --verbose", async () => {
    const run = await tornado(["build", "--verbose"]);

    expect(run.stderr).toMatch(/^error: No Tornado app .*\nTornadoError: .*\n {4}at /);
  });

  it("does not mind a reader that goes away, or closed streams", () => {
    const command = `"${process.execPath}" "${repository}bin/tornado.js"`;

    const piped = spawnSync(
      "bash",
      ["-c", `set -o pipefail; ${command} --help | true; ${command} completion zsh | head -1`],
      {
        env: plainEnvironment(),
        encoding: "utf8",
      },
    );
    const closed = spawnSync("sh", ["-c", `${command} secret <&- >&- 2>&-`], { env: plainEnvironment() });

    expect(piped.stderr).toBe("");
    expect(piped.stdout).toBe("#compdef tornado\n");
    expect(closed.status).toBe(0);
  });
});

describe("secret", () => {
  it("prints another one each time, and nothing else", async () => {
    const [one, two] = await Promise.all([tornado(["secret"]), tornado(["secret"])]);

    expect(one.stdout).toMatch(/^[\w-]{86}\n$/);
    expect(one.stdout).not.toBe(two.stdout);
  });
});

describe("info", () => {
  it("tells versions and folders as JSON", async () => {
    const run = await tornado(["info", "--json"], makeApp());

    expect(JSON.parse(run.stdout)).toMatchObject({
      tornado: version,
      node: process.versions.node,
      app: join(folder, "app"),
    });
  });
});

describe("completion", () => {
  it.each(["bash", "zsh", "fish"])("for %s names every command and flag", async (shell) => {
    const run = await tornado(["completion", shell]);

    for (const word of ["routes", "check", "generate", "handler", "live-reload", "graceful-timeout"])
      expect(run.stdout).toContain(word);
  });

  it("works in bash", async () => {
    const { stdout } = await tornado(["completion", "bash"]);

    const completed = spawnSync(
      "bash",
      ["-c", `${stdout}\nCOMP_WORDS=(tornado start --po); COMP_CWORD=2; _tornado; echo "\${COMPREPLY[*]}"`],
      { encoding: "utf8" },
    );

    expect(completed.stdout).toBe("--port\n");
  });
});

describe("tornado.config.ts", () => {
  it("is read, and its faults are named with their place", async () => {
    const app = makeApp("minimal");
    writeFileSync(
      join(app, "tornado.config.ts"),
      'const folder: string = "src";\nexport default { build: { outdir: folder } };\n',
    );

    const run = await tornado(["build"], app);

    expect(run).toMatchObject({ exitCode: 2 });
    expect(run.stderr).toContain("which holds its sources");
    expect(readdirSync(app)).toContain("src");
  });

  it.each([
    [
      "export default { dev: { prot: 1 } };",
      '"dev" in tornado.config.ts has the unknown key "prot". Did you mean "port"?',
      2,
    ],
    ["export default { devv: {} };", 'tornado.config.ts has the unknown key "devv". Did you mean "dev"?', 2],
    [
      'export default { dev: { port: "x" } };',
      'dev.port = "x" in tornado.config.ts is not a whole number from 0 to 65535.',
      2,
    ],
    ["export const x = 1;", "tornado.config.ts exports no options.", 1],
    ["export default {", "tornado.config.ts cannot be loaded: tornado.config.ts:1:", 1],
    ['throw new Error("from the file");', "tornado.config.ts cannot be loaded: from the file", 1],
  ])("that says %j is refused", async (content, message, exitCode) => {
    const app = makeApp("minimal");
    writeFileSync(join(app, "tornado.config.ts"), content);

    const run = await tornado(["dev"], app);

    expect(run.stderr).toContain(message);
    expect(run.exitCode).toBe(exitCode);
  });
});

describe("routes", () => {
  it("lists every route of an app that has no node_modules", async () => {
    const app = makeApp();

    const run = await tornado(["routes"], app);

    expect(run.stderr).toBe("");
    expect(run.stdout).toMatch(/\/sign-in +SignInHandler +sign-in\n/);
    expect(readdirSync(app)).not.toContain("node_modules");
    expect(readdirSync(app)).not.toContain(".tornado");
  });

  it("prints JSON", async () => {
    const run = await tornado(["routes", "--json"], makeApp());

    expect(JSON.parse(run.stdout)).toContainEqual({
      pattern: "/",
      name: "home",
      handler: "HomeHandler",
      methods: expect.arrayContaining(["GET"]),
    });
    expect(run.stdout).toContain('"pattern": "/static/(.*)"');
  });

  it("points at a syntax error", async () => {
    const app = makeApp("minimal");
    writeFileSync(join(app, "src/app.ts"), "export function makeApp( {\n");

    const run = await tornado(["routes"], app);

    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/^error: src\/app\.ts:\d+:\d+: /);
  });
});

describe("an app that cannot be made", () => {
  it.each([
    ["exports nothing", "export const x = 1;", '"src/app.ts" exports no makeApp. Add: '],
    ["makes something else", "export function makeApp() { return 3; }", "makeApp in src/app.ts does not give an App"],
    [
      "throws in makeApp",
      'export function makeApp() {\n  throw new TypeError("no database");\n}',
      "The app fails when it is made: TypeError: no database (src/app.ts:2:9)",
    ],
    [
      "throws when it is loaded",
      'throw new Error("no");\nexport function makeApp() {}',
      "The app fails when it is made: Error: no (src/app.ts:1:7)",
    ],
    [
      "lacks a package",
      'import "not-there/deep";\nexport function makeApp() {}',
      'The app imports "not-there", which is not installed. Install what package.json names, or add it: npm install not-there',
    ],
  ])("because it %s is told in one line", async (_, source, message) => {
    const app = makeApp("minimal");
    writeFileSync(join(app, "src/app.ts"), source);

    const run = await tornado(["routes"], app);

    expect(run).toMatchObject({ exitCode: 1, stdout: "" });
    expect(run.stderr).toMatch(/^error: .*\n$/);
    expect(run.stderr.slice("error: ".length)).toMatch(message.startsWith('"') ? /^"/ : /^[A-Zm]/);
    expect(run.stderr).toContain(message);
  });
});

describe("check", () => {
  it("says when it has not looked at the types, and counts in words", async () => {
    const run = await tornado(["check"], makeApp("minimal"));

    expect(run.stdout).toMatch(/^○ types +not checked: typescript is not installed\n/);
    expect(run.stdout).toMatch(/✔ application +1 route\n/);
  });

  it("finds nothing wrong with a new app", async () => {
    const run = await tornado(["check"], makeApp());

    expect(run.stdout).toMatch(/✔ application +\d+ routes/);
    expect(run.stdout).toMatch(/✔ templates +4 compiled/);
    expect(run.exitCode).toBe(0);
  });

  it("tells of all errors in one run", async () => {
    const app = makeApp();
    mkdirSync(join(app, "templates/more"));
    writeFileSync(join(app, "templates/more/one.html"), "{% if x %}\n");
    writeFileSync(join(app, "templates/more/two.html"), "a\n{{ ) }}\n");

    const run = await tornado(["check"], app);

    expect(run.exitCode).toBe(1);
    expect(run.stdout).toMatch(/✖ templates +2 errors\n/);
    expect(run.stdout).toContain("templates/more/one.html:2:1: ");
    expect(run.stdout).toContain("templates/more/two.html:2:4: ");
  });

  it("finds that the secret is missing, as in a fresh clone", async () => {
    const app = makeApp();
    rmSync(join(app, ".env"));

    const run = await tornado(["check"], app);

    expect(run.exitCode).toBe(1);
    expect(run.stdout).toContain("COOKIE_SECRET is not set. Put one into .env, as .env.example shows. (src/app.ts:");
  });

  it("finds a weak secret before production does", async () => {
    const app = makeApp();
    writeFileSync(join(app, ".env"), "COOKIE_SECRET=short\n");

    const run = await tornado(["check"], app);

    expect(run.exitCode).toBe(1);
    expect(run.stdout).toMatch(/✖ application +1 error\n.*cookieSecret/);
  });
});

describe("build and start", () => {
  it("build an app that has no node_modules, and serve it by what the three sources say", async () => {
    const app = makeApp();
    writeFileSync(
      join(app, "tornado.config.ts"),
      "export default { start: { port: 1, host: '127.0.0.1', maxRestarts: 7 } };\n",
    );

    const built = await tornado(["build"], app);
    const started = await runProgram("tornado", ["start", "--port", "0"], {
      cwd: app,
      environment: { TORNADO_PORT: "2" },
      started: stopWhenServing,
    });

    const refused = await tornado(["start", "--ssl-cert", "x.pem"], app);

    expect(refused.stderr).toMatch(/^error: HTTPS needs a certificate and its key\..*remove the other\.\n$/m);
    expect(built).toMatchObject({ exitCode: 0, stderr: "" });
    expect(built.stdout).toMatch(/^✔ Built dist: \d+ files in \d+ ms\.\n/);
    expect(readFileSync(join(app, "dist/server.js"), "utf8")).toMatch(/maxRestarts"?: ?7/);
    expect(started.exitCode).toBe(0);
    expect(started.stderr).toContain("127.0.0.1");
  });

  it("refuses a file as the folder to build into", async () => {
    const run = await tornado(["build", "--outdir", "README.md"], makeApp("minimal"));

    expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/README.md" is a file. Choose another/) });
  });

  it("says that nothing was built", async () => {
    const run = await tornado(["start"], makeApp("minimal"));

    expect(run).toMatchObject({
      exitCode: 1,
      stderr: 'error: There is no dist/server.js. Run "tornado build" first, or "tornado dev" to develop.\n',
    });
  });
});
