/** Waits that one signal ends together. */

import { getEventListeners } from "node:events";
import { expect, it, onTestFinished } from "vitest";
import { Condition } from "../../../src/core/async/condition.js";
import { onAbort } from "../../../src/core/async/on-abort.js";
import { sleep } from "../../../src/core/async/sleep.js";
import { withTimeout } from "../../../src/core/async/with-timeout.js";

it.each<[string, (signal: AbortSignal) => Promise<unknown>]>([
  ["Condition.wait()", (signal) => new Condition().wait({ signal })],
  ["sleep()", (signal) => sleep(1000, { signal })],
  ["withTimeout()", (signal) => withTimeout(signal, new Promise(() => {}))],
])("%s may share its signal with many others", async (_, wait) => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on("warning", note);
  onTestFinished(() => void process.off("warning", note));
  const controller = new AbortController();
  const waits = Array.from({ length: 20 }, () => wait(controller.signal));

  controller.abort(new Error("enough"));
  const settled = await Promise.allSettled(waits);
  await new Promise(setImmediate);

  expect(settled.every((one) => one.status === "rejected" && one.reason === controller.signal.reason)).toBe(true);
  expect(warnings).toEqual([]);
});

it("keeps listening for those who are left, and not for nobody", () => {
  const controller = new AbortController();
  const { signal } = controller;
  const called: string[] = [];

  const forgetFirst = onAbort(signal, () => called.push("first"));
  const forgetSecond = onAbort(signal, () => called.push("second"));
  forgetFirst();
  forgetFirst();
  expect(getEventListeners(signal, "abort").length).toBe(1);
  forgetSecond();
  expect(getEventListeners(signal, "abort").length).toBe(0);
  onAbort(signal, () => called.push("third"));
  forgetSecond();
  controller.abort();

  expect(called).toEqual(["third"]);
});
