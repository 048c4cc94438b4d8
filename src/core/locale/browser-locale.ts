/** Reads the languages that a browser asks for. */

import type { Locale } from "./locale.js";
import { get } from "./supported-locales.js";

/**
 * Chooses the language that an `Accept-Language` header prefers among those that the application speaks.
 *
 * A weight that cannot be read counts as 0, and languages with the weight 0 are not wanted.
 */
export function chooseBrowserLocale(header: string | undefined, defaultCode = "en_US"): Locale {
  if (header === undefined) return get(defaultCode);
  const weighted = header.split(",").map((language) => {
    const [code = "", parameter] = language.trim().split(";");
    return { code: code.trim(), weight: parameter === undefined ? 1 : weightOf(parameter.trim()) };
  });
  const wanted = weighted.filter(({ code, weight }) => code !== "" && weight > 0);
  wanted.sort((a, b) => b.weight - a.weight);
  return wanted.length === 0 ? get(defaultCode) : get(...wanted.map(({ code }) => code));
}

function weightOf(parameter: string): number {
  const written = /^q=(\d+(?:\.\d*)?|\.\d+)$/.exec(parameter)?.[1];
  return written === undefined ? 0 : Number(written);
}
