import { describe, expect, it } from "vitest";
import { HEALTHY_AFTER_MS, restartPolicy } from "../../src/process/restart-policy.js";

const withoutJitter = () => 0.5;

describe("the restart policy", () => {
  it("replaces the first that dies at once", () => {
    expect(restartPolicy({ servedMs: 5, earlierFailures: 0 }, withoutJitter)).toEqual({ delayMs: 0, failures: 1 });
  });

  it("waits twice as long each time, up to 30 s", () => {
    const delays: number[] = [];
    let earlierFailures = 0;
    for (let count = 0; count < 12; count += 1) {
      const { delayMs, failures } = restartPolicy({ servedMs: 0, earlierFailures }, withoutJitter);
      delays.push(delayMs);
      earlierFailures = failures;
    }

    expect(delays).toEqual([0, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
  });

  it("forgets what was when a worker served for a minute", () => {
    expect(restartPolicy({ servedMs: HEALTHY_AFTER_MS, earlierFailures: 9 })).toEqual({ delayMs: 0, failures: 1 });
  });

  it("replaces a worker that served and was killed at once, however often", () => {
    const killed = { servedMs: 1500, wasKilled: true };

    expect(restartPolicy({ ...killed, earlierFailures: 0 })).toEqual({ delayMs: 0, failures: 0 });
    expect(restartPolicy({ ...killed, earlierFailures: 9 })).toEqual({ delayMs: 0, failures: 9 });
    expect(restartPolicy({ ...killed, servedMs: 20, earlierFailures: 9 }).delayMs).toBeGreaterThan(20_000);
  });

  it("counts the time that a worker served as a part of the delay", () => {
    expect(restartPolicy({ servedMs: 5000, earlierFailures: 8 }, withoutJitter).delayMs).toBe(7800);
    expect(restartPolicy({ servedMs: 5000, earlierFailures: 3 }, withoutJitter).delayMs).toBe(0);
  });

  it("spreads the delays, and never beyond 30 s", () => {
    expect(restartPolicy({ servedMs: 0, earlierFailures: 1 }, () => 0).delayMs).toBeCloseTo(80);
    expect(restartPolicy({ servedMs: 0, earlierFailures: 1 }, () => 0.999).delayMs).toBeLessThan(120);
    expect(restartPolicy({ servedMs: 0, earlierFailures: 1e9 }, () => 0.999).delayMs).toBe(30_000);
  });
});
