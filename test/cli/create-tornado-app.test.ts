import { type ChildProcess, execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { plainEnvironment, type RunOptions, repository, runProgram, temporaryFolder } from "./run-program.js";
import { Terminal } from "./terminal.js";

let folder: string;

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function create(programArguments: string[], options: Partial<RunOptions> = {}) {
  return runProgram("create-tornado-app", programArguments, { cwd: folder, ...options });
}

/** Every path below a folder with its content, without git's own. */
function snapshot(root: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = relative(root, join(entry.parentPath, entry.name));
    if (/(?:^|\/)\.git(?:\/|$)/.test(path)) continue;
    found[path] = entry.isFile() ? readFileSync(join(root, path), "utf8") : "";
  }
  return found;
}

/** Puts a program called `name` first in the PATH. */
function fakeProgram(name: string, script: string): Record<string, string> {
  const bin = join(folder, "..", `${folder.split("/").pop()}-bin`);
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, name), 0o755);
  return { PATH: `${bin}:${process.env.PATH}` };
}
afterEach(() => rmSync(`${folder}-bin`, { recursive: true, force: true }));

const FAKE_INSTALL =
  "mkdir -p node_modules/.bin && echo installed > node_modules/vitest && echo {} > package-lock.json";

describe("what it makes", () => {
  it("is an app with a secret of its own, in a repository with one commit", async () => {
    const run = await create(["shop", "--no-install"]);

    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    expect(run.stdout).toContain("Made shop from the template app: 22 files.");
    expect(Object.keys(snapshot(folder)).sort()).toMatchSnapshot();
    const manifest = JSON.parse(readFileSync(join(folder, "shop/package.json"), "utf8"));
    expect(manifest).toMatchObject({
      name: "shop",
      type: "module",
      dependencies: { tornado: `file:${repository.replace(/\/$/, "")}` },
      allowScripts: { esbuild: true },
    });
    expect(readFileSync(join(folder, "shop/README.md"), "utf8")).toMatch(/^# shop\n/);
    expect(readFileSync(join(folder, "shop/.env"), "utf8")).toMatch(/^COOKIE_SECRET=[\w-]{86}$/m);
    expect(statSync(join(folder, "shop/.env")).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, "shop/.env.example"), "utf8")).toMatch(/^COOKIE_SECRET=$/m);
    expect(execFileSync("git", ["status", "--porcelain"], { cwd: join(folder, "shop"), encoding: "utf8" })).toBe("");
    expect(execFileSync("git", ["ls-files", ".env"], { cwd: join(folder, "shop"), encoding: "utf8" })).toBe("");
  });

  it("has another secret each time", async () => {
    await create(["one", "--no-install", "--no-git"]);
    await create(["two", "--no-install", "--no-git"]);

    expect(readFileSync(join(folder, "one/.env"), "utf8")).not.toBe(readFileSync(join(folder, "two/.env"), "utf8"));
  });

  it("speaks the words of the package manager that started it", async () => {
    const run = await create(["shop", "--no-install", "--no-git"], {
      environment: { npm_config_user_agent: "pnpm/10.1.0 npm/?" },
    });

    expect(run.stdout).toContain("  cd shop\n  pnpm install\n  pnpm dev\n");
    expect(run.stdout).toContain("--package-manager pnpm");
    expect(readFileSync(join(folder, "shop/README.md"), "utf8")).toContain("pnpm test");
    expect(existsSync(join(folder, "shop/pnpm-workspace.yaml"))).toBe(true);
  });

  it("prints the command that makes the same again", async () => {
    const first = await create(["shop", "--template", "minimal", "--no-install", "--no-git"]);
    const again = /^The same again: (.*)$/m.exec(first.stdout)![1]!;
    const before = snapshot(join(folder, "shop"));
    rmSync(join(folder, "shop"), { recursive: true });

    execFileSync("sh", ["-c", again], { cwd: folder, env: plainEnvironment() });

    expect(Object.keys(snapshot(join(folder, "shop")))).toEqual(Object.keys(before));
  });

  it("stands in the current folder when asked to, under a name that npm takes", async () => {
    mkdirSync(join(folder, "My App/.git"), { recursive: true });
    writeFileSync(join(folder, "My App/LICENSE"), "mine");

    const run = await create([".", "--no-install"], { cwd: join(folder, "My App") });

    expect(run.stdout).toContain("Made this folder");
    expect(run.stdout).not.toContain("  cd ");
    expect(JSON.parse(readFileSync(join(folder, "My App/package.json"), "utf8")).name).toBe("my-app");
    expect(readFileSync(join(folder, "My App/LICENSE"), "utf8")).toBe("mine");
  });

  it("is put among existing files with --force, and changes none of them", async () => {
    mkdirSync(join(folder, "shop/src"), { recursive: true });
    writeFileSync(join(folder, "shop/README.md"), "mine");
    writeFileSync(join(folder, "shop/src/app.ts"), "mine too");
    writeFileSync(join(folder, "shop/.gitignore"), "*.tmp\n");

    const run = await create(["shop", "--force", "--no-install", "--no-git"]);

    expect(run.exitCode).toBe(0);
    expect(run.stdout).toContain("Kept as they were: .gitignore, README.md, src/app.ts.");
    expect(run.stdout).toContain("Add a line with .env to your .gitignore");
    const after = snapshot(join(folder, "shop"));
    expect(after).toMatchObject({ "README.md": "mine", "src/app.ts": "mine too", ".gitignore": "*.tmp\n" });
    expect(after["src/routes.ts"]).toContain("HomeHandler");
  });

  it("is left alone when all of it is there already", async () => {
    await create(["shop", "--no-install", "--no-git"]);
    const before = snapshot(join(folder, "shop"));

    const run = await create(["shop", "--force", "--no-install", "--no-git"]);

    expect(run.exitCode).toBe(0);
    expect(run.stdout).toContain("All of the template app is in shop already: nothing was made.");
    expect(snapshot(join(folder, "shop"))).toEqual(before);
  });

  it("is only listed with --dry-run", async () => {
    const run = await create(["shop", "--template", "minimal", "--dry-run"]);

    expect(run.stdout).toContain("Would make shop from the template minimal: 9 files.\n  .env\n");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("has its packages installed in silence", async () => {
    const environment = fakeProgram("npm", `echo chatter; echo "$NODE_ENV $*" > arguments.txt; ${FAKE_INSTALL}`);

    const run = await create(["shop", "--no-git"], { environment: { ...environment, NODE_ENV: "production" } });

    expect(run.stdout).not.toContain("chatter");
    expect(run.stdout).toContain("  cd shop\n  npm run dev\n");
    expect(readFileSync(join(folder, "shop/arguments.txt"), "utf8")).toMatch(/^development install/);
    expect(readFileSync(join(folder, "shop/node_modules/vitest"), "utf8")).toBe("installed\n");
  });
});

describe("git", () => {
  it("is left alone inside a repository", async () => {
    execFileSync("git", ["init", "--quiet"], { cwd: folder });

    const run = await create(["shop", "--no-install"]);

    expect(run.exitCode).toBe(0);
    expect(existsSync(join(folder, "shop/.git"))).toBe(false);
    expect(run.stdout).toContain("\n\n  Started no git repository: it is inside one already.\n");
  });

  it("makes no commit without an identity, and says so", async () => {
    const environment = { HOME: folder, GIT_CONFIG_GLOBAL: "/dev/null", EMAIL: "", GIT_CONFIG_COUNT: "1" };
    const useConfigOnly = { GIT_CONFIG_KEY_0: "user.useConfigOnly", GIT_CONFIG_VALUE_0: "true" };

    const run = await create(["shop", "--no-install"], { environment: { ...environment, ...useConfigOnly } });

    expect(run.exitCode).toBe(0);
    expect(run.stdout).toContain("without a first commit: git does not know your name and email.");
  });

  it("may be missing", async () => {
    const environment = fakeProgram("node", "");
    const run = await create(["shop", "--no-install"], { environment: { PATH: environment.PATH!.split(":")[0]! } });

    expect(run.exitCode).toBe(0);
    expect(run.stdout).toContain("Started no git repository: git is not installed.");
  });

  it("runs no hook and signs nothing", async () => {
    mkdirSync(join(folder, "hooks"));
    writeFileSync(join(folder, "hooks/pre-commit"), "#!/bin/sh\nsleep 60\n", { mode: 0o755 });
    writeFileSync(
      join(folder, "config"),
      `[core]\nhooksPath = ${folder}/hooks\n[commit]\ngpgsign = true\n[user]\nname = A\nemail = a@b.c\n`,
    );

    const run = await create(["shop", "--no-install"], { environment: { GIT_CONFIG_GLOBAL: join(folder, "config") } });

    expect(run.stdout).not.toContain("git repository");
    expect(execFileSync("git", ["log", "--format=%s"], { cwd: join(folder, "shop"), encoding: "utf8" })).toBe(
      "Start with create-tornado-app\n",
    );
  });
});

describe("a refusal", () => {
  it.each([
    ["a bad name", ["My Bad App"], 2, 'it has capital letters; it has spaces. Try "my-bad-app".'],
    ["a name that is empty, as of a variable that is not set", [""], 2, '"" cannot be the name of an app: it is empty'],
    ["the root of the disk", ["/"], 2, '"/" cannot be the name of an app'],
    ["a name that commands the terminal", ["a\u001b[2Jb\nc"], 2, '"a\\u001b[2Jb\\nc" cannot be the name of an app'],
    ["a bad name in a good folder", ["apps/My App"], 2, 'Try "apps/my-app".'],
    [
      "an unknown template",
      ["shop", "--template", "minimial"],
      2,
      'There is no template "minimial". Did you mean "minimal"?',
    ],
    ["a template that is like no other", ["shop", "-t", "react"], 2, "There are: app, minimal, api, chat, todo."],
    ["an unknown flag", ["shop", "--temlate", "x"], 2, 'unknown option "--temlate". Did you mean --template?'],
    ["two folders", ["shop", "store"], 2, 'too many arguments: "shop" and "store".\n'],
    [
      "an unknown package manager",
      ["shop", "--package-manager", "npn"],
      2,
      '--package-manager "npn" is not known. Did you mean "npm"?',
    ],
    ["a folder in use", ["used"], 1, "is not empty: it has notes.txt. Choose another folder, or use --force"],
    ["a file of that name", ["used/notes.txt"], 1, "is a file"],
    ["a parent that is a file", ["used/notes.txt/shop"], 1, "not a folder"],
    ["a path that is too long", [`${"x".repeat(200)}/${"y".repeat(300)}/shop`], 1, "longer than the disk allows"],
  ])("of %s is one line, and changes nothing", async (_, programArguments, exitCode, message) => {
    mkdirSync(join(folder, "used"));
    writeFileSync(join(folder, "used/notes.txt"), "mine");
    const before = snapshot(folder);

    const run = await create([...programArguments, "--no-install"]);

    expect(run.exitCode).toBe(exitCode);
    expect(run.stdout).toBe("");
    expect(run.stderr).toMatch(/^error: .*\n$/);
    expect(run.stderr).toContain(message);
    expect(snapshot(folder)).toEqual(before);
  });

  it("of an option that npm kept for itself says how to hand it on", async () => {
    const run = await create(["shop", "minimal"], { environment: { npm_command: "exec" } });

    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('as in "npm create tornado-app shop -- --template minimal".\n');
  });

  it.skipIf(process.getuid?.() !== 0)("of a folder that may not be written is one line", async () => {
    chmodSync(folder, 0o755);

    const run = await create(["shop", "--no-install"], { through: ["setpriv", "--reuid", "65534", "--clear-groups"] });

    expect(run).toMatchObject({
      exitCode: 1,
      stderr: `error: You may not write in "${folder}". Choose another folder, or change its permissions.\n`,
    });
  });

  it.skipIf(process.getuid?.() !== 0)("of a folder that may not be read is one line", async () => {
    mkdirSync(join(folder, "shop"));
    chmodSync(join(folder, "shop"), 0o333);
    chmodSync(folder, 0o755);

    const run = await create(["shop", "--no-install"], { through: ["setpriv", "--reuid", "65534", "--clear-groups"] });

    expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("error: You may not") });
  });

  it("of a current folder that was removed is one line", async () => {
    const script = `mkdir gone; cd gone; rmdir ../gone; for command in "create-tornado-app.js x" "tornado.js routes" "tornado.js start"; do
      ${process.execPath} ${repository}bin/$command; done`;

    const run = spawnSync("sh", ["-c", script], { cwd: folder, env: plainEnvironment(), encoding: "utf8" });

    const line = "error: The current folder is not there any more. Change to another one.\n";
    expect(run.stderr).toBe(line.repeat(3));
  });

  it.skipIf(!existsSync("/dev/full"))("of an output that cannot be written is one line", () => {
    const script = `${process.execPath} ${repository}bin/create-tornado-app.js --list-templates > /dev/full`;

    const run = spawnSync("sh", ["-c", script], { env: plainEnvironment(), encoding: "utf8" });

    expect(run).toMatchObject({ status: 1, stderr: "error: The output cannot be written (ENOSPC).\n" });
  });

  it.skipIf(!canMount())("of a full disk leaves nothing", async () => {
    const disk = join(folder, "disk");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=40k", "tmpfs", disk]);
    try {
      const made = await create([join(disk, "deep/shop"), "--no-install"]);
      const among = await create([disk, "--no-install"]);

      expect([made.exitCode, among.exitCode]).toEqual([1, 1]);
      expect(made.stderr).toContain("No space is left on the disk of");
      expect(readdirSync(disk)).toEqual([]);
    } finally {
      execFileSync("umount", [disk]);
    }
  });
});

describe("a failed install", () => {
  it("leaves nothing, shows what the package manager said, and how to go on without", async () => {
    const environment = fakeProgram("npm", `${FAKE_INSTALL}; echo "npm error network"; exit 7`);

    const run = await create(["deep/shop"], { environment });

    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain("npm error network\n");
    expect(run.stderr).toContain(
      'error: "npm install" failed with exit code 7, so nothing was made. Make it without installing: node ',
    );
    expect(run.stderr).toContain(" deep/shop --template app --package-manager npm --no-install --yes\n");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("shows the end of a long output, and none of a disk that is full", async () => {
    const long = fakeProgram("npm", "seq 1 5000; exit 1");
    const shown = await create(["shop"], { environment: long });
    const full = fakeProgram("npm", "seq 1 5000; echo npm error ENOSPC: no space left on device, write; exit 228");
    const told = await create(["shop"], { environment: full });

    expect(shown.stderr).toMatch(/^… 4960 lines before\n4961\n/);
    expect(told.stderr).toBe(
      `error: No space is left on the disk of "${folder}". Free some, or choose another disk.\n`,
    );
  });

  it("does not wait long for a network that is not there, unless the person says so", async () => {
    const environment = fakeProgram("npm", "env | grep fetch_retry; exit 1");
    const quick = await create(["shop"], { environment });
    const patient = await create(["shop"], { environment: { ...environment, npm_config_fetch_retry_mintimeout: "9" } });

    expect(quick.stderr).toContain("npm_config_fetch_retry_maxtimeout=4000\n");
    expect(patient.stderr).toContain("npm_config_fetch_retry_mintimeout=9\n");
  });

  it("puts an existing folder back as it was", async () => {
    mkdirSync(join(folder, "shop/src"), { recursive: true });
    writeFileSync(join(folder, "shop/src/mine.ts"), "mine");
    const environment = fakeProgram("npm", `${FAKE_INSTALL}; exit 1`);

    const run = await create(["shop", "--force"], { environment });

    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain("everything was put back");
    expect(snapshot(join(folder, "shop"))).toEqual({ src: "", "src/mine.ts": "mine" });
  });

  it("is what a package manager that is not there amounts to", async () => {
    const run = await create(["shop", "--package-manager", "bun"], { environment: { PATH: "/nowhere" } });

    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain("error: bun is not installed, so nothing was made.");
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("a cancellation", () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "by %s in the middle of the install leaves nothing",
    async (signal) => {
      const environment = fakeProgram("npm", `${FAKE_INSTALL}; touch "${folder}-bin/started"; sleep 60`);
      const run = await create(["shop"], {
        environment,
        started: (child) => void whenThere(`${folder}-bin/started`).then(() => child.kill(signal)),
      });

      expect(run).toMatchObject({ exitCode: 130, stderr: "Cancelled.\n" });
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  it("ends an npm that does not listen, and leaves nothing", async () => {
    const environment = fakeProgram(
      "npm",
      `trap '' TERM INT; ${FAKE_INSTALL}; touch "${folder}-bin/started"; while true; do sleep 0.1; done`,
    );
    const run = await create(["shop"], {
      environment,
      started: (child) => void whenThere(`${folder}-bin/started`).then(() => child.kill("SIGINT")),
    });

    expect(run.exitCode).toBe(130);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("at any of 20 moments leaves the whole app or nothing", async () => {
    const environment = fakeProgram("npm", `${FAKE_INSTALL}; sleep 0.05`);
    await create(["shop"], { environment });
    const whole = Object.keys(snapshot(join(folder, "shop"))).sort();
    const outcomes = new Set<string>();
    const attempt = async (index: number): Promise<void> => {
      const signal = (["SIGINT", "SIGTERM", "SIGKILL"] as const)[index % 3]!;
      const parent = join(folder, String(index));
      mkdirSync(parent);
      const kill = (child: ChildProcess) => setTimeout(() => child.kill(signal), 20 + Math.random() * 300);

      await create(["shop"], { cwd: parent, environment, started: kill });

      // SIGKILL cannot be noticed: a hidden folder may stay then, but never half an app under its own name.
      const left = readdirSync(parent).filter((name) => signal !== "SIGKILL" || !name.startsWith(".shop.making-"));
      outcomes.add(left.join(" "));
      if (left.length > 0) {
        expect(Object.keys(snapshot(join(parent, "shop"))).sort()).toEqual(whole);
        expect(existsSync(join(parent, "shop/.git/refs/heads"))).toBe(true);
      }
    };

    for (let index = 0; index < 20; index += 4)
      await Promise.all([0, 1, 2, 3].map((offset) => attempt(index + offset)));

    expect([...outcomes].filter((outcome) => outcome !== "" && outcome !== "shop")).toEqual([]);
  });
});

describe("at a terminal", () => {
  let terminal: Terminal | undefined;

  afterEach(() => {
    terminal?.close();
    terminal = undefined;
  });

  function start(flags: string): Terminal {
    terminal = new Terminal(`${process.execPath} ${repository}bin/create-tornado-app.js ${flags}`, folder);
    return terminal;
  }

  it("asks for the name and the template, and says what it will do", async () => {
    const screen = start("--no-install");
    await screen.shows("Name of the app");
    screen.type("Shop", "Enter");
    await screen.shows("Not possible: it has capital letters. Try shop");
    screen.type("BSpace", "BSpace", "BSpace", "BSpace", "shop", "Enter");
    await screen.shows("minimal  One handler and its test");
    screen.type("Down", "Enter");
    await screen.shows("This will make shop from the template minimal and start a git repository.");
    screen.type("Enter");

    await screen.shows("exit code 0");

    expect(existsSync(join(folder, "shop/src/app.ts"))).toBe(true);
  });

  it("is cancelled by Ctrl-C in a question", async () => {
    const screen = start("");
    await screen.shows("Name of the app");
    screen.type("C-c");

    await screen.shows("exit code 130");

    expect(readdirSync(folder)).toEqual([]);
  });

  it("is cancelled by SIGTERM in a question, and gives the cursor back", async () => {
    const program = `${process.execPath} ${repository}bin/create-tornado-app.js`;
    terminal = new Terminal(`sh -c 'echo "pid $$ ."; exec ${program}'`, folder);
    const text = await terminal.shows("Name of the app");

    process.kill(Number(/pid (\d+) \./.exec(text)![1]), "SIGTERM");

    await terminal.shows("exit code 130");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("has no colour in its questions with NO_COLOR", async () => {
    terminal = new Terminal(`NO_COLOR=1 ${process.execPath} ${repository}bin/create-tornado-app.js`, folder);
    await terminal.shows("Name of the app");

    expect(terminal.screen({ withEscapes: true })).not.toMatch(/\u001b\[(?:3[0-7]|9[0-7])m/);
  });

  it("asks nothing at a dumb terminal", async () => {
    const command = `TERM=dumb ${process.execPath} ${repository}bin/create-tornado-app.js --no-install --no-git`;
    terminal = new Terminal(command, folder);

    await terminal.shows("exit code 0");
  });

  it("asks nothing that was said", async () => {
    const screen = start("shop --template minimal --no-install --no-git");

    const text = await screen.shows("exit code 0");

    expect(text).not.toContain("?");
  });

  it("asks nothing with --yes", async () => {
    const screen = start("--yes --no-install --no-git");

    await screen.shows("exit code 0");

    expect(readdirSync(folder)).toEqual(["tornado-app"]);
  });
});

it("never asks without a terminal", async () => {
  const run = await create(["--no-install", "--no-git"]);

  expect(run.exitCode).toBe(0);
  expect(run.stdout).toContain('No directory was given, so it is "tornado-app".');
  expect(run.stdout).not.toContain("\u001b");
});

it("has help that fits a terminal of 80 columns", async () => {
  const run = await create(["--help"]);

  expect(Math.max(...run.stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
});

it("lists its templates", async () => {
  const run = await create(["--list-templates"]);

  expect(run.stdout).toMatch(/^app {6}\S.*\nminimal {2}\S.*\napi {6}\S.*\nchat {5}\S.*\ntodo {5}\S.*\n$/);
});

function canMount(): boolean {
  try {
    return (
      process.getuid?.() === 0 &&
      process.platform === "linux" &&
      lstatSync("/proc/self/ns/mnt").isSymbolicLink() &&
      tryMount()
    );
  } catch {
    return false;
  }
}

function tryMount(): boolean {
  const disk = temporaryFolder();
  try {
    execFileSync("mount", ["-t", "tmpfs", "tmpfs", disk], { stdio: "ignore" });
    execFileSync("umount", [disk]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(disk, { recursive: true });
  }
}

async function whenThere(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise((again) => setTimeout(again, 5));
}
