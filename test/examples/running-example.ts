/** Runs the programs of docs/examples as a person would: apps are built and served, programs of one file run by themselves. */

import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { transform } from "esbuild";
import { onTestFinished } from "vitest";
import { Program, run } from "../support/program.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const repository = resolve(import.meta.dirname, "../..");
const examples = join(repository, "docs/examples");

/** An example that is served until the end of the test. */
export interface ServedExample {
  readonly server: Program;
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
}

/** Builds an example, and serves what was built from a folder that has nothing else in it. */
export async function serveExample(
  name: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<ServedExample> {
  const folder = await temporaryFolder(name);
  onTestFinished(() => folder[Symbol.asyncDispose]());
  const outdir = join(folder.path, "dist");
  const tornado = join(repository, "bin/tornado.js");
  const built = await run(process.execPath, [tornado, "build", "--outdir", outdir], { cwd: join(examples, name) });
  if (built.code !== 0) throw new Error(`${name} cannot be built:\n${built.stdout}${built.stderr}`);
  const command = [join(outdir, "server.js"), "--port", "0", "--host", "127.0.0.1", ...args];
  const server = new Program(process.execPath, command, { cwd: folder.path, env });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const [, url] = await server.saw(/Serving at (http:\/\/127\.0\.0\.1:\d+)/);
  return { server, url: url! };
}

/** Starts an example of one file. Its types are taken off before: Node.js 20 does not do that by itself. */
export async function startProgram(path: string, args: readonly string[] = []): Promise<Program> {
  const folder = await temporaryFolder("example");
  onTestFinished(() => folder[Symbol.asyncDispose]());
  await mkdir(join(folder.path, "node_modules"));
  await symlink(repository, join(folder.path, "node_modules/tornado"), "junction");
  const source = await readFile(join(examples, path), "utf8");
  const { code } = await transform(source, { loader: "ts", target: "es2022" });
  const file = join(folder.path, basename(path).replace(/\.ts$/, ".mjs"));
  await writeFile(file, code);
  const program = new Program(process.execPath, [file, ...args]);
  onTestFinished(() => program[Symbol.asyncDispose]());
  return program;
}
