import { describe, expect, it } from "vitest";
import { isSecretName, redactKnownSecrets, redactQuery, redactUrl, redactValue } from "../../src/core/redact.js";

describe("isSecretName", () => {
  it.each([
    "Authorization",
    "Proxy-Authorization",
    "Cookie",
    "Set-Cookie",
    "X-Api-Key",
    "X-Xsrftoken",
    "_xsrf",
    "csrf_token",
    "cookieSecret",
    "COOKIE_SECRET",
    "password",
    "newPassword",
    "passwd",
    "access_token",
    "AWS_SECRET_ACCESS_KEY",
    "privateKey",
    "DATABASE_URL",
    "sessionid",
    "connect.sid",
    "JWT",
  ])("masks %s", (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  it.each([
    "Accept",
    "author",
    "Host",
    "User-Agent",
    "keyboard",
    "passenger",
    "xsrfCookies",
    "page",
    "monkey",
    "debug",
  ])("leaves %s", (name) => {
    expect(isSecretName(name)).toBe(false);
  });
});

describe("redactUrl", () => {
  it.each([
    ["/plain/path", "/plain/path"],
    ["/search?q=tornado&page=2", "/search?q=tornado&page=2"],
    ["/login?user=a&password=canary", "/login?user=a&password=[redacted]"],
    ["/cb?code=canary&state=canary", "/cb?code=[redacted]&state=[redacted]"],
    ["/x?%74oken=canary", "/x?%74oken=[redacted]"],
    ["/x?token", "/x?token"],
    ["/x?%zz=1", "/x?%zz=1"],
    ["postgres://me:canary@db:5432/app", "postgres://me:[redacted]@db:5432/app"],
    ["http://host/a:b@c", "http://host/a:b@c"],
    ["/users/@me?x=1", "/users/@me?x=1"],
  ])("makes of %s %s", (url, expected) => {
    expect(redactUrl(url)).toBe(expected);
  });
});

it("masks the secret fields of an urlencoded body", () => {
  expect(redactQuery("name=a&_xsrf=canary&new_password=canary")).toBe(
    "name=a&_xsrf=[redacted]&new_password=[redacted]",
  );
});

it("masks what stands under a secret name at any depth, and copies the rest", () => {
  const settings = {
    debug: true,
    cookieSecret: { 1: "canary" },
    googleOauth: { key: "canary", secret: "canary", redirect: "/cb" },
    database: "postgres://me:canary@db/app",
    list: [{ apiKey: "canary" }],
    headers: new Map([["Authorization", "canary"]]),
    buffer: Buffer.from("canary"),
  };

  const shown = redactValue(settings);

  expect(JSON.stringify(shown)).not.toContain("canary");
  expect(shown).toMatchObject({ debug: true, googleOauth: { redirect: "/cb" } });
});

it("ends with an object that contains itself", () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;

  expect(() => redactValue(circular)).not.toThrow();
});

it("masks known secrets wherever they stand, and does not blank out short words", () => {
  expect(redactKnownSecrets("key s3cr3t-value and a b", ["s3cr3t-value", "a"])).toBe("key [redacted] and a b");
});
