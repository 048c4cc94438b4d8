import { describe, expect, it } from "vitest";
import { hostCheck, isSameSite, ownAddresses } from "../../src/dev/allowed-hosts.js";

describe("hostCheck", () => {
  it.each([
    ["localhost", true],
    ["localhost:8888", true],
    ["app.localhost:8888", true],
    ["127.0.0.1:8888", true],
    ["[::1]:8888", true],
    ["LOCALHOST.", true],
    ["evil.example", false],
    ["localhost.evil.example", false],
    ["127.0.0.1.evil.example", false],
    ["192.168.1.2", false],
    ["", false],
    [undefined, false],
  ])("answers %s with %s on loopback", (host, expected) => {
    expect(hostCheck("127.0.0.1")(host)).toBe(expected);
  });

  it("admits the host that was given, and the machine's own addresses when it listens on all", () => {
    expect(hostCheck("dev.example")("dev.example:8888")).toBe(true);
    expect(hostCheck("::")("evil.example")).toBe(false);
    for (const address of ownAddresses()) {
      expect(hostCheck("0.0.0.0")(address.includes(":") ? `[${address}]:1` : `${address}:1`)).toBe(true);
    }
  });
});

describe("isSameSite", () => {
  it.each([
    [{ host: "localhost:1" }, true],
    [{ host: "localhost:1", "sec-fetch-site": "same-origin" }, true],
    [{ host: "localhost:1", "sec-fetch-site": "none" }, true],
    [{ host: "localhost:1", "sec-fetch-site": "same-site" }, false],
    [{ host: "localhost:1", "sec-fetch-site": "cross-site" }, false],
    [{ host: "localhost:1", origin: "http://localhost:1" }, true],
    [{ host: "localhost:1", origin: "http://localhost:2" }, false],
    [{ host: "localhost:1", origin: "null" }, false],
  ])("answers %o with %s", (headers, expected) => {
    expect(isSameSite(headers)).toBe(expected);
  });
});
