import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { dependencySpec, packageOrigin } from "../../src/scaffold/dependency-spec.js";

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "origin-")));
});
afterEach(() => rmSync(folder, { recursive: true }));

function install(path: string, version = "1.2.3"): string {
  const root = join(folder, path);
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, "package.json"), JSON.stringify({ name: "create-tornado-app", version }));
  return root;
}

function lock(path: string, key: string, resolved: string): void {
  writeFileSync(join(folder, path, ".package-lock.json"), JSON.stringify({ packages: { [key]: { resolved } } }));
}

it("depends on the folder of a checkout", () => {
  const root = install("checkout");
  mkdirSync(join(root, "src"));

  expect(dependencySpec(packageOrigin(root))).toBe(`file:${root}`);
});

it("depends on the published version when npx fetched it", () => {
  const root = install("_npx/0123/node_modules/create-tornado-app");
  const url = "https://registry.npmjs.org/create-tornado-app/-/create-tornado-app-1.2.3.tgz";
  lock("_npx/0123/node_modules", "node_modules/create-tornado-app", url);

  expect(dependencySpec(packageOrigin(root))).toBe("npm:create-tornado-app@^1.2.3");
});

it("depends on the tarball that npx was given", () => {
  const root = install("_npx/0123/node_modules/create-tornado-app");
  writeFileSync(join(folder, "create-tornado-app-1.2.3.tgz"), "");
  lock("_npx/0123/node_modules", "node_modules/create-tornado-app", "file:../../create-tornado-app-1.2.3.tgz");

  expect(dependencySpec(packageOrigin(root))).toBe(`file:${folder}/create-tornado-app-1.2.3.tgz`);
});

it("depends on what was unpacked when the tarball is gone", () => {
  const root = install("project/node_modules/tornado");
  lock("project/node_modules", "node_modules/tornado", "file:../gone.tgz");

  expect(dependencySpec(packageOrigin(root))).toBe(`file:${root}`);
});

it.each([
  ["project/node_modules/.pnpm/create-tornado-app@1.2.3/node_modules/create-tornado-app", "published"],
  ["project/node_modules/.pnpm/create-tornado-app@file+..+x.tgz/node_modules/create-tornado-app", "file"],
  ["cache/create-tornado-app-npm-1.2.3-0f0f0f/node_modules/create-tornado-app", "published"],
  ["cache/create-tornado-app-file-0f0f0f/node_modules/create-tornado-app", "file"],
  ["lib/node_modules/create-tornado-app", "file"],
])("sees in %s that it is %s", (path, kind) => {
  expect(packageOrigin(install(path)).kind).toBe(kind);
});

it.each([
  ["1.2.3", "published"],
  ["1.2.2", "file"],
])("takes version 1.2.3 with the mark of %s for %s", (marked, kind) => {
  const root = install("lib/node_modules/create-tornado-app");
  mkdirSync(join(root, "dist"));
  writeFileSync(join(root, "dist/published.json"), JSON.stringify({ version: marked }));

  expect(packageOrigin(root).kind).toBe(kind);
});
