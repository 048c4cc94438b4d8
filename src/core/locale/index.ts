/** `tornado/locale`: languages, translations, dates. */

export { chooseBrowserLocale } from "./browser-locale.js";
export type { FormatDateOptions, FormatDayOptions } from "./format-date.js";
export { type GettextCatalogue, GettextLocale } from "./gettext-locale.js";
export { loadGettextTranslations } from "./load-gettext-translations.js";
export { loadTranslations } from "./load-translations.js";
export { fill, Locale, type TranslationTable } from "./locale.js";
export { type PluralRule, parsePluralForms } from "./plural-forms.js";
export { get, getSupportedLocales, setDefaultLocale, setTranslations } from "./supported-locales.js";
export { CSVLocale } from "./table-locale.js";
