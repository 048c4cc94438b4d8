import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { BodyPieces } from "../../../src/core/http/body-pieces.js";

describe("the pieces of a body", () => {
  it.each([
    ["one piece", [100_000]],
    ["large pieces", Array<number>(300).fill(5000)],
    ["single bytes", Array<number>(2000).fill(1)],
    ["both in turn", Array.from({ length: 3000 }, (_, i) => (i % 7 === 0 ? 1000 : 1))],
    ["pieces of nothing", [0, 3, 0]],
  ])("make up the whole: %s", (_what, sizes) => {
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const expected = Buffer.from(Array.from({ length: total }, (_, i) => i % 251));
    const pieces = new BodyPieces();

    let start = 0;
    for (const size of sizes) {
      pieces.push(expected.subarray(start, start + size));
      start += size;
    }

    expect(pieces.join().equals(expected)).toBe(true);
  });

  it("of one piece are that piece, not copied", () => {
    const piece = Buffer.from("hello");
    const pieces = new BodyPieces();

    pieces.push(piece);

    expect(pieces.join()).toBe(piece);
  });

  it("of one byte each weigh little more than their bytes", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const pieces = new BodyPieces();
    collect();
    const before = process.memoryUsage();

    for (let i = 0; i < 200_000; i++) pieces.push(Buffer.allocUnsafeSlow(1).fill("x"));

    // What one collection finds, the next ones free.
    for (let i = 0; i < 3; i++) collect();
    const after = process.memoryUsage();
    expect(after.heapUsed + after.external - before.heapUsed - before.external).toBeLessThan(2_000_000);
    expect(pieces.join()).toHaveLength(200_000);
  });
});
