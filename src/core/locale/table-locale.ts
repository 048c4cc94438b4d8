/** A language whose translations stand in a table, as CSV files give them. */

import { generalLog } from "../log.js";
import { Locale, type TranslationTable } from "./locale.js";

/** Translates with a table; a message that is not in it stays as it is. */
export class CSVLocale extends Locale {
  readonly #table: TranslationTable;

  constructor(code: string, table: TranslationTable) {
    super(code);
    this.#table = table;
  }

  override translate(message: string, plural?: string, count?: number): string {
    if (plural === undefined) return this.#table.unknown.get(message) ?? message;
    if (count === undefined) throw new TypeError("translate() with a plural message needs the count.");
    if (count !== 1) return this.#table.plural.get(plural) ?? plural;
    return this.#table.singular.get(message) ?? message;
  }

  /** Tables know no contexts: warns, and translates without. */
  override pgettext(context: string, message: string, plural?: string, count?: number): string {
    generalLog.warn(`pgettext() with context "${context}" ignores it: the translations of "${this.code}" have none`);
    return this.translate(message, plural, count);
  }
}
