/** Waits for several things at once and loses no error. */

import { type ErrorClass, logUnlessQuiet } from "./quiet-errors.js";

/** What {@link multi} takes. */
export interface MultiOptions {
  /** Errors of these classes are not logged when another one came before. */
  readonly quietExceptions?: ErrorClass | readonly ErrorClass[];
}

/**
 * Waits until all are done, unlike `Promise.all`, which leaves the others running when one fails.
 *
 * The error of the first one in order that failed is thrown, the others are logged.
 *
 * @param children - An array or an object of promises or plain values.
 * @returns Their values in the same shape.
 * @example
 * const { user, stories } = await multi({ user: loadUser(id), stories: loadStories(id) });
 */
export async function multi<Children extends readonly unknown[] | Readonly<Record<string, unknown>>>(
  children: Children,
  options: MultiOptions = {},
): Promise<{ -readonly [Key in keyof Children]: Awaited<Children[Key]> }> {
  const keys = Object.keys(children);
  const settled = await Promise.allSettled(Object.values(children));
  const rejected = settled.filter((one) => one.status === "rejected");
  if (rejected.length > 0) {
    for (const { reason } of rejected.slice(1)) {
      logUnlessQuiet("Several promises of one multi() failed", reason, options.quietExceptions);
    }
    throw rejected[0]!.reason;
  }
  const values = settled.map((one) => (one as PromiseFulfilledResult<unknown>).value);
  const result = Array.isArray(children) ? values : Object.fromEntries(keys.map((key, index) => [key, values[index]]));
  return result as { -readonly [Key in keyof Children]: Awaited<Children[Key]> };
}
