import { readFileSync, writeFileSync } from "node:fs";
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Changes, Watcher } from "../../src/dev/watcher.js";
import { temporaryFolder } from "../support/temporary-folder.js";

/** Watches a folder, and gives each batch once. */
async function watchFolder(root: string, paths: string[], onChanges = () => {}) {
  const batches: Changes[] = [];
  let wake = () => {};
  const watcher = new Watcher({
    root,
    paths,
    onFirstSign: () => {},
    onChanges(changes) {
      onChanges();
      batches.push(changes);
      wake();
    },
    onPolling: (reason) => {
      throw new Error(reason);
    },
  });
  await watcher.ready;
  const next = async (): Promise<Changes> => {
    while (batches.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return batches.shift()!;
  };
  /**
   * Saves until it is told of, and gives the batch. A single save may pass unnoticed: chokidar says that it is ready a
   * moment before the system watches, and drops what follows an event within five milliseconds. The dev server looks at
   * the files again for this reason.
   */
  const told = async (save: () => Promise<void>): Promise<Changes> => {
    const timer = setInterval(() => void save(), 20);
    const batch = await next();
    clearInterval(timer);
    for (let heard = -1; heard !== batches.length; ) {
      heard = batches.length;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    batches.length = 0;
    return batch;
  };
  return { watcher, next, told };
}

describe("Watcher", () => {
  it("tells of a second save within the moment in which the system's watcher is deaf", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "page.html");
    await writeFile(file, "one");
    const { watcher, next, told } = await watchFolder(folder.path, ["page.html"], () => {
      if (readFileSync(file, "utf8") === "two") writeFileSync(file, "three");
    });
    await using _ = watcher;
    await told(() => writeFile(file, String(performance.now())));

    await writeFile(file, "two");
    const batches = [await next(), await next()];

    expect(batches.map((batch) => [...batch])).toEqual([[["page.html", "change"]], [["page.html", "change"]]]);
  });

  it("tells of a save, also by rename, and not of what editors leave", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "src", "app.ts");
    await mkdir(join(folder.path, "src"));
    await writeFile(file, "one");
    const { watcher, told } = await watchFolder(folder.path, ["src", ".env"]);
    await using _ = watcher;
    const saveByRename = async () => {
      await writeFile(`${file}.tmp`, "three");
      await rename(`${file}.tmp`, file);
    };

    const written = await told(() => writeFile(file, String(performance.now())));
    const renamed = await told(saveByRename);
    const renamedAgain = await told(saveByRename);
    // Whoever watches the file itself, and not its name, is blind from here on.
    const writtenAgain = await told(() => writeFile(file, String(performance.now())));

    for (const batch of [written, renamed, renamedAgain, writtenAgain]) {
      expect([...batch]).toEqual([["src/app.ts", "change"]]);
    }
  });

  it("goes into no folder that leads back to one that it is in", async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, "templates/parts"), { recursive: true });
    await mkdir(join(folder.path, "elsewhere/parts"), { recursive: true });
    for (const file of ["templates/parts/a.html", "elsewhere/parts/b.html"]) {
      await writeFile(join(folder.path, file), "one");
    }
    await symlink("..", join(folder.path, "templates/parts/loop"));
    await symlink("../elsewhere", join(folder.path, "templates/linked"));
    const { watcher, told } = await watchFolder(folder.path, ["templates"]);
    await using _ = watcher;

    const looping = await told(() => writeFile(join(folder.path, "templates/parts/a.html"), String(performance.now())));
    const linked = await told(() => writeFile(join(folder.path, "elsewhere/parts/b.html"), String(performance.now())));

    expect([...looping.keys()]).toEqual(["templates/parts/a.html"]);
    expect([...linked.keys()]).toContain("templates/linked/parts/b.html");
  });

  it("notices a file and a folder that were not there at first", async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "package.json"), "{}");
    const { watcher, next, told } = await watchFolder(folder.path, ["static", ".env", "package.json"]);
    await using _ = watcher;
    await told(() => writeFile(join(folder.path, "package.json"), String(performance.now())));

    await writeFile(join(folder.path, ".env"), "A=1");
    const env = await next();
    await rm(join(folder.path, ".env"));
    const gone = await next();

    expect([...env]).toEqual([[".env", "add"]]);
    expect([...gone]).toEqual([[".env", "unlink"]]);
  });

  it("gathers many files that change together into one batch", async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, "src"));
    const names = Array.from({ length: 60 }, (_, index) => join(folder.path, "src", `f${index}.ts`));
    for (const name of names) await writeFile(name, "one");
    const { watcher, next, told } = await watchFolder(folder.path, ["src"]);
    await using _ = watcher;
    await told(() => writeFile(names[0]!, String(performance.now())));

    await Promise.all(names.map((name) => writeFile(name, "two")));
    const batch = await next();

    expect(batch.size).toBe(60);
  });
});
