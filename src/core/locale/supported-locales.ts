/** The languages that an application speaks, and the choice among them. */

import type { Locale, TranslationTable } from "./locale.js";
import { CSVLocale } from "./table-locale.js";

const noTranslations: TranslationTable = { plural: new Map(), singular: new Map(), unknown: new Map() };
const untranslatedCSV = (code: string) => new CSVLocale(code, noTranslations);

let defaultCode = "en_US";
/** Languages that have translations, and beside them those that turned out to have none: at most the default ones. */
let locales: Map<string, Locale> = new Map();
let translatedCodes: readonly string[] = [];
let untranslated: (code: string) => Locale = untranslatedCSV;

/**
 * Gives the first of some languages that the application speaks, or its default.
 *
 * A language with a region also finds the one without, `fr_CA` finds `fr`, but never the reverse.
 */
export function get(...codes: readonly string[]): Locale {
  return localeOf(closestCode(codes) ?? defaultCode);
}

/** Sets the language of the messages themselves, which needs no translations. Default `en_US`. */
export function setDefaultLocale(code: string): void {
  defaultCode = code;
}

/** The codes of all languages that the application speaks, the default among them. */
export function getSupportedLocales(): string[] {
  return [...new Set([...translatedCodes, defaultCode])];
}

/** Replaces all translations by tables. */
export function setTranslations(translations: ReadonlyMap<string, TranslationTable>): void {
  const tables = [...translations].map(([code, table]) => [code, new CSVLocale(code, table)] as const);
  useLocales(new Map(tables), untranslatedCSV);
}

/** Replaces all languages. `makeUntranslated` makes the default one when it has no translations. */
export function useLocales(translated: ReadonlyMap<string, Locale>, makeUntranslated: (code: string) => Locale): void {
  locales = new Map(translated);
  translatedCodes = [...translated.keys()];
  untranslated = makeUntranslated;
}

/** The first code that is spoken, in its normal form; `undefined` if none is. */
export function closestCode(codes: readonly string[]): string | undefined {
  const supported = new Set(getSupportedLocales());
  for (const given of codes) {
    const parts = given.replaceAll("-", "_").split("_");
    if (parts.length > 2) continue;
    const language = parts[0]!;
    const code = parts.length === 2 ? `${language.toLowerCase()}_${parts[1]!.toUpperCase()}` : given;
    if (supported.has(code)) return code;
    if (supported.has(language.toLowerCase())) return language.toLowerCase();
  }
  return undefined;
}

function localeOf(code: string): Locale {
  let locale = locales.get(code);
  if (locale === undefined) {
    locale = untranslated(code);
    locales.set(code, locale);
  }
  return locale;
}
