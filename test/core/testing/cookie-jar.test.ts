import { describe, expect, it } from "vitest";
import { CookieJar } from "../../../src/core/testing/cookie-jar.js";

describe("CookieJar", () => {
  it.each([
    ["a=1; Path=/", "/x", "a=1"],
    ["a=1; Path=/x", "/x/y", "a=1"],
    ["a=1; Path=/x", "/xy", null],
    ["a=1; Path=/x", "/", null],
    ['a="quoted value"; Path=/', "/", 'a="quoted value"'],
    ["a=b=c; Path=/; Secure; HttpOnly; SameSite=Lax", "/", "a=b=c"],
    ["a=1; expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/", "/", null],
    ["a=1; Max-Age=0; Path=/", "/", null],
    ["a=1; Max-Age=60; expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/", "/", "a=1"],
    ["nothing", "/", null],
    ["=nameless", "/", null],
  ])("after %s, a request for %s sends %s", (setCookie, path, expected) => {
    const jar = new CookieJar();

    jar.store([setCookie], "/");

    expect(jar.header(path)).toBe(expected);
  });

  it("takes the folder of the request when a cookie has no path", () => {
    const jar = new CookieJar();

    jar.store(["a=1"], "/shop/cart");

    expect(jar.header("/shop/pay")).toBe("a=1");
    expect(jar.header("/")).toBeNull();
  });

  it("replaces a cookie, forgets one that has ended, and puts the longer path first", () => {
    const jar = new CookieJar();

    jar.store(["a=1; Path=/", "b=1; Path=/", "a=2; Path=/", "a=3; Path=/x"], "/");
    jar.store(["b=; Max-Age=0; Path=/"], "/");
    jar.set("c", "4");

    expect(jar.header("/x")).toBe("a=3; a=2; c=4");
  });
});
