import { existsSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { Program } from "../support/program.js";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.js";

let programs: TemporaryFolder;
/** The fixture as Node can run it, with what it imports of our sources. */
let guarded: string;

beforeAll(async () => {
  programs = await temporaryFolder("guarded");
  guarded = join(programs.path, "guarded.mjs");
  const fixture = join(import.meta.dirname, "fixtures/guarded.js");
  await build({ entryPoints: [fixture], outfile: guarded, bundle: true, platform: "node", format: "esm" });
});

afterAll(() => programs[Symbol.asyncDispose]());

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const gone = (pid: number) => vi.waitFor(() => expect(isAlive(pid)).toBe(false), 10_000);

async function start(...args: string[]) {
  const parent = new Program(process.execPath, [guarded, ...args]);
  const [, child] = await parent.saw(/child (\d+)/);
  return { parent, child: Number(child), [Symbol.asyncDispose]: () => parent[Symbol.asyncDispose]() };
}

it("ends what is left at once, and removes the folder, when its process was killed", async () => {
  await using folder = await temporaryFolder("guard");
  await using started = await start("0", folder.path);

  started.parent.kill("SIGKILL");
  await gone(started.child);

  await vi.waitFor(() => expect(existsSync(folder.path)).toBe(false));
});

it("lets a child end by itself that does so in time", async () => {
  await using folder = await temporaryFolder("guard");
  await using started = await start("60", folder.path);

  started.parent.kill("SIGKILL");
  // The end of its own, which the guard notices: it removes the folder then, and not when its patience is at an end.
  process.kill(started.child, "SIGTERM");

  await vi.waitFor(() => expect(existsSync(folder.path)).toBe(false), 10_000);
});

it("goes when it is closed, and leaves alone what it was not told of", async () => {
  await using started = await start("0", "", "close");

  const { code, stdout } = await started.parent.ended;

  expect(code).toBe(0);
  expect(stdout).toContain("closed");
  expect(isAlive(started.child)).toBe(true);
  process.kill(started.child, "SIGKILL");
});
