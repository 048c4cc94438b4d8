import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { localLauncher } from "../../src/cli/local-install.js";
import { runProgram, temporaryFolder } from "./run-program.js";

let app: string;

beforeEach(() => {
  app = temporaryFolder();
  mkdirSync(join(app, "src"));
  writeFileSync(join(app, "package.json"), "{}");
  writeFileSync(join(app, "src/app.ts"), "");
});
afterEach(() => rmSync(app, { recursive: true }));

function installCopy(path = "node_modules/tornado"): string {
  const copy = join(app, path);
  mkdirSync(join(copy, "bin"), { recursive: true });
  mkdirSync(join(copy, "dist/cli"), { recursive: true });
  writeFileSync(join(copy, "package.json"), '{ "type": "module" }');
  const program = 'process.stdout.write("the copy: " + process.argv.slice(2).join(" "));\n';
  writeFileSync(join(copy, "bin/tornado.js"), program);
  writeFileSync(join(copy, "dist/cli/tornado.js"), "");
  return copy;
}

it("finds the app's own copy, from any folder of the app", () => {
  const copy = installCopy();

  expect(localLauncher(join(app, "src"))).toBe(join(copy, "bin/tornado.js"));
});

it("stays when the app has installed this very copy through a link", () => {
  const copy = installCopy("elsewhere");
  mkdirSync(join(app, "node_modules"));
  symlinkSync(copy, join(app, "node_modules/tornado"));

  expect(localLauncher(app, copy)).toBeUndefined();
});

it("stays when there is no app, nothing installed, or a copy that is not built", () => {
  expect(localLauncher("/")).toBeUndefined();
  expect(localLauncher(app)).toBeUndefined();
  rmSync(join(installCopy(), "dist"), { recursive: true });
  expect(localLauncher(app)).toBeUndefined();
});

it("hands the whole command line over", async () => {
  installCopy();

  const run = await runProgram("tornado", ["routes", "--json"], { cwd: app });

  expect(run.stdout).toBe("the copy: routes --json");
});

it("keeps commands that are about no app", async () => {
  installCopy();

  const run = await runProgram("tornado", ["secret"], { cwd: app });

  expect(run.stdout).toMatch(/^[\w-]{86}\n$/);
});
