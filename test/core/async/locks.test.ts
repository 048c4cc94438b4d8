import { describe, expect, it } from "vitest";
import { BoundedSemaphore, Condition, Event, Lock, Semaphore, TimeoutError } from "../../../src/core/async/locks.js";
import type { WaitOptions } from "../../../src/core/async/waiters.js";

/** Lets everything that is ready go on. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a Condition", () => {
  it("wakes those who have waited longest, after the code that notifies", async () => {
    const condition = new Condition();
    const log: string[] = [];
    for (const name of ["a", "b", "c", "d"]) void condition.wait().then(() => log.push(name));
    condition.notify();
    condition.notify(2);
    log.push("notified");
    await turn();

    expect(log).toEqual(["notified", "a", "b", "c"]);
    condition.notifyAll();
    await turn();
    expect(log.at(-1)).toBe("d");
  });

  it("forgets a notification that nobody waits for", async () => {
    const condition = new Condition();
    condition.notifyAll();

    expect(await condition.wait({ timeout: 0.001 })).toBe(false);
  });

  it("does not spend a notification on one who has given up", async () => {
    const condition = new Condition();
    const controller = new AbortController();
    const aborted = condition.wait({ signal: controller.signal });
    const timedOut = condition.wait({ timeout: 0 });
    const patient = condition.wait();
    controller.abort(new Error("gone"));

    await expect(aborted).rejects.toThrow("gone");
    expect(await timedOut).toBe(false);
    condition.notify();
    expect(await patient).toBe(true);
  });

  it("keeps nothing of a hundred thousand waiters that timed out", async () => {
    const condition = new Condition();
    const waits = Array.from({ length: 100_000 }, () => condition.wait({ timeout: 0 }));
    await Promise.all(waits);
    const log: string[] = [];
    void condition.wait().then(() => log.push("woken"));
    condition.notify();
    await turn();

    expect(log).toEqual(["woken"]);
  });
});

describe("an Event", () => {
  it("lets pass once it is set, until it is cleared", async () => {
    const event = new Event();
    const waits = [event.wait(), event.wait({ timeout: 10 })];
    event.set();
    event.clear();

    await Promise.all(waits);
    expect(event.isSet()).toBe(false);
    event.set();
    await event.wait();
    event.clear();
    await expect(event.wait({ timeout: 0.001 })).rejects.toBeInstanceOf(TimeoutError);
  });
});

describe("a Semaphore", () => {
  it("lets in as many as it has places, in the order in which they came", async () => {
    const semaphore = new Semaphore(2);
    const log: number[] = [];
    const guards = [await semaphore.acquire(), await semaphore.acquire()];
    for (const number of [1, 2, 3]) void semaphore.acquire().then(() => log.push(number));
    expect(semaphore.value).toBe(0);
    semaphore.release();
    guards[0]!.release();
    guards[0]!.release();
    // Who comes now does not overtake.
    void semaphore.acquire().then(() => log.push(4));
    await turn();

    expect(log).toEqual([1, 2]);
    semaphore.release();
    semaphore.release();
    await turn();
    expect(log).toEqual([1, 2, 3, 4]);
  });

  it("gives the place back at the end of a block, even after an error", async () => {
    const semaphore = new Semaphore();
    const fail = async () => {
      using _ = await semaphore.acquire();
      throw new Error("inside");
    };
    const failAsync = async () => {
      await using _ = await semaphore.acquire();
      throw new Error("inside");
    };

    await expect(fail()).rejects.toThrow("inside");
    await expect(failAsync()).rejects.toThrow("inside");
    await expect(semaphore.withLock(() => Promise.reject(new Error("inside")))).rejects.toThrow("inside");
    expect(semaphore.value).toBe(1);
  });

  it("runs a function with a place, and gives what that gives", async () => {
    const semaphore = new Semaphore(1);
    let inside = 0;
    const visits = [1, 2, 3].map((number) =>
      semaphore.withLock(async () => {
        expect(++inside).toBe(1);
        await turn();
        inside--;
        return number;
      }),
    );

    expect(await Promise.all(visits)).toEqual([1, 2, 3]);
    expect(semaphore.value).toBe(1);
  });

  it("loses no place to those who give up", async () => {
    const semaphore = new Semaphore(1);
    const guard = await semaphore.acquire();
    const controller = new AbortController();
    const aborted = semaphore.acquire({ signal: controller.signal });
    await expect(semaphore.acquire({ timeout: 0 })).rejects.toThrow(/Semaphore\.acquire\(\) has waited for 0 s/);
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ name: "AbortError" });
    guard.release();

    expect(semaphore.value).toBe(1);
    await expect(semaphore.acquire({ signal: controller.signal })).rejects.toMatchObject({ name: "AbortError" });
    expect(semaphore.value).toBe(1);
  });

  it.each([-1, 1.5, Number.NaN])("cannot have %s places", (value) => {
    expect(() => new Semaphore(value)).toThrow(expect.objectContaining({ code: "BAD_ARGUMENT" }));
    expect(() => new BoundedSemaphore(value)).toThrow(/BoundedSemaphore was made/);
  });

  it("that is bounded refuses a release too many", async () => {
    const semaphore = new BoundedSemaphore(1);
    await semaphore.acquire();
    const waiting = semaphore.acquire();
    semaphore.release();
    await waiting;
    semaphore.release();

    expect(() => semaphore.release()).toThrow(expect.objectContaining({ code: "RELEASED_TOO_OFTEN" }));
  });
});

describe("a Lock", () => {
  it("lets in one at a time", async () => {
    const lock = new Lock();
    let inside = 0;
    const visit = async () => {
      using _ = await lock.acquire();
      expect(++inside).toBe(1);
      await turn();
      inside--;
    };
    await Promise.all([visit(), visit(), lock.withLock(() => expect(inside).toBe(0)), visit()]);

    expect(lock.isLocked).toBe(false);
  });

  it("refuses to be released by nobody", () => {
    expect(() => new Lock().release()).toThrow(expect.objectContaining({ code: "RELEASED_TOO_OFTEN" }));
  });

  it("can be waited for with a limit", async () => {
    const lock = new Lock();
    await lock.acquire();

    await expect(lock.acquire({ timeout: 0.001 })).rejects.toBeInstanceOf(TimeoutError);
    lock.release();
    await lock.acquire({ timeout: 0.001 });
  });
});

it.each([
  ["Condition", (options: WaitOptions) => new Condition().wait(options)],
  ["Event", (options: WaitOptions) => new Event().wait(options)],
  ["Semaphore", (options: WaitOptions) => new Semaphore(0).acquire(options)],
])("%s refuses a timeout that is no number", async (_, wait) => {
  await expect(wait({ timeout: Number.NaN })).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
});
