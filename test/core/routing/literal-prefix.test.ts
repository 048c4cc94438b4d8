import { describe, expect, it } from "vitest";
import { literalPrefix } from "../../../src/core/routing/literal-prefix.js";

describe("literalPrefix", () => {
  it.each([
    ["/users/([^/]+)/posts", "/users/"],
    ["/users/(?<user>[^/]+)", "/users/"],
    ["^/a/b", "/a/b"],
    ["/(robots\\.txt)", "/robots.txt"],
    ["/(?:a)b", "/ab"],
    ["/(a(b)c)d", "/abcd"],
    ["/(ab)?c", "/"],
    ["/(ab)*c", "/"],
    ["/(ab){2}c", "/"],
    ["/(a[)]b)?c", "/"],
    ["/(a\\)b)?c", "/"],
    ["/colou?r", "/colo"],
    ["/a+b", "/"],
    ["/a{2}b", "/"],
    ["/a\\.?b", "/a"],
    ["/a\\db", "/a"],
    ["/(?=a)b", "/"],
    ["/(?!a)b", "/"],
    ["/(?<!a)b", "/"],
    ["/a|/b", ""],
    ["/(a|b)", ""],
    ["/x[|]y", ""],
    [".*", ""],
    ["/a$", "/a"],
    ["", ""],
  ])("of %s is %s", (source, prefix) => {
    expect(literalPrefix(source, "")).toBe(prefix);
  });

  it("is nothing when case does not count", () => {
    expect(literalPrefix("/users/", "i")).toBe("");
  });
});
