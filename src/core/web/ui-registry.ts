/** Gathers what the `uiModules` and `uiMethods` settings name. */

import type { Named } from "./settings.js";

/** Merges a record, an ES module namespace or a list of these; of two with the same name the later counts. */
export function gatherNamed(
  given: Named<unknown> | undefined,
  accepts: (name: string, value: unknown) => boolean,
): Record<string, unknown> {
  const gathered: Record<string, unknown> = Object.create(null);
  const sources = given === undefined ? [] : Array.isArray(given) ? (given as readonly object[]) : [given];
  for (const source of sources) {
    for (const [name, value] of Object.entries(source)) {
      if (accepts(name, value)) gathered[name] = value;
    }
  }
  return gathered;
}

/** Tornado's rule for UI methods: functions whose name begins with a lower-case letter. */
export function isUIMethod(name: string, value: unknown): boolean {
  return typeof value === "function" && /^\p{Ll}/u.test(name);
}
