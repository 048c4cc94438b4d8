/** `tornado/locale`: languages, translations, dates. */

export { chooseBrowserLocale } from "./browser-locale.js";
export type { FormatDateOptions, FormatDayOptions } from "./format-date.js";
export { fill, Locale, type TranslationTable } from "./locale.js";
export { get, getSupportedLocales, setDefaultLocale, setTranslations } from "./supported-locales.js";
export { CSVLocale } from "./table-locale.js";
