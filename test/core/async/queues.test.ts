import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  LifoQueue,
  naturalOrder,
  PriorityQueue,
  Queue,
  QueueEmpty,
  QueueFull,
  TimeoutError,
} from "../../../src/core/async/queues.js";

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a Queue", () => {
  it("hands items out in order, to those who wait in order", async () => {
    const queue = new Queue<number>();
    const early = [queue.get(), queue.get()];
    for (const item of [1, 2, 3]) queue.putNowait(item);

    expect(await Promise.all(early)).toEqual([1, 2]);
    expect(queue.qsize()).toBe(1);
    expect(await queue.get()).toBe(3);
    expect(queue.empty()).toBe(true);
    expect(() => queue.getNowait()).toThrow(QueueEmpty);
  });

  it("makes those who put in wait when it is full, and keeps their order", async () => {
    const queue = new Queue<string>(1);
    await queue.put("a");
    const waiting = [queue.put("b"), queue.put("c")];
    expect(queue.full()).toBe(true);
    expect(() => queue.putNowait("d")).toThrow(QueueFull);

    expect([await queue.get(), await queue.get(), await queue.get()]).toEqual(["a", "b", "c"]);
    await Promise.all(waiting);
  });

  it("does not take in what was given up, nor give to who has left", async () => {
    const queue = new Queue<string>(1);
    queue.putNowait("a");
    await expect(queue.put("late", { timeout: 0 })).rejects.toBeInstanceOf(TimeoutError);
    const controller = new AbortController();
    const aborted = queue.put("aborted", { signal: controller.signal });
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ name: "AbortError" });
    expect(queue.getNowait()).toBe("a");
    expect(queue.empty()).toBe(true);

    await expect(queue.get({ timeout: 0 })).rejects.toThrow("Queue.get() has waited for 0 s in vain.");
    queue.putNowait("b");
    expect(await queue.get({ timeout: 0 })).toBe("b");
  });

  it("is joined when every item is dealt with", async () => {
    const queue = new Queue<number>();
    await queue.join();
    queue.putNowait(1);
    queue.putNowait(2);
    let isJoined = false;
    const joining = queue.join().then(() => {
      isJoined = true;
    });
    for (const _ of [1, 2]) {
      await queue.get();
      await turn();
      expect(isJoined).toBe(false);
      queue.taskDone();
    }
    await joining;

    expect(() => queue.taskDone()).toThrow(expect.objectContaining({ code: "RELEASED_TOO_OFTEN" }));
    queue.putNowait(3);
    await expect(queue.join({ timeout: 0.001 })).rejects.toBeInstanceOf(TimeoutError);
  });

  it("is read by a loop", async () => {
    const queue = new Queue<number>(1);
    const seen: number[] = [];
    const putting = (async () => {
      for (const item of [1, 2, 3, 4]) await queue.put(item);
    })();
    for await (const item of queue) {
      seen.push(item);
      if (item === 3) break;
    }
    await putting;

    expect(seen).toEqual([1, 2, 3]);
    expect(queue.getNowait()).toBe(4);
  });

  it("behaves as an array with a bound, whatever is done", () => {
    const step = fc.oneof(fc.record({ put: fc.integer() }), fc.constant("get" as const));
    fc.assert(
      fc.property(fc.nat({ max: 3 }), fc.array(step, { maxLength: 300 }), (maxsize, steps) => {
        const queue = new Queue<number>(maxsize);
        const model: number[] = [];
        for (const one of steps) {
          if (one === "get") {
            if (model.length === 0) expect(() => queue.getNowait()).toThrow(QueueEmpty);
            else expect(queue.getNowait()).toBe(model.shift());
          } else if (maxsize > 0 && model.length === maxsize) {
            expect(() => queue.putNowait(one.put)).toThrow(QueueFull);
          } else {
            queue.putNowait(one.put);
            model.push(one.put);
          }
          expect(queue.qsize()).toBe(model.length);
        }
      }),
    );
  });

  it("takes a hundred thousand items in and out", () => {
    const queue = new Queue<number>();
    for (let item = 0; item < 100_000; item++) queue.putNowait(item);
    for (let item = 0; item < 100_000; item++) expect(queue.getNowait() === item).toBe(true);
  });

  it.each([-1, 0.5, Number.NaN])("cannot have a maxsize of %s", (maxsize) => {
    expect(() => new Queue(maxsize)).toThrow(expect.objectContaining({ code: "BAD_ARGUMENT" }));
  });
});

describe("a PriorityQueue", () => {
  it("hands out the smallest first, and equal ones in order", () => {
    const key = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.object());
    fc.assert(
      fc.property(fc.array(key), (items) => {
        const queue = new PriorityQueue<[number, object]>();
        for (const item of items) queue.putNowait(item);
        const got = items.map(() => queue.getNowait());
        expect(got).toEqual([...items].sort(([left], [right]) => left - right));
      }),
    );
  });

  it("gives one who waits the smallest, not the newest", async () => {
    const queue = new PriorityQueue<number>(2);
    for (const item of [5, 3]) queue.putNowait(item);
    const putting = queue.put(1);

    expect(queue.getNowait()).toBe(3);
    await putting;
    expect([queue.getNowait(), queue.getNowait()]).toEqual([1, 5]);
  });

  it("takes an order of its own", () => {
    const queue = new PriorityQueue<{ due: number }>(0, { compare: (left, right) => right.due - left.due });
    for (const due of [1, 3, 2]) queue.putNowait({ due });

    expect([1, 2, 3].map(() => queue.getNowait().due)).toEqual([3, 2, 1]);
  });

  it("refuses what has no order, and stays whole", async () => {
    const queue = new PriorityQueue<unknown>(1);
    expect(() => queue.putNowait({})).toThrow(expect.objectContaining({ code: "NOT_COMPARABLE" }));
    queue.putNowait(1);
    const bad = queue.put(Number.NaN);
    const good = queue.put(2);

    expect(queue.getNowait()).toBe(1);
    await expect(bad).rejects.toMatchObject({ code: "NOT_COMPARABLE" });
    await good;
    expect(queue.getNowait()).toBe(2);
  });
});

it("loses no item when two meet that have no order", () => {
  let isOrdered = true;
  const compare = (left: number, right: number) => {
    if (!isOrdered) throw new Error("no order");
    return left - right;
  };
  const queue = new PriorityQueue<number>(0, { compare });
  for (const item of [4, 2, 5, 1, 3]) queue.putNowait(item);
  isOrdered = false;
  expect(() => queue.getNowait()).toThrow("no order");
  expect(() => queue.putNowait(0)).toThrow("no order");
  isOrdered = true;

  expect([1, 2, 3, 4, 5].map(() => queue.getNowait())).toEqual([1, 2, 3, 4, 5]);
});

it("a LifoQueue hands out the newest first", () => {
  const queue = new LifoQueue<number>();
  for (const item of [1, 2, 3]) queue.putNowait(item);

  expect([queue.getNowait(), queue.getNowait(), queue.getNowait()]).toEqual([3, 2, 1]);
});

describe("the natural order", () => {
  it.each([
    [1, 2, -1],
    [2, 1, 1],
    [1, 1, 0],
    ["a", "b", -1],
    [1n, 2, -1],
    [new Date(1), new Date(2), -1],
    [[1, "b"], [1, "c"], -1],
    [[1], [1, 0], -1],
    [[1, {}], [1, {}], 0],
    [[1, {}, 2], [1, {}, 1], 1],
  ])("puts %s and %s to %i", (left, right, order) => {
    expect(Math.sign(naturalOrder(left, right))).toBe(order);
  });

  it.each([
    [1, "a"],
    [{}, {}],
    [[{}], [{}]],
    [null, 1],
    [new Date(Number.NaN), new Date(0)],
  ])("has none for %j and %j", (left, right) => {
    expect(() => naturalOrder(left, right)).toThrow(expect.objectContaining({ code: "NOT_COMPARABLE" }));
  });
});
