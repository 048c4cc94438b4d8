import { describe, expect, it } from "vitest";
import {
  type CrossOriginEvidence,
  createXsrfToken,
  crossOriginFailure,
  decodeXsrfToken,
  xsrfFailure,
  xsrfTokensMatch,
} from "../../../src/core/web/xsrf.js";

describe("tokens", () => {
  it("are made anew when the request has no cookie, and differ each time", () => {
    const one = createXsrfToken(2, null);
    const other = createXsrfToken(2, null);

    expect(one.isNew).toBe(true);
    expect(one.text).toMatch(/^2\|[0-9a-f]{8}\|[0-9a-f]{32}\|[0-9]{10}$/);
    expect(xsrfTokensMatch(one.text, other.text)).toBe(false);
  });

  it("have a fresh mask at every rendering of the same cookie", () => {
    const cookie = createXsrfToken(2, null).text;
    const first = createXsrfToken(2, cookie);
    const second = createXsrfToken(2, cookie);

    expect(first.isNew).toBe(false);
    expect(first.text).not.toBe(second.text);
    expect(xsrfTokensMatch(cookie, first.text)).toBe(true);
    expect(xsrfTokensMatch(first.text, second.text)).toBe(true);
  });

  it("of versions 1 and 2 match when they stand for the same", () => {
    const cookie = createXsrfToken(1, null).text;

    expect(cookie).toMatch(/^[0-9a-f]{32}$/);
    expect(xsrfTokensMatch(cookie, createXsrfToken(2, cookie).text)).toBe(true);
    expect(xsrfTokensMatch(createXsrfToken(2, cookie).text, cookie)).toBe(true);
  });

  it("keep the time they were made", () => {
    const cookie = "2|00000000|0123456789abcdef0123456789abcdef|1300000000";

    expect(createXsrfToken(2, cookie).text).toMatch(/\|1300000000$/);
  });

  it("are taken as they stand when they are neither versioned nor hexadecimal, as in Tornado", () => {
    expect(xsrfTokensMatch("xoxo", "xoxo")).toBe(true);
    expect(xsrfTokensMatch("xoxo", "xoxx")).toBe(false);
  });

  it("have no other versions", () => {
    expect(() => createXsrfToken(3, null)).toThrow(/xsrfCookieVersion/);
  });

  it("is decoded from Tornado's form", () => {
    // Token 0x01..0x10 under the mask aabbccdd, as Tornado 6.2 masks it.
    const decoded = decodeXsrfToken("2|aabbccdd|abb9cfd9afbdcbd5a3b1c7d1a7b5c3cd|1300000000");

    expect(decoded?.token.toString("hex")).toBe("0102030405060708090a0b0c0d0e0f10");
    expect(decoded?.timestamp).toBe(1_300_000_000);
  });
});

describe("refusals", () => {
  const cookie = createXsrfToken(2, null).text;

  it.each([
    ["nothing supplied", cookie, null, /missing/],
    ["an empty text", cookie, "", /missing/],
    ["an unknown version", cookie, "3|aabbccdd|00|1", /format/],
    ["a huge version", cookie, `${"9".repeat(400)}|aabbccdd|00|1`, /format/],
    ["a missing field", cookie, "2|aabbccdd|00", /format/],
    ["a field too many", cookie, "2|aabbccdd|00|1|1", /format/],
    ["a mask of another length", cookie, "2|aabbcc|00|1", /format/],
    ["digits that are no hexadecimal", cookie, "2|aabbccdd|zz|1", /format/],
    ["an empty token", cookie, "2|aabbccdd||1", /format/],
    ["a time that is no number", cookie, "2|aabbccdd|00|x", /format/],
    ["another token", cookie, createXsrfToken(2, null).text, /match/],
    ["no cookie", null, cookie, /match/],
    ["an empty cookie", "", cookie, /match/],
    ["a malformed cookie", "2|nonsense", cookie, /match/],
    ["an empty token in both", "2|aabbccdd||1", "2|aabbccdd||1", /format/],
  ])("refuses %s", (_, held, supplied, reason) => {
    expect(xsrfFailure(held, supplied)).toMatch(reason);
  });
});

describe("the check by fetch metadata", () => {
  const base: CrossOriginEvidence = {
    method: "POST",
    secFetchSite: undefined,
    origin: undefined,
    host: "app.example:8888",
  };
  const trustedOrigins = ["https://admin.example"];

  it.each<[string, Partial<CrossOriginEvidence>]>([
    ["a GET from anywhere", { method: "GET", secFetchSite: "cross-site" }],
    ["the app's own page", { secFetchSite: "same-origin" }],
    ["a person who typed the address", { secFetchSite: "none" }],
    ["a program that is no browser", {}],
    ["an older browser, by Origin", { origin: "http://app.example:8888" }],
    ["an older browser, by Origin in capitals", { origin: "http://APP.example:8888" }],
    ["a TLS proxy's browser, by Origin", { origin: "https://app.example:8888" }],
    ["a trusted origin", { secFetchSite: "cross-site", origin: "https://admin.example", trustedOrigins }],
  ])("lets %s pass", (_, evidence) => {
    expect(crossOriginFailure({ ...base, ...evidence })).toBeNull();
  });

  it.each<[string, Partial<CrossOriginEvidence>]>([
    ["another site", { secFetchSite: "cross-site" }],
    ["a sister domain", { secFetchSite: "same-site" }],
    ["an unknown value", { secFetchSite: "later-invention" }],
    ["another Origin", { origin: "http://evil.example" }],
    ["another port", { origin: "http://app.example:9999" }],
    ["a host that begins alike", { origin: "http://app.example:8888.evil.example" }],
    ["userinfo that looks like the host", { origin: "http://app.example:8888@evil.example" }],
    ["the Origin null of a sandbox", { origin: "null" }],
    ["an origin that only begins like a trusted one", { origin: "https://admin.example.evil", trustedOrigins }],
    ["DELETE, too", { method: "DELETE", secFetchSite: "cross-site" }],
  ])("refuses %s", (_, evidence) => {
    expect(crossOriginFailure({ ...base, ...evidence })).toMatch(/cross-origin/);
  });
});
