import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { rateLimited } from "../../../src/core/log/rate-limited.js";

describe("rateLimited", () => {
  // The clock is what cannot be waited for here.
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function limited(intervalMs?: number) {
    const lines: string[] = [];
    return { lines, warn: rateLimited((line) => lines.push(line), intervalMs) };
  }

  it("passes the first of a kind at once, and says at the end of the second how many came besides", () => {
    const { lines, warn } = limited();

    warn("Malformed request from 10.0.0.1:4000");
    warn("Malformed request from 10.0.0.2:4001");
    warn("Malformed request from fe80::a1:4002");
    const before = [...lines];
    vi.advanceTimersByTime(1000);

    expect(before).toEqual(["Malformed request from 10.0.0.1:4000"]);
    expect(lines[1]).toBe("Malformed request from fe80::a1:4002 (2 like it in the last second)");
  });

  it("goes on with one line a second while they keep coming, and then begins anew", () => {
    const { lines, warn } = limited();

    for (let tick = 0; tick < 30; tick++) {
      warn(`Too many of "${tick}"`);
      vi.advanceTimersByTime(100);
    }
    vi.advanceTimersByTime(3000);
    warn('Too many of "later"');

    expect(lines).toEqual([
      'Too many of "0"',
      'Too many of "9" (9 like it in the last second)',
      'Too many of "19" (10 like it in the last second)',
      'Too many of "29" (10 like it in the last second)',
      'Too many of "later"',
    ]);
  });

  it("tells kinds apart", () => {
    const { lines, warn } = limited();

    warn("Malformed HTTP message");
    warn("TLS handshake failed");

    expect(lines).toEqual(["Malformed HTTP message", "TLS handshake failed"]);
  });

  it("puts the hundredth kind and all after it into one, so that memory and log stay bounded", () => {
    const { lines, warn } = limited();

    for (let kind = 0; kind < 10_000; kind++)
      warn(`kind ${"x".repeat(kind % 150)}${"y".repeat(Math.floor(kind / 150))}`);

    expect(lines.length).toBe(101);
  });

  it("takes another interval", () => {
    const { lines, warn } = limited(60_000);

    warn("slow");
    warn("slow");
    vi.advanceTimersByTime(59_999);
    const before = lines.length;
    vi.advanceTimersByTime(1);

    expect(before).toBe(1);
    expect(lines[1]).toBe("slow (1 like it in the last 60 seconds)");
  });
});
