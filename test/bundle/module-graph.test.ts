import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createBundler } from "../../src/bundle/bundler.js";
import { isLinkedAlike, type ModuleFactory, makeFactory } from "../../src/bundle/module-factory.js";
import { linkGraph, type ModuleGraph, planModules } from "../../src/bundle/module-graph.js";
import { writeModuleScript } from "../../src/bundle/module-script.js";
import { SourceConfigurations } from "../../src/bundle/source-configuration.js";
import { compileChanged, runModules } from "../../src/dev/module-runner.js";
import { ModuleMaps } from "../../src/dev/source-positions.js";
import { writeFiles } from "../dev/running-dev-server.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const files = { "package.json": '{ "type": "module" }', "src/app.ts": "export const makeApp = () => 1;\n" };

/** Writes an app, bundles it, and makes its graph. */
async function graphOf(root: string, more: Readonly<Record<string, string>>): Promise<ModuleGraph | undefined> {
  await writeFiles(root, { ...files, ...more });
  const bundler = await createBundler({ root, outdir: join(root, "out") });
  try {
    const bundle = await bundler.rebuild();
    const planned = planModules(root, bundle);
    if (planned === undefined) return undefined;
    const configurations = new SourceConfigurations();
    const factories = new Map<string, ModuleFactory>();
    for (const { file } of planned) {
      const factory = await makeFactory(file, configurations.of(file));
      if (factory !== undefined) factories.set(file, factory);
    }
    return linkGraph(root, planned, factories, bundle.externals);
  } finally {
    await bundler.dispose();
  }
}

async function factoryOf(root: string, source: string): Promise<ModuleFactory | undefined> {
  const file = join(root, "one.ts");
  await writeFile(file, source);
  return await makeFactory(file, undefined);
}

describe("a graph", () => {
  const app = 'import { value } from "./other.js";\nexport const makeApp = () => value;\n';

  it.each([
    ["a default export", { "src/other.ts": "export default 1;\nexport const value = 1;\n" }],
    [
      "JSON",
      { "src/other.ts": 'import data from "./data.json";\nexport const value = data;\n', "src/data.json": "[1]" },
    ],
    [
      "what is imported later",
      { "src/other.ts": 'export const value = () => import("./late.js");\n', "src/late.ts": "export {};\n" },
    ],
    [
      "all that another module exports",
      { "src/other.ts": 'export * from "./late.js";\n', "src/late.ts": "export const value = 1;\n" },
    ],
    [
      "a type that is called one",
      {
        "src/other.ts": 'export type { T } from "./late.js";\nexport const value = 1;\n',
        "src/late.ts": "export type T = 1;\n",
      },
    ],
    ["the place of a module", { "src/other.ts": "export const value = import.meta.url;\n" }],
  ])("is made of %s", async (_what, more) => {
    await using folder = await temporaryFolder();

    const graph = await graphOf(folder.path, { "src/app.ts": app, ...more });

    expect(graph?.modules.map(({ file }) => file)).toContain(join(folder.path, "src/other.ts"));
  });

  it.each([
    ["waits at its top level", { "src/other.ts": "export const value = await 1;\n" }],
    [
      "has a file of CommonJS",
      { "src/other.ts": 'export { value } from "./late.cjs";\n', "src/late.cjs": "exports.value = 1;\n" },
    ],
    [
      "calls require",
      { "src/other.ts": 'export const value = require("./late.js");\n', "src/late.ts": "export {};\n" },
    ],
    ["asks whether there is require", { "src/other.ts": "export const value = typeof require;\n" }],
    [
      "imports what only the running program knows",
      { "src/other.ts": "export const value = () => import(process.argv[2]!);\n" },
    ],
    ["asks import.meta for something else", { "src/other.ts": "export const value = import.meta.resolve;\n" }],
    [
      "starts a thread",
      {
        "src/other.ts": 'export const value = new URL("./late.js", import.meta.url);\n',
        "src/late.ts": "export {};\n",
      },
    ],
    [
      "says which files have side effects",
      { "package.json": '{ "type": "module", "sideEffects": false }', "src/other.ts": "export const value = 1;\n" },
    ],
    [
      "passes on a type as if it were a value",
      {
        "src/other.ts": 'export { T } from "./late.js";\nexport const value = 1;\n',
        "src/late.ts": "export type T = 1;\n",
      },
    ],
    [
      "gets one name from two sides",
      {
        "src/other.ts": 'export * from "./late.js";\nexport * from "./later.js";\n',
        "src/late.ts": "export const value = 1;\nexport const twice = 1;\n",
        "src/later.ts": "export const twice = 2;\n",
      },
    ],
    [
      "passes on everything in a cycle",
      {
        "src/other.ts": 'export * from "./late.js";\n',
        "src/late.ts": 'import "./other.js";\nexport const value = 1;\n',
      },
    ],
    [
      "shows a call of require in a text",
      { "src/other.ts": "import { sep } from 'node:path';\nexport const value = 'require(\"node:path\")' + sep;\n" },
    ],
    [
      "has names of ours",
      {
        "src/other.ts": 'export const value = ($import: number) => [import("./late.js"), $import];\n',
        "src/late.ts": "export {};\n",
      },
    ],
    ["runs a text as code", { "src/other.ts": "export const value = new Function(\"return import('node:fs')\");\n" }],
    ["evaluates a text", { "src/other.ts": "export const value = (0, eval)('1');\n" }],
    ["has a line for the shell", { "src/other.ts": "#!/usr/bin/env node\nexport const value = 1;\n" }],
    [
      "imports one file in two ways",
      {
        "src/other.ts":
          'import one from "./data.json";\nimport { two } from "./two.js";\nexport const value = [one, two];\n',
        "src/two.ts": 'import data from "./data.json" with { type: "json" };\nexport const two = data;\n',
        "src/data.json": "{}",
      },
    ],
    [
      "imports a file as something else than it is called",
      {
        "src/other.ts": 'import text from "./data.json" with { type: "text" };\nexport const value = text;\n',
        "src/data.json": "{}",
      },
    ],
    ["passes on everything of a package", { "src/other.ts": 'export * from "node:path";\nexport const value = 1;\n' }],
  ])("is none of an app that %s", async (_what, more) => {
    await using folder = await temporaryFolder();

    const graph = await graphOf(folder.path, { "src/app.ts": app, ...more });

    expect(graph).toBeUndefined();
  });

  it("is itself when nothing changes, another one when code does, and none when a link does", async () => {
    await using folder = await temporaryFolder();
    const other = join(folder.path, "src/other.ts");
    const graph = (await graphOf(folder.path, { "src/app.ts": app, "src/other.ts": "export const value = 1;\n" }))!;
    const saved = async (source: string) => {
      await writeFile(other, source);
      return graph.replace(new Map([[other, (await makeFactory(other, undefined))!]]));
    };

    const same = await saved("// a comment\nexport const value = 1;\n");
    const changed = await saved("export const value = 2;\n");
    const linked = await saved("export const value = 2, more = 1;\n");

    expect(same).toBe(graph);
    expect(changed?.changesSince(graph).map((index) => graph.modules[index]!.file)).toEqual([other]);
    expect(linked).toBeUndefined();
  });

  it("runs, and its errors have the places of the sources", async () => {
    await using folder = await temporaryFolder();
    const source =
      'import { join } from "node:path";\n\nexport const value = join("a", "b");\nexport function fail(): never {\n  throw new Error("here");\n}\n';
    const graph = (await graphOf(folder.path, {
      "src/other.ts": source,
      "src/app.ts":
        'import { fail, value } from "./other.js";\nexport const makeApp = () => (value === "a/b" ? fail() : 1);\n',
    }))!;
    const script = await writeModuleScript(graph, graph.modules.keys());
    const outside = new Map([["node:path", { status: "fulfilled", value: await import("node:path") } as const]]);
    const maps = new ModuleMaps({ pack: "/pack.js", changed: script, entry: graph.entry });

    const run = runModules(compileChanged(script.code, "/pack.js"), graph.entry, outside, "/pack.js") as {
      makeApp(): void;
    };
    const [, name, line, column] = /\(([^()]+):(\d+):(\d+)\)/.exec(errorOf(run.makeApp).stack!)!;

    expect(maps.is(name!)).toBe(true);
    expect(maps.find(name!, Number(line), Number(column))).toEqual({
      file: join(folder.path, "src/other.ts"),
      line: 5,
      column: 9,
    });
    expect(maps.sourceText(join(folder.path, "src/other.ts"))).toBe(source);
  });
});

describe("a module of JSON", () => {
  it.each([
    ["its members in order", "", ["a", "b", "default"]],
    ["its value alone when it is imported as JSON", ', { with: { type: "json" } }', ["default"]],
  ])("has %s", async (_what, attributes, expected) => {
    await using folder = await temporaryFolder();
    const graph = (await graphOf(folder.path, {
      "src/app.ts": `export const makeApp = async () => Object.keys(await import("./data.json"${attributes}));\n`,
      "src/data.json": '{ "b": 1, "a": 2 }',
    }))!;
    const script = await writeModuleScript(graph, graph.modules.keys());

    const run = runModules(compileChanged(script.code, "/pack.js"), graph.entry, new Map(), "/pack.js");

    expect(await (run as { makeApp(): Promise<string[]> }).makeApp()).toEqual(expected);
  });
});

describe("isLinkedAlike", () => {
  const before = 'import { a, b } from "./x.js";\nimport d from "pkg";\nexport const one = a + d;\n';

  it.each([
    ["code", before.replace("a + d", "a + d + 1"), true],
    ["a private function", `${before}function two(): void {}\n`, true],
    ["a comment", `// some words\n${before}`, true],
    ["the use of a name that was not used before", before.replace("a + d", "a + b + d"), false],
    ["an imported name", before.replace("{ a, b }", "{ a, b, c }"), false],
    ["an imported module", `import "./y.js";\n${before}`, false],
    [
      "the order of modules",
      'import d from "pkg";\nimport { a, b } from "./x.js";\nexport const one = a + d;\n',
      false,
    ],
    ["an exported name", before.replace("one", "two"), false],
    ["a further export", `${before}export const two = 2;\n`, false],
    ["an import inside of a function", `${before}const later = () => import("./y.js");\nvoid later;\n`, false],
  ])("knows whether something is to be linked anew after a change of %s", async (_what, after, expected) => {
    await using folder = await temporaryFolder();

    const [one, other] = [(await factoryOf(folder.path, before))!, (await factoryOf(folder.path, after))!];

    expect(isLinkedAlike(one.linkage, other.linkage)).toBe(expected);
  });
});

describe("SourceConfigurations", () => {
  it("finds the nearest configuration of a source, and what it extends", async () => {
    await using folder = await temporaryFolder();
    await writeFiles(folder.path, {
      "tsconfig.json": '{ "extends": ["./base.json", "@tsconfig/node20/tsconfig.json"] }',
      "base.json": '{ // a comment\n "extends": "./deeper" }',
      "deeper.json": "{}",
      "src/inner/tsconfig.json": "{}",
    });
    const at = (path: string) => join(folder.path, path);
    const configurations = new SourceConfigurations();

    const found = configurations.filesFor([at("src/app.ts"), at("src/inner/one.ts")]);

    expect(configurations.of(at("src/app.ts"))).toBe(at("tsconfig.json"));
    expect(found.sort()).toEqual([
      at("base.json"),
      at("deeper.json"),
      at("src/inner/tsconfig.json"),
      at("tsconfig.json"),
    ]);
  });
});

function errorOf(run: () => void): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error("It did not fail.");
}
