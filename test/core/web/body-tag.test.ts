import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { bodyTag } from "../../../src/core/web/body-tag.js";

class One {}
class Other {}
const sha1Of = (body: string | Uint8Array) => `"${createHash("sha1").update(body).digest("hex")}"`;

describe("bodyTag", () => {
  it("gives the SHA-1 of each body, whichever came before it", () => {
    const bodies = ["", "a", "a", "b", "", "ä€😀", "x".repeat(1024), "x".repeat(1024), "x".repeat(5000), "a"];

    for (const body of bodies) for (const kind of [One, Other]) expect(bodyTag(body, kind)).toBe(sha1Of(body));
  });

  it("tells texts of the same length apart, and a text put together from one that is whole", () => {
    const long = "y".repeat(500);

    expect(bodyTag(`${long}1`, One)).toBe(sha1Of(`${long}1`));
    expect(bodyTag(`${long}2`, One)).toBe(sha1Of(`${long}2`));
    expect(bodyTag([long, "2"].join(""), One)).toBe(sha1Of(`${long}2`));
  });

  it("looks at bytes anew each time, as they may have changed", () => {
    const bytes = Buffer.from("abc");

    expect(bodyTag(bytes, One)).toBe(sha1Of("abc"));
    bytes[0] = 0x78;
    expect(bodyTag(bytes, One)).toBe(sha1Of("xbc"));
  });
});
