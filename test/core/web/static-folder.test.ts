import { link, mkdir, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type StaticFile, StaticFolder } from "../../../src/core/web/static-folder.js";
import { run } from "../../support/program.js";
import { type TemporaryFolder, temporaryFolder } from "../../support/temporary-folder.js";

let temporary: TemporaryFolder;
let root: string;

beforeAll(async () => {
  temporary = await temporaryFolder("tornado-folder");
  root = join(temporary.path, "root");
  await mkdir(root);
});
afterAll(() => temporary[Symbol.asyncDispose]());

/** Remembers files from the moment of their change on, which is safe where times are exact. */
function rememberingFolder(): StaticFolder {
  return new StaticFolder({ root, followSymlinks: false, serveDotFiles: false, settledAfterMs: -1000 });
}

async function openFile(folder: StaticFolder, path: string): Promise<StaticFile> {
  const file = await folder.open(path);
  if (typeof file === "string") throw new Error(`Not opened: ${file}`);
  return file;
}

describe("remembered files", () => {
  it("are given without opening them again", async () => {
    const folder = rememberingFolder();
    const path = join(root, "a.txt");
    await writeFile(path, "content");

    const opened = await openFile(folder, path);

    expect(folder.recall(path)).toBe(opened);
    expect(opened.content?.toString()).toBe("content");
    expect(opened.handle).toBeNull();
  });

  it("are forgotten when the file changes, keeps its times and size, is replaced or is gone", async () => {
    const folder = rememberingFolder();
    const path = join(root, "b.txt");
    const old = new Date(1_000_000_000_000);
    const remember = async (content: string) => {
      await writeFile(path, content);
      await utimes(path, old, old);
      await openFile(folder, path);
      expect(folder.recall(path)?.content?.toString()).toBe(content);
    };

    await remember("one");
    await writeFile(path, "longer");
    expect(folder.recall(path)).toBeNull();

    await remember("one");
    await writeFile(path, "two");
    await utimes(path, old, old);
    expect(folder.recall(path)).toBeNull();

    await remember("one");
    await writeFile(`${path}.new`, "two");
    await utimes(`${path}.new`, old, old);
    await rename(`${path}.new`, path);
    expect(folder.recall(path)).toBeNull();

    await remember("one");
    await rm(path);
    expect(folder.recall(path)).toBeNull();
  });

  it("are forgotten when their name becomes a link to elsewhere", async () => {
    const folder = rememberingFolder();
    const path = join(root, "c.txt");
    const outside = join(temporary.path, "outside.txt");
    await writeFile(path, "inside");
    await writeFile(outside, "canary");
    await openFile(folder, path);

    await rm(path);
    await symlink(outside, path);

    expect(folder.recall(path)).toBeNull();
    expect(await folder.open(path)).toBe("missing");
  });

  it("are not taken up while another change could go unseen", async () => {
    const folder = new StaticFolder({ root, followSymlinks: false, serveDotFiles: false });
    const path = join(root, "new.txt");
    await writeFile(path, "new");

    await openFile(folder, path);

    expect(folder.recall(path)).toBeNull();
  });

  it("are not those of more than a mebibyte: these come with a handle, and their hash is remembered", async () => {
    const folder = rememberingFolder();
    const path = join(root, "large.bin");
    await writeFile(path, Buffer.alloc(1024 * 1024 + 1));

    const [one, other] = await Promise.all([openFile(folder, path), openFile(folder, path)]);
    await one.handle!.close();
    await other.handle!.close();
    const again = await openFile(folder, path);
    await again.handle!.close();

    expect(folder.recall(path)).toBeNull();
    expect(again.hash).toBe(one.hash);
    expect(other.hash).toBe(one.hash);
  });

  it("take a bounded amount of memory: the longest unused goes first", async () => {
    const folder = rememberingFolder();
    const paths = Array.from({ length: 70 }, (_, index) => join(root, `mebibyte-${index}`));
    await writeFile(paths[0]!, Buffer.alloc(1024 * 1024));
    // Hard links: many names of one file take the disk's space once.
    for (const path of paths.slice(1)) await link(paths[0]!, path);

    for (const path of paths) {
      await openFile(folder, path);
      folder.recall(paths[0]!);
    }

    expect(folder.recall(paths[0]!)).not.toBeNull();
    expect(folder.recall(paths[1]!)).toBeNull();
    expect(folder.recall(paths[69]!)).not.toBeNull();
  });
});

it("says that no descriptor is left, which is another thing than no file", async () => {
  const path = join(root, "exhausted.txt");
  await writeFile(path, "x");
  const outfile = join(temporary.path, "exhaust.mjs");
  const contents = `
    import { openSync } from "node:fs";
    import { StaticFolder } from ${JSON.stringify(fileURLToPath(new URL("../../../src/core/web/static-folder.ts", import.meta.url)))};
    const [root, path] = process.argv.slice(2);
    const folder = new StaticFolder({ root, followSymlinks: false, serveDotFiles: false });
    try { for (;;) openSync("/dev/null"); } catch {}
    process.stdout.write(await folder.open(path));`;
  buildSync({ stdin: { contents, resolveDir: root }, bundle: true, platform: "node", format: "esm", outfile });

  const result = await run("sh", ["-c", 'ulimit -n 64; "$0" "$@"', process.execPath, outfile, root, path]);

  expect(result.stdout).toBe("exhausted");
});
