import { describe, expect, it } from "vitest";
import { scriptNonce, withOwnConnections } from "../../src/dev/live-reload-transform.js";

describe("the policy of a page with live reload", () => {
  it.each([
    ["script-src 'nonce-a'", "script-src 'nonce-a'"],
    ["default-src 'self'", "default-src 'self'"],
    ["default-src 'none'; script-src 'self'; ", "default-src 'none'; script-src 'self'; connect-src 'self'"],
    ["default-src https://a.test", "default-src https://a.test; connect-src https://a.test 'self'"],
    ["connect-src 'none'; img-src *", "connect-src 'self'; img-src *"],
    ["img-src data:;Connect-Src wss://a.test", "img-src data:; connect-src wss://a.test 'self'"],
    ["connect-src *", "connect-src *"],
  ])("made of %s is %s", (policy, open) => {
    expect(withOwnConnections(policy)).toBe(open);
  });
});

describe("the nonce of the script", () => {
  it.each([
    ["style-src 'nonce-style'; script-src 'self' 'nonce-script'", "script"],
    ["default-src 'nonce-any'", "any"],
    ["default-src 'nonce-any'; script-src 'self'", undefined],
    ["Script-Src-Elem 'nonce-element'; script-src 'nonce-script'", "element"],
    ["style-src 'nonce-style'", undefined],
    ["img-src *, script-src 'nonce-second'", "second"],
  ])("of %s is %s", (policy, nonce) => {
    expect(scriptNonce(policy)).toBe(nonce);
  });
});
