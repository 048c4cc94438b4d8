import { rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { LoadedGraph } from "../../src/dev/loaded-graph.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const longAgo = new Date("2020-01-01");

/** A graph that was built of one file, which was saved long ago. */
async function builtFrom(folder: string): Promise<{ file: string; graph: LoadedGraph }> {
  const file = join(folder, "a.ts");
  await writeFile(file, "one");
  await utimes(file, longAgo, longAgo);
  const graph = new LoadedGraph();
  graph.beforeBuild();
  graph.afterBuild([file]);
  return { file, graph };
}

describe("LoadedGraph", () => {
  it("sees that a file was saved, replaced or removed since the build, and nothing else", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "a.ts");
    await writeFile(file, "one");
    await utimes(file, longAgo, longAgo);
    const graph = new LoadedGraph();
    const build = () => {
      graph.beforeBuild();
      graph.afterBuild([file]);
    };

    build();
    const untouched = graph.changedFile();
    await writeFile(file, "two");
    const saved = graph.changedFile();
    build();
    await writeFile(`${file}.new`, "two");
    await rename(`${file}.new`, file);
    const replaced = graph.changedFile();

    expect(untouched).toBeUndefined();
    expect(saved).toBe(file);
    expect(replaced).toBe(file);
  });

  it("sees a save that kept size and time, and says that a bundler would not", async () => {
    await using folder = await temporaryFolder();
    const { file, graph } = await builtFrom(folder.path);

    await writeFile(file, "two");
    await utimes(file, longAgo, longAgo);

    expect(graph.changedFile()).toBe(file);
    expect(graph.beforeBuild()).toBe(true);
    expect(graph.beforeBuild()).toBe(false);
    await writeFile(file, "three");
    expect(graph.beforeBuild()).toBe(false);
    await utimes(file, longAgo, longAgo);
    expect(graph.beforeBuild()).toBe(true);
  });

  it("counts a save during the build as one after it", async () => {
    await using folder = await temporaryFolder();
    const { file, graph } = await builtFrom(folder.path);

    graph.beforeBuild();
    await writeFile(file, "two");
    graph.afterBuild([file]);

    expect(graph.changedFile()).toBe(file);
  });

  it("builds once more when a new file may have been saved while it was read", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "new.ts");
    const graph = new LoadedGraph();

    graph.beforeBuild();
    await writeFile(file, "one");
    graph.afterBuild([file]);

    expect(graph.changedFile()).toBe(file);
  });
});
