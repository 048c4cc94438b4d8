/** Reads what the settings say about providers. */

import { TornadoError } from "../errors.js";
import type { RequestHandler } from "../web/request-handler.js";

/**
 * Returns a setting that is an object with these texts in it.
 *
 * @throws TornadoError `MISSING_SETTING` when it is not there; its values are not shown.
 */
export function providerSetting<Name extends string>(
  handler: RequestHandler,
  setting: string,
  names: readonly Name[],
): Record<Name, string> {
  handler.requireSetting(setting, handler.constructor.name);
  const value = handler.settings[setting] as Partial<Record<Name, unknown>>;
  const missing = names.filter((name) => typeof value[name] !== "string" || value[name] === "");
  if (missing.length > 0) {
    throw new TornadoError(
      "MISSING_SETTING",
      `The "${setting}" setting has no ${missing.join(" and no ")}. Give ${names.join(", ")} as texts.`,
    );
  }
  return value as Record<Name, string>;
}
