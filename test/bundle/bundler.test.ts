import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BuildError } from "../../src/bundle/build-error.js";
import { createBundler } from "../../src/bundle/bundler.js";
import { entryPoints, unknownEntryPoint } from "../../src/bundle/tornado-resolver.js";
import { writeFiles } from "../dev/running-dev-server.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const app = 'import { x } from "./x.js";\nexport const makeApp = () => x;\n';

async function bundlerFor(root: string, files: Record<string, string>) {
  await writeFiles(root, { "package.json": "{}", "src/app.ts": app, ...files });
  const bundler = await createBundler({ root, outdir: join(root, "out") });
  return { ...bundler, [Symbol.asyncDispose]: () => bundler.dispose() };
}

describe("createBundler", () => {
  it("bundles the app's own files, leaves packages out, and finds the core in this package", async () => {
    await using folder = await temporaryFolder();
    const source =
      'import { readFile } from "node:fs";\nimport "some-package";\nimport { RequestHandler } from "tornado/web";\nexport const x = [RequestHandler, readFile];\n';
    await using bundler = await bundlerFor(folder.path, { "src/x.ts": source });

    const { code, externals, inputs, map } = await bundler.rebuild();

    expect(externals).toContain("some-package");
    expect(externals.find((path) => path.endsWith("/core/web/index.js"))).toMatch(/^file:\/\//);
    expect(externals).toContain("node:fs");
    expect(inputs.map((path) => path.slice(folder.path.length + 1)).sort()).toEqual(["src/app.ts", "src/x.ts"]);
    expect(Buffer.from(code).toString()).toContain('import "some-package"');
    expect(JSON.parse(Buffer.from(map).toString()).sourcesContent).toContain(source);
  });

  it("knows a file that is imported in two ways as one, and complains about it once", async () => {
    await using folder = await temporaryFolder();
    const source =
      'import one from "./d.json" with { type: "json" };\nimport two from "./d.json";\nexport const x = [one, two];\n';
    await using bundler = await bundlerFor(folder.path, { "src/x.ts": source, "src/d.json": "{}" });

    const { inputs } = await bundler.rebuild();
    await writeFiles(folder.path, { "src/d.json": "{" });
    const failed = await bundler.rebuild().catch((error: unknown) => error);

    expect(inputs.filter((path) => path.includes("d.json"))).toEqual([join(folder.path, "src/d.json")]);
    expect((failed as BuildError).problems).toHaveLength(1);
  });

  it("knows the file of an import that has a query, and one that is called as if it had", async () => {
    await using folder = await temporaryFolder();
    await using bundler = await bundlerFor(folder.path, {
      "src/x.ts": 'import y from "./y.js?raw#x";\nimport z from "./z#1.js";\nexport const x = [y, z];\n',
      "src/y.ts": "export default 1;\n",
      "src/z#1.ts": "export default 2;\n",
    });

    const { inputs } = await bundler.rebuild();

    expect(inputs).toEqual(expect.arrayContaining([join(folder.path, "src/y.ts"), join(folder.path, "src/z#1.ts")]));
  });

  it("lowers standard decorators", async () => {
    await using folder = await temporaryFolder();
    const source =
      "const dec = (value: unknown, _: unknown) => value as never;\nexport class X { @dec m() {} }\nexport const x = X;\n";
    await using bundler = await bundlerFor(folder.path, { "src/x.ts": source });

    const { code } = await bundler.rebuild();

    expect(Buffer.from(code).toString()).not.toMatch(/@dec/);
  });

  it("names file, line and column in characters of what is wrong, and works again when it is mended", async () => {
    await using folder = await temporaryFolder();
    await using bundler = await bundlerFor(folder.path, { "src/x.ts": "const größe = 1; export const x = = 2;\n" });

    const error = await bundler.rebuild().catch((thrown: unknown) => thrown);
    await writeFiles(folder.path, { "src/x.ts": "export const x = 2;\n" });
    const mended = await bundler.rebuild();

    expect(error).toBeInstanceOf(BuildError);
    expect((error as BuildError).message).toBe('src/x.ts:1:35: Unexpected "="');
    expect((error as BuildError).problems[0]).toMatchObject({ file: "src/x.ts", line: 1, column: 35, length: 1 });
    expect(mended.inputs).toHaveLength(2);
  });

  it("refuses an entry point that does not exist, at the line that imports it", async () => {
    await using folder = await temporaryFolder();
    await using bundler = await bundlerFor(folder.path, {
      "src/x.ts": '\nimport y from "tornado/wed";\nexport const x = y;\n',
    });

    const error = (await bundler.rebuild().catch((thrown: unknown) => thrown)) as BuildError;

    expect(error.problems[0]).toMatchObject({ file: "src/x.ts", line: 2, column: 15 });
    expect(error.message).toContain("tornado/web");
  });

  it("refuses an app without makeApp", async () => {
    await using folder = await temporaryFolder();
    await using bundler = await bundlerFor(folder.path, { "src/app.ts": "export const app = 1;\n" });

    await expect(bundler.rebuild()).rejects.toThrow(/exports no makeApp/);
  });
});

describe("entryPoints", () => {
  it("knows what package.json exports", () => {
    expect(entryPoints.get("tornado")).toMatch(/dist[\\/]core[\\/]index\.js$/);
    expect(entryPoints.get("tornado/web")).toMatch(/dist[\\/]core[\\/]web[\\/]index\.js$/);
    expect(entryPoints.has("tornado/package.json")).toBe(false);
    expect(unknownEntryPoint(`${entryPoints.get("tornado")!.replaceAll("\\", "/")}/nothing`)).toBe("tornado/nothing");
    expect(unknownEntryPoint("some-package")).toBeUndefined();
  });
});
