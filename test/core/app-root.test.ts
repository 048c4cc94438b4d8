import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { appEntry, findAppRoot } from "../../src/core/app-root.js";

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "app-root-")));
});
afterEach(() => rmSync(folder, { recursive: true }));

function makeApp(root: string, entry = "app.ts"): void {
  mkdirSync(join(root, "src"), { recursive: true });
  writeFileSync(join(root, "package.json"), "{}");
  writeFileSync(join(root, "src", entry), "");
}

it("finds the app from a folder deep inside it", () => {
  makeApp(join(folder, "shop"));
  mkdirSync(join(folder, "shop/src/handlers/admin"), { recursive: true });

  const root = findAppRoot(join(folder, "shop/src/handlers/admin"));

  expect(root).toBe(join(folder, "shop"));
});

it("goes past a package that is not an app", () => {
  makeApp(folder);
  mkdirSync(join(folder, "packages/tool"), { recursive: true });
  writeFileSync(join(folder, "packages/tool/package.json"), "{}");

  const root = findAppRoot(join(folder, "packages/tool"));

  expect(root).toBe(folder);
});

it("says what an app is when there is none", () => {
  expect(() => findAppRoot(folder)).toThrow(expect.objectContaining({ code: "NO_APP" }));
  expect(() => findAppRoot(folder)).toThrow(`No Tornado app in "${folder}" or above it`);
});

it.each(["app.ts", "app.mts", "app.js", "app.mjs"])("takes src/%s as the entry", (file) => {
  makeApp(folder, file);

  expect(appEntry(findAppRoot(folder))).toBe(join(folder, "src", file));
});
