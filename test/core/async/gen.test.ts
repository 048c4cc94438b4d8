import { describe, expect, it } from "vitest";
import { multi, sleep, TimeoutError, WaitIterator, withTimeout } from "../../../src/core/async/gen.js";
import { expectLog } from "../../../src/core/testing/expect-log.js";

const fail = async (message: string) => {
  throw new RangeError(message);
};

describe("multi", () => {
  it("keeps the shape of what it is given", async () => {
    expect(await multi([1, Promise.resolve("b")])).toEqual([1, "b"]);
    expect(await multi({ one: 1, two: Promise.resolve("b") })).toEqual({ one: 1, two: "b" });
    expect(await multi([])).toEqual([]);
  });

  it("throws the first error in order when all are done, and logs the others", async () => {
    let isDone = false;
    const slow = sleep(0.005).then(() => {
      isDone = true;
      throw new RangeError("first");
    });
    const log = expectLog("tornado.application", "Several promises");
    await log.during(() => expect(multi([slow, fail("second")])).rejects.toThrow("first"));

    expect(isDone).toBe(true);
    expect(log.matched.map(({ error }) => (error as Error).message)).toEqual(["second"]);
  });

  it("logs no error of a quiet class", async () => {
    using log = expectLog("tornado.application", /./, { required: false });
    await expect(multi([fail("a"), fail("b")], { quietExceptions: [RangeError] })).rejects.toThrow("a");

    expect(log.matched).toEqual([]);
  });
});

describe("withTimeout", () => {
  it("gives what comes in time, plain values too", async () => {
    expect(await withTimeout(1, Promise.resolve("a"))).toBe("a");
    expect(await withTimeout(new AbortController().signal, "a")).toBe("a");
    await expect(withTimeout(1, fail("own"))).rejects.toThrow("own");
  });

  it("throws after the time, and logs an error that comes later", async () => {
    const { promise, reject } = withResolvers();
    await expect(withTimeout(0.001, promise)).rejects.toBeInstanceOf(TimeoutError);
    const log = expectLog("tornado.application", "after its timeout");
    await log.during(async () => {
      reject(new Error("late"));
      await sleep(0);
    });
  });

  it("is quiet about classes that are expected", async () => {
    const { promise, reject } = withResolvers();
    await expect(withTimeout(0, promise, { quietExceptions: RangeError })).rejects.toThrow("within 0 s");
    using log = expectLog("tornado.application", /./, { required: false });
    reject(new RangeError("late"));
    await sleep(0);

    expect(log.matched).toEqual([]);
  });

  it("ends with the reason of a signal", async () => {
    const controller = new AbortController();
    const waiting = withTimeout(controller.signal, new Promise(() => {}));
    controller.abort(new Error("gone"));

    await expect(waiting).rejects.toThrow("gone");
    await expect(withTimeout(controller.signal, new Promise(() => {}))).rejects.toThrow("gone");
  });

  function withResolvers() {
    let reject: (error: Error) => void = () => {};
    const promise = new Promise<never>((_, rejectPromise) => {
      reject = rejectPromise;
    });
    return { promise, reject };
  }
});

describe("sleep", () => {
  it("takes about the time, and can be ended", async () => {
    const began = performance.now();
    await sleep(0.02);
    expect(performance.now() - began).toBeGreaterThan(18);
    const controller = new AbortController();
    const sleeping = sleep(1000, { signal: controller.signal });
    controller.abort();

    await expect(sleeping).rejects.toMatchObject({ name: "AbortError" });
    await expect(sleep(1000, { signal: controller.signal })).rejects.toMatchObject({ name: "AbortError" });
  });

  it.each([Number.NaN, "1" as unknown as number])("refuses %s", async (seconds) => {
    await expect(sleep(seconds)).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
  });
});

describe("a WaitIterator", () => {
  const valueAfter = (seconds: number, value: string) => sleep(seconds).then(() => value);

  it("gives results as they come, with their names", async () => {
    const iterator = new WaitIterator({ slow: valueAfter(0.02, "s"), fast: valueAfter(0.005, "f") });
    const seen: [string | number | null, string][] = [];
    for await (const value of iterator) seen.push([iterator.currentIndex, value]);

    expect(seen).toEqual([
      ["fast", "f"],
      ["slow", "s"],
    ]);
    expect(iterator.done()).toBe(true);
    expect(await iterator.currentFuture).toBe("s");
    await expect(iterator.next()).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
  });

  it("hands over a hundred thousand that are there at once", async () => {
    const results: number[] = [];

    for await (const result of new WaitIterator(Array.from({ length: 100_000 }, (_, index) => index)))
      results.push(result);

    expect(results.every((result, index) => result === index)).toBe(true);
    expect(results).toHaveLength(100_000);
  });

  it("goes on behind an error", async () => {
    const iterator = new WaitIterator<string>([fail("a") as Promise<never>, valueAfter(0.005, "b")]);

    await expect(iterator.next()).rejects.toThrow("a");
    expect(iterator.currentIndex).toBe(0);
    const next = iterator.next();
    await expect(iterator.next()).rejects.toThrow(/waited for already/);
    expect(await next).toBe("b");
    expect(iterator.currentIndex).toBe(1);
  });
});
