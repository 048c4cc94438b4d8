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
  const next = async (): Promise<Changes> => {
    while (batches.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return batches.shift()!;
  };
  const told = async (save: () => Promise<void> | void): Promise<Changes> => {
    await save();
    return await next();
  };
  return { watcher, next, told };
}

describe("Watcher", () => {
  it("tells of a second save that comes with the first one's telling", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "page.html");
    await writeFile(file, "one");
    const { watcher, next, told } = await watchFolder(folder.path, ["page.html"], () => {
      if (readFileSync(file, "utf8") === "two") writeFileSync(file, "three");
    });
    await using _ = watcher;
    await told(() => writeFileSync(file, String(performance.now())));

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

    const written = await told(() => writeFileSync(file, String(performance.now())));
    const renamed = await told(saveByRename);
    const renamedAgain = await told(saveByRename);
    // Whoever watches the file itself, and not its name, is blind from here on.
    const writtenAgain = await told(() => writeFileSync(file, String(performance.now())));

    const events = [written, renamed, renamedAgain, writtenAgain].map((batch) => [...batch].flat());
    expect(events).toEqual(["change", "replace", "replace", "change"].map((event) => ["src/app.ts", event]));
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

    const looping = await told(() =>
      writeFileSync(join(folder.path, "templates/parts/a.html"), String(performance.now())),
    );
    const linked = await told(() =>
      writeFileSync(join(folder.path, "elsewhere/parts/b.html"), String(performance.now())),
    );

    expect([...looping.keys()]).toEqual(["templates/parts/a.html"]);
    expect([...linked.keys()]).toContain("templates/linked/parts/b.html");
  });

  it("notices a file and a folder that were not there at first", async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "package.json"), "{}");
    const { watcher, next, told } = await watchFolder(folder.path, ["static", ".env", "package.json"]);
    await using _ = watcher;
    await told(() => writeFileSync(join(folder.path, "package.json"), String(performance.now())));

    // At once: between two calls the first event could be told alone.
    writeFileSync(join(folder.path, ".env"), "A=1");
    const env = await next();
    await rm(join(folder.path, ".env"));
    const gone = await next();

    expect([...env]).toEqual([[".env", "add"]]);
    expect([...gone]).toEqual([[".env", "unlink"]]);
  });

  it("sees what is in a folder that is made, removed or made anew, however quickly", async () => {
    await using folder = await temporaryFolder();
    const deep = join(folder.path, "src/a/b");
    await mkdir(deep, { recursive: true });
    await writeFile(join(deep, "one.ts"), "1");
    const { watcher, next } = await watchFolder(folder.path, ["src"]);
    await using _ = watcher;

    await rm(join(folder.path, "src/a"), { recursive: true });
    const removed = await next();
    await mkdir(deep, { recursive: true });
    await writeFile(join(deep, "two.ts"), "2");
    const made = await next();
    await writeFile(join(deep, "two.ts"), "22");
    const written = await next();

    expect([...removed]).toEqual([["src/a/b/one.ts", "unlink"]]);
    expect([...made]).toEqual([["src/a/b/two.ts", "add"]]);
    expect([...written]).toEqual([["src/a/b/two.ts", "change"]]);
  });

  it("goes on when the root itself was removed, or renamed, and came back", async () => {
    await using folder = await temporaryFolder();
    const root = join(folder.path, "app");
    const file = join(root, "src/app.ts");
    const make = async () => {
      await mkdir(join(root, "src"), { recursive: true });
      await writeFile(file, "one");
    };
    await make();
    const { watcher, next } = await watchFolder(root, ["src", ".env"]);
    await using _ = watcher;
    const seen: unknown[] = [];
    const take = async () => seen.push([...(await next())]);

    await rm(root, { recursive: true });
    await take();
    await make();
    await take();
    await rename(root, `${root}-away`);
    await take();
    await rename(`${root}-away`, root);
    await take();
    await writeFile(file, "two");
    await take();

    const expected = ["unlink", "add", "unlink", "add", "change"];
    expect(seen).toEqual(expected.map((event) => [["src/app.ts", event]]));
  });

  it("gathers many files that change together into one batch", async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, "src"));
    const names = Array.from({ length: 60 }, (_, index) => join(folder.path, "src", `f${index}.ts`));
    for (const name of names) await writeFile(name, "one");
    const { watcher, next, told } = await watchFolder(folder.path, ["src"]);
    await using _ = watcher;
    await told(() => writeFileSync(names[0]!, String(performance.now())));

    await Promise.all(names.map((name) => writeFile(name, "two")));
    const batch = await next();

    expect(batch.size).toBe(60);
  });
});
