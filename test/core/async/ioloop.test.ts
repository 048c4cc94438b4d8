import { afterEach, describe, expect, it, vi } from "vitest";
import { IOLoop, PeriodicCallback, spawnCallback, WorkerPool } from "../../../src/core/async/ioloop.js";
import { nextOnGrid } from "../../../src/core/async/periodic-callback.js";
import { Timer } from "../../../src/core/async/timer.js";
import { expectLog } from "../../../src/core/testing/expect-log.js";

afterEach(() => {
  vi.useRealTimers();
});

describe("the IOLoop", () => {
  const loop = IOLoop.current();

  it("calls later, with arguments, and not at all when taken back", async () => {
    vi.useFakeTimers();
    const calls: string[] = [];
    const note = (name: string) => calls.push(name);
    loop.callLater(2, note, "later");
    loop.callAt(loop.time() + 1, note, "at");
    loop.addTimeout(loop.time() + 3, note, "timeout");
    loop.addTimeout(new Date(Date.now() + 4000), note, "date");
    loop.callAt(0, note, "past");
    loop.removeTimeout(loop.callLater(1, note, "never"));
    await vi.advanceTimersByTimeAsync(5000);

    expect(calls).toEqual(["past", "at", "later", "timeout", "date"]);
  });

  it("calls in the next turn, and when a promise is settled", async () => {
    const calls: string[] = [];
    loop.addCallback((name) => calls.push(name), "a");
    spawnCallback((name) => calls.push(name), "b");
    loop.addFuture(Promise.reject(new Error("unseen")), async (promise) => {
      await promise.catch(() => calls.push("c"));
    });
    expect(calls).toEqual([]);
    while (calls.length < 3) await new Promise((resolve) => setImmediate(resolve));

    expect(calls).toEqual(["a", "b", "c"]);
  });

  it.each([
    [
      "at once",
      () => {
        throw new Error("broken");
      },
    ],
    [
      "later",
      async () => {
        throw new Error("broken");
      },
    ],
  ])("logs what a callback throws %s", async (_, callback) => {
    const log = expectLog("tornado.application", "Exception in callback");
    await log.during(async () => {
      loop.spawnCallback(callback);
      while (log.matched.length === 0) await new Promise((resolve) => setImmediate(resolve));
    });
    expect(log.loggedStack).toBe(true);
  });

  it("takes a pool as its default executor, and nothing else", () => {
    expect(() => loop.setDefaultExecutor({} as WorkerPool)).toThrow(/new WorkerPool\(\)/);
  });

  it.each([
    [{ threads: 0 }, /0 threads/],
    [{ threads: 1.5 }, /1\.5 threads/],
    [{ idleTimeout: -1 }, /idleTimeout of -1/],
    [{ idleTimeout: Number.NaN }, /idleTimeout of NaN/],
  ])("has no pool of %j", (options, message) => {
    expect(() => new WorkerPool(options)).toThrow(message);
  });
});

describe("a PeriodicCallback", () => {
  /** Runs under a clock of the test's own. */
  const fake = () => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });

  it("calls on a grid, the first time after one period", async () => {
    fake();
    const began = performance.now();
    const calls: number[] = [];
    using periodic = new PeriodicCallback(() => calls.push(performance.now() - began), 100);
    periodic.start();
    periodic.start();
    expect(periodic.isRunning()).toBe(true);
    await vi.advanceTimersByTimeAsync(350);
    periodic.stop();
    await vi.advanceTimersByTimeAsync(350);

    expect(calls).toEqual([100, 200, 300]);
    expect(periodic.isRunning()).toBe(false);
  });

  it("leaves out calls that a slow one takes the time of, and stays on the grid", async () => {
    fake();
    const began = performance.now();
    const calls: number[] = [];
    using periodic = new PeriodicCallback(async () => {
      calls.push(performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }, 100);
    periodic.start();
    await vi.advanceTimersByTimeAsync(1000);

    expect(calls).toEqual([100, 400, 700, 1000]);
  });

  it("does not care about clocks that are set", async () => {
    fake();
    let calls = 0;
    using periodic = new PeriodicCallback(() => calls++, 100);
    periodic.start();
    for (const jumpMs of [-86_400_000, 86_400_000]) {
      vi.setSystemTime(Date.now() + jumpMs);
      await vi.advanceTimersByTimeAsync(100);
    }

    expect(calls).toBe(2);
  });

  it("logs an error and goes on", async () => {
    fake();
    let calls = 0;
    using periodic = new PeriodicCallback(function cleanUp() {
      calls++;
      throw new Error("broken");
    }, 10);
    const log = expectLog("tornado.application", "Exception in callback cleanUp");
    periodic.start();
    await log.during(() => vi.advanceTimersByTimeAsync(35));

    expect(calls).toBe(3);
  });

  it("ends when it is stopped from within, and can begin again", async () => {
    fake();
    let calls = 0;
    const periodic = new PeriodicCallback(() => {
      calls++;
      periodic.stop();
    }, 10);
    periodic.start();
    await vi.advanceTimersByTimeAsync(100);
    expect(calls).toBe(1);
    periodic.start();
    await vi.advanceTimersByTimeAsync(100);

    expect(calls).toBe(2);
  });

  it("varies its periods by the jitter", async () => {
    fake();
    const random = vi.spyOn(Math, "random").mockReturnValueOnce(1).mockReturnValueOnce(0).mockReturnValue(0.5);
    const began = performance.now();
    const calls: number[] = [];
    using periodic = new PeriodicCallback(() => calls.push(performance.now() - began), 100, { jitter: 0.2 });
    periodic.start();
    await vi.advanceTimersByTimeAsync(310);
    random.mockRestore();

    expect(calls.map(Math.round)).toEqual([110, 200, 300]);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses a period of %s", (period) => {
    expect(() => new PeriodicCallback(() => {}, period)).toThrow(expect.objectContaining({ code: "BAD_ARGUMENT" }));
  });

  it.each([-0.1, 2, Number.NaN])("refuses a jitter of %s", (jitter) => {
    expect(() => new PeriodicCallback(() => {}, 100, { jitter })).toThrow(/jitter/);
  });

  it.each([
    ["late by less than a period", 100, 130, 100, 200],
    ["late by several periods", 100, 430, 100, 500],
    ["on the point", 100, 200, 100, 300],
    ["early by a moment", 200, 199.4, 100, 300],
  ])("finds the next point when it is %s", (_, last, now, period, next) => {
    expect(nextOnGrid(last, now, period)).toBe(next);
  });
});

describe("a Timer", () => {
  it("holds longer than Node's own, and for ever", async () => {
    vi.useFakeTimers();
    const calls: string[] = [];
    new Timer(40 * 86_400, () => calls.push("forty days"));
    new Timer(Number.POSITIVE_INFINITY, () => calls.push("never")).unref();
    await vi.advanceTimersByTimeAsync(39 * 86_400_000);
    expect(calls).toEqual([]);
    await vi.advanceTimersByTimeAsync(2 * 86_400_000);

    expect(calls).toEqual(["forty days"]);
  });
});
