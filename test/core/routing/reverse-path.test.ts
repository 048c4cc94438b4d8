import { describe, expect, it } from "vitest";
import { parsePathPattern } from "../../../src/core/routing/path-pattern.js";
import { createPathReverser, type ReverseArguments } from "../../../src/core/routing/reverse-path.js";

const reverse = (pattern: string | RegExp, ...args: ReverseArguments) =>
  createPathReverser(parsePathPattern(pattern))(args);

describe("createPathReverser", () => {
  it.each<[string, unknown[], string]>([
    // Source: reference row RT7.
    ["/", [], "/"],
    ["^/story/([0-9]+)$", [12], "/story/12"],
    ["/files/(.*)", ["a b/c"], "/files/a%20b/c"],
    ["/x/(.*)", ["ä'?#%"], "/x/%C3%A4%27%3F%23%25"],
    ["/x/(.*)", [Buffer.from([0xff, 0x61, 0x2f])], "/x/%FFa/"],
    ["/robots\\.txt", [], "/robots.txt"],
    ["/users/:id/:tab", [7, "posts"], "/users/7/posts"],
    ["/users/:id/:tab", [{ tab: "posts", id: 7 }], "/users/7/posts"],
    ["/(?P<year>\\d+)/(?P<month>\\d+)", ["2024", "05"], "/2024/05"],
    ["/page(?:/(\\d+))?", [], "/page"],
    ["/page(?:/(\\d+))?", [3], "/page/3"],
    ["/a(b)?", [null], "/a"],
    ["/users/?", [], "/users"],
    ["/([^/)]+)/x(?=$)", ["q"], "/q/x"],
  ])("fills %j with %j", (pattern, args, path) => {
    expect(reverse(pattern, ...(args as ReverseArguments))).toBe(path);
  });

  it.each<[string, unknown[], RegExp]>([
    ["/story/(\\d+)", [], /needs its argument 1/],
    ["/story/:id", [], /needs its argument id/],
    ["/story/:id", [{ number: 1 }], /has no argument "number"/],
    ["/story/(\\d+)", [1, 2], /takes 1 arguments, not 2/],
    ["/(a(b))", ["x"], /a group inside a group/],
    ["/\\d+", [], /"\\d" outside a group/],
    ["/a|/b", [], /"\|" outside a group/],
    ["/[ab]", [], /"\[" outside a group/],
  ])("refuses %j with %j", (pattern, args, message) => {
    expect(() => reverse(pattern, ...(args as ReverseArguments))).toThrow(message);
  });
});
