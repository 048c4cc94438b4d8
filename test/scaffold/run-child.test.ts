import { existsSync, mkdtempSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runChild } from "../../src/scaffold/run-child.js";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "child-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function run(command: string, commandArguments: string[], signal = new AbortController().signal) {
  return runChild(command, commandArguments, { cwd: folder, environment: process.env, signal });
}

it("gives the exit code and both outputs", async () => {
  const result = await run("sh", ["-c", "echo out; echo err >&2; exit 3"]);

  expect(result.exitCode).toBe(3);
  expect(result.output.split("\n").sort()).toEqual(["", "err", "out"]);
});

it("has no exit code for a program that is not there", async () => {
  expect(await run("no-such-program-anywhere", [])).toEqual({ exitCode: undefined, output: "" });
});

it("ends the children of its child too", async () => {
  const controller = new AbortController();
  const started = new Promise<void>((done) => {
    const watcher = watch(folder, () => {
      if (existsSync(join(folder, "grandchild")) && readFileSync(join(folder, "grandchild"), "utf8").endsWith("\n")) {
        watcher.close();
        done();
      }
    });
  });
  const running = run("sh", ["-c", "sh -c 'echo $$ > grandchild; sleep 60' & wait"], controller.signal);
  await started;

  controller.abort(new Error("called off"));

  await expect(running).rejects.toThrow("called off");
  const grandchild = Number(readFileSync(join(folder, "grandchild"), "utf8"));
  await expect.poll(() => isRunning(grandchild)).toBe(false);
});

/** A process that ended stays as a zombie until the first process of the system has taken note of it. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
