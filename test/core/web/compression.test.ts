import { describe, expect, it } from "vitest";
import { chooseCoding } from "../../../src/core/web/compression.js";

const best = chooseCoding("zstd, br, gzip")!.name;

describe("chooseCoding", () => {
  it.each<[string | undefined, string | null]>([
    // RFC 9110, section 12.5.3; reference row T2 for what Tornado gets wrong.
    [undefined, null],
    ["", null],
    ["gzip", "gzip"],
    ["GZip", "gzip"],
    ["x-gzip", "gzip"],
    ["gzip;q=0", null],
    ["gzip; q=0.0, br", "br"],
    ["br;q=0.5, gzip;q=0.8", "gzip"],
    ["deflate", null],
    ["*", "gzip"],
    ["*;q=0", null],
    ["gzip;q=0.5, identity;q=1", null],
    ["gzip;q=nonsense", null],
    ["gzip, deflate, br, zstd", best],
  ])("reads %j as %j", (header, name) => {
    expect(chooseCoding(header)?.name ?? null).toBe(name);
  });
});
