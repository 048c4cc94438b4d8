/** Refuses promises where nobody would wait for them. */

/** Whether a value is to be awaited; some libraries give what is no `Promise`. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === "function";
}

/**
 * Throws if a value is a promise, whose own failure is then of no interest.
 *
 * @param place - What has given it, such as `initialize()`.
 */
export function refusePromise(value: unknown, place: string): void {
  if (value === undefined || !isPromise(value)) return;
  Promise.resolve(value).catch(() => {});
  throw new TypeError(`${place} must not be async. Await in prepare(), which may be.`);
}
