import { describe, expect, it } from "vitest";
import { parsePathPattern } from "../../../src/core/routing/path-pattern.js";

describe("parsePathPattern", () => {
  it.each([
    // A pattern, a path, the groups that a match gives or null. Source: reference rows RT1 and RT2, contract section 3.
    ["/", "/", []],
    ["/", "/x", null],
    ["/a|/b", "/axyz", null],
    ["/a|/b", "/b", []],
    ["/story/([0-9]+)", "/story/12", ["12"]],
    ["/story/([0-9]+)", "/story/12x", null],
    ["/story/([0-9]+)$", "/story/12", ["12"]],
    ["^/story/([0-9]+)$", "/story/12", ["12"]],
    ["/(a)?b", "/b", [undefined]],
    ["/files/(.*)", "/files/a/b", ["a/b"]],
    ["/[:a]x", "/:x", []],
    ["(?i)/Case", "/cASE", []],
    ["/a\\Z", "/a", []],
    ["/(?:x|y)/(z)", "/y/z", ["z"]],
  ])("reads %j against %j", (pattern, path, groups) => {
    const found = parsePathPattern(pattern).expression.exec(path);

    expect(found === null ? null : [...found].slice(1)).toEqual(groups);
  });

  it.each([
    ["/users/:id", "/users/7", { id: "7" }],
    ["/users/:id/posts/:post_id", "/users/7/posts/8", { id: "7", post_id: "8" }],
    ["/users/:id", "/users/7/8", null],
    ["/users/(?P<id>[0-9]+)", "/users/7", { id: "7" }],
    ["/(?P<a>x)(?P=a)", "/xx", { a: "x" }],
    ["/[(?<a>]\\(\\?<(?<b>(?<!y)x)", "/((?<x", { b: "x" }],
    ["/time/(?<hour>\\d\\d):(?<minute>\\d\\d)", "/time/10:30", { hour: "10", minute: "30" }],
  ])("names the groups of %j", (pattern, path, groups) => {
    const { expression, groupNames } = parsePathPattern(pattern);
    const found = expression.exec(path);

    const named = found && Object.fromEntries(groupNames!.map((name, index) => [name, found[index + 1]]));
    expect(named).toEqual(groups);
  });

  it("anchors a RegExp at both ends and keeps its flags", () => {
    const { expression } = parsePathPattern(/\/a|\/b/i);

    expect(expression.test("/A")).toBe(true);
    expect(expression.test("/axyz")).toBe(false);
  });

  it("matches the same path every time, whatever the flags of a RegExp", () => {
    const { expression } = parsePathPattern(/\/a/g);

    expect([expression.test("/a"), expression.test("/a")]).toEqual([true, true]);
  });

  it.each([
    ["/", "/"],
    ["/robots\\.txt", "/robots.txt"],
    ["^/a/b$", "/a/b"],
    ["/robots.txt", null],
    ["/a?", null],
    ["/(a)", null],
    ["/a\\d", null],
    ["(?i)/a", null],
    ["/a\\$", "/a$"],
  ])("knows that %j matches only the path %j", (pattern, exactPath) => {
    expect(parsePathPattern(pattern).exactPath).toBe(exactPath);
  });

  it.each([
    ["/(", /"\/\(" is not a valid regular expression/],
    ["/(?P<a>x)/(y)", /mixes named and unnamed groups/],
    ["/:id/(.*)", /mixes named and unnamed groups/],
    ["/:id/:id", /not a valid regular expression/],
  ])("refuses %j", (pattern, message) => {
    expect(() => parsePathPattern(pattern)).toThrow(message);
  });
});
