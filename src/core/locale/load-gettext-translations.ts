/** Loads translations from gettext's tree of compiled catalogues. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { toError } from "../errors.js";
import { generalLog } from "../log.js";
import { emptyCatalogue, type GettextCatalogue, GettextLocale } from "./gettext-locale.js";
import type { Locale } from "./locale.js";
import { germanicRule, parsePluralForms } from "./plural-forms.js";
import { useLocales } from "./supported-locales.js";
import { translationFolder } from "./translation-folder.js";

/**
 * Loads `<directory>/<language>/LC_MESSAGES/<domain>.mo` of each language, in place of all translations that were loaded
 * before. `tornado generate locale` collects the messages, and compiles the files.
 *
 * A catalogue that cannot be read is logged and left out.
 *
 * @param directory - A relative one lies in the app's root. What is loaded while `makeApp` runs, `tornado build` takes along.
 * @throws TornadoError `BAD_TRANSLATIONS` when there is no such folder.
 */
export async function loadGettextTranslations(directory: string, domain: string): Promise<void> {
  const folder = translationFolder(directory);
  // It takes long to load, and not every app that has languages has these.
  const { mo } = await import("gettext-parser");
  const locales = new Map<string, Locale>();
  for (const language of readdirSync(folder).sort()) {
    const path = join(folder, language, "LC_MESSAGES", `${domain}.mo`);
    if (!existsSync(path)) continue;
    try {
      const catalogue = toCatalogue(mo.parse(readFileSync(path), "utf-8"));
      locales.set(language, new GettextLocale(language, catalogue));
    } catch (thrown) {
      generalLog.error(`${path} cannot be loaded, and is left out: ${toError(thrown).message}`);
    }
  }
  useLocales(locales, (code) => new GettextLocale(code, emptyCatalogue));
}

/** The part of what the reader of catalogues gives that is needed here. */
interface ParsedCatalogue {
  readonly headers?: Readonly<Record<string, string>>;
  readonly translations: Readonly<Record<string, Readonly<Record<string, { readonly msgstr: readonly string[] }>>>>;
}

function toCatalogue({ headers = {}, translations }: ParsedCatalogue): GettextCatalogue {
  const rule = Object.entries(headers).find(([name]) => name.toLowerCase() === "plural-forms")?.[1];
  const messages = Object.entries(translations).map(([context, entries]) => {
    const forms = Object.entries(entries).map(([message, { msgstr }]) => [message, msgstr] as const);
    // The message "" is the header.
    return [context, new Map(forms.filter(([message]) => message !== ""))] as const;
  });
  return {
    messages: new Map(messages),
    pluralRule: rule === undefined ? germanicRule : parsePluralForms(rule),
  };
}
