import { describe, expect, it } from "vitest";
import { isServablePath, isWithin, pathBelow } from "../../../src/core/web/static-path.js";

describe("isServablePath", () => {
  it.each([
    "",
    "a.css",
    "a/b/c.min.js",
    "a//b",
    "a/../b",
    "a/./b",
    "ünïcödé.txt",
    "with space.txt",
    "console.js",
    "communication.html",
    "nullable",
    "auxiliary.css",
    "com10.txt",
    "tilde~.txt",
    "~user/x",
    "longer-name~1.txt",
    "a.b~1.txt",
    "a…",
  ])("lets %j pass", (path) => {
    expect(isServablePath(path, false)).toBe(true);
  });

  it.each([
    "a\0",
    "a\x1f",
    "a\\b",
    "a:b",
    "con",
    "CON.txt",
    "a/prn",
    "aux.c.d",
    "Nul",
    "com1",
    "COM0.x",
    "lpt9",
    "com²",
    "conout$",
    "clock$.x",
    "nul .txt",
    "git~1",
    "a/PROGRA~1/b",
    "x~1.htm",
    "a.",
    "a. ",
    "a /b",
    "...",
    ".env",
    "a/.git/b",
  ])("refuses %j", (path) => {
    expect(isServablePath(path, false)).toBe(false);
  });

  it("lets dot files pass where that is allowed, and nothing else", () => {
    expect(isServablePath(".well-known/x", true)).toBe(true);
    expect(isServablePath("..a", true)).toBe(true);
    expect(isServablePath("...", true)).toBe(false);
    expect(isServablePath(".a\\b", true)).toBe(false);
  });
});

describe("isWithin", () => {
  it.each([
    ["/srv/root", "/srv/root", true],
    ["/srv/root", "/srv/root/a", true],
    // The bug of Tornado 4.2.
    ["/srv/root", "/srv/root-x/a", false],
    ["/srv/root", "/srv", false],
    ["/", "/etc/passwd", true],
  ])("%s and %s: %s", (folder, path, expected) => {
    expect(isWithin(folder, path)).toBe(expected);
  });
});

it("gives the part below a folder", () => {
  expect(pathBelow("/srv/root", "/srv/root/a/b")).toBe("a/b");
  expect(pathBelow("/srv/root", "/srv/root")).toBe("");
  expect(pathBelow("/", "/a")).toBe("a");
});
