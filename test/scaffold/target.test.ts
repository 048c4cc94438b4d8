import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { examineTarget } from "../../src/scaffold/target.js";

const files = ["README.md", "package.json", "src/app.ts"];
let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "target-")));
});
afterEach(() => rmSync(folder, { recursive: true }));

it("takes a folder that is not there, however deep", () => {
  expect(examineTarget(join(folder, "a/b/c"), files, false)).toEqual({
    folder: join(folder, "a/b/c"),
    exists: false,
    kept: [],
  });
});

it("takes an empty folder", () => {
  expect(examineTarget(folder, files, false)).toEqual({ folder, exists: true, kept: [] });
});

it.each([[".git", ".idea", "LICENSE"], [".vscode"], [".DS_Store"]])(
  "takes a folder with only %s and the like",
  (...names) => {
    for (const name of names) mkdirSync(join(folder, name));

    expect(examineTarget(folder, files, false).kept).toEqual([]);
  },
);

it("refuses a folder in use, and says what is in it", () => {
  writeFileSync(join(folder, "notes.txt"), "");
  mkdirSync(join(folder, "lib"));
  mkdirSync(join(folder, ".git"));

  expect(() => examineTarget(folder, files, false)).toThrow(`Folder "${folder}" is not empty: it has lib/, notes.txt.`);
});

it("refuses a harmless file when the app would make one of that name", () => {
  writeFileSync(join(folder, "README.md"), "");
  writeFileSync(join(folder, "LICENSE"), "");

  expect(() => examineTarget(folder, files, false)).toThrow("it has README.md. Choose another folder, or use --force");
});

it("lists at most six names", () => {
  for (let index = 0; index < 20; index++) writeFileSync(join(folder, `file-${index}`), "");

  expect(() => examineTarget(folder, files, false)).toThrow(/file-\d+ and 14 more\./);
});

it("keeps what is there when forced", () => {
  mkdirSync(join(folder, "src"));
  writeFileSync(join(folder, "src/app.ts"), "");
  writeFileSync(join(folder, "other.txt"), "");

  expect(examineTarget(folder, files, true).kept).toEqual(["src/app.ts"]);
});

it.each([
  ["a symbolic link", (path: string) => symlinkSync(folder, path)],
  ["a file", (path: string) => writeFileSync(path, "")],
])("refuses %s in the place of one of its folders, since the app would lack what belongs there", (what, make) => {
  mkdirSync(join(folder, "app"));
  make(join(folder, "app/src"));

  expect(() => examineTarget(join(folder, "app"), files, true)).toThrow(
    `should be a folder of the app, but is ${what}`,
  );
});

it.each([
  ["a file", (path: string) => writeFileSync(path, ""), "is a file"],
  ["a link that leads nowhere", (path: string) => symlinkSync("/nowhere/at/all", path), "leads nowhere"],
  ["a link that leads to itself", (path: string) => symlinkSync(path, path), "leads to itself"],
])("refuses %s", (_, make, message) => {
  make(join(folder, "app"));

  expect(() => examineTarget(join(folder, "app"), files, true)).toThrow(message);
});

it("refuses a parent that is a file", () => {
  writeFileSync(join(folder, "file"), "");

  expect(() => examineTarget(join(folder, "file/app"), files, false)).toThrow("not a folder");
});
