import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { run } from "../../support/program.js";
import { type TemporaryFolder, temporaryFolder } from "../../support/temporary-folder.js";

const source = (path: string) => JSON.stringify(fileURLToPath(new URL(`../../../src/core/${path}`, import.meta.url)));
let folder: TemporaryFolder;
let outfile: string;

beforeAll(async () => {
  folder = await temporaryFolder("options");
  outfile = join(folder.path, "serve.mjs");
  const contents = `
import { define, parseCommandLine } from ${source("options/index.ts")};
import { generalLog } from ${source("log.ts")};
const port = define("port", { default: 8888, help: "port to listen on" });
const rest = parseCommandLine();
process.stdout.write(JSON.stringify([port.value, rest]));
generalLog.info("one");
await new Promise((done) => setImmediate(done));
generalLog.info("two");
for (let line = 0; rest[0] === "later" && line < 40_000; line++) generalLog.info("more");
if (rest[0] === "later") await new Promise((done) => setImmediate(done));
process.exit(3);
`;
  buildSync({ stdin: { contents, resolveDir: folder.path }, bundle: true, platform: "node", format: "esm", outfile });
});
afterAll(() => folder[Symbol.asyncDispose]());

it("reads the process's own command line", async () => {
  const { code, stdout, stderr } = await run(process.execPath, [outfile, "--port=80", "more"]);

  expect([code, stdout]).toEqual([3, '[80,["more"]]']);
  expect(stderr).toMatch(/^\[I [^\]]+\] one\n\[I [^\]]+\] two\n$/);
});

it("prints its help, logging options included, and ends with 0", async () => {
  const { code, stdout, stderr } = await run(process.execPath, [outfile, "--help"]);

  expect([code, stdout]).toEqual([0, ""]);
  expect(stderr).toMatch(/^Usage: serve\.mjs \[OPTIONS\]\n/);
  expect(stderr).toMatch(/\n {2}--port {27}port to listen on \(default 8888\)\n/);
  expect(stderr).toMatch(/\nLogging options:\n[\s\S]*--log-file-prefix=PATH/);
});

it.each([
  ["at once", 0],
  ["later", 40_000],
])("loses no line of a log file when it ends %s", async (moment, more) => {
  const path = join(folder.path, `${moment}.log`);

  await run(process.execPath, [outfile, `--log-file-prefix=${path}`, moment]);

  const lines = readFileSync(path, "utf8");
  expect(lines).toContain("] one\n");
  expect(lines).toContain("] two\n");
  expect(lines.match(/\] more\n/g)?.length ?? 0).toBeGreaterThanOrEqual(more);
});
