/** The one timer of a server: what it does once a second for each connection must not keep all others waiting. */

import { expect, it, onTestFinished, vi } from "vitest";
import type { Session } from "../../../src/core/http/transport.js";
import { counting, createServer } from "./serve.js";

it("a sweep that has much to do lets others have their turn, and comes to the last connection", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  const server = createServer(counting().application);
  const swept: number[] = [];
  let sweptBefore = -1;
  for (let number = 0; number < 200; number++) {
    // As if each were to be refused, which takes a while.
    const sweep = () => {
      const end = performance.now() + 1;
      while (performance.now() < end);
      swept.push(number);
    };
    server.sessionStarted({ sweep, closeIfIdle() {}, destroy() {} } as unknown as Session);
  }

  vi.advanceTimersByTime(1000);
  setImmediate(() => {
    sweptBefore = swept.length;
  });
  while (swept.length < 200) await new Promise(setImmediate);

  expect(sweptBefore).toBeGreaterThan(0);
  expect(sweptBefore).toBeLessThan(100);
  expect(swept).toEqual(Array.from({ length: 200 }, (_, number) => number));
});

it("a sweep that breaks off does not keep the next one from coming", () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  const server = createServer(counting().application);
  let swept = 0;
  const sweep = () => {
    swept++;
    throw new Error("broken");
  };
  server.sessionStarted({ sweep, closeIfIdle() {}, destroy() {} } as unknown as Session);

  expect(() => vi.advanceTimersByTime(1000)).toThrow("broken");
  expect(() => vi.advanceTimersByTime(1000)).toThrow("broken");

  expect(swept).toBe(2);
});
