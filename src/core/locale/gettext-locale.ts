/** A language whose translations stand in a gettext catalogue. */

import { Locale } from "./locale.js";
import { germanicRule, type PluralRule } from "./plural-forms.js";

/** The translations of one language, as a `.mo` file holds them. */
export interface GettextCatalogue {
  /** The forms of each message, by the context it is in, `""` for none, and by its singular text. */
  readonly messages: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;
  /** Which form a number takes. */
  readonly pluralRule: PluralRule;
}

/** What a language without a catalogue has. */
export const emptyCatalogue: GettextCatalogue = { messages: new Map(), pluralRule: germanicRule };

/** Translates with a catalogue; a message that is not in it stays as it is. */
export class GettextLocale extends Locale {
  readonly #catalogue: GettextCatalogue;

  constructor(code: string, catalogue: GettextCatalogue) {
    super(code);
    this.#catalogue = catalogue;
  }

  override translate(message: string, plural?: string, count?: number): string {
    return this.#find("", message, plural, count) ?? untranslated(message, plural, count);
  }

  override pgettext(context: string, message: string, plural?: string, count?: number): string {
    const found = this.#find(context, message, plural, count);
    if (found !== undefined) return found;
    // As in Tornado, a message with a plural is then looked for without its context; one without is not.
    return plural === undefined ? message : this.translate(message, plural, count);
  }

  #find(context: string, message: string, plural?: string, count?: number): string | undefined {
    const forms = this.#catalogue.messages.get(context)?.get(message);
    const index = plural === undefined ? 0 : this.#catalogue.pluralRule(required(count));
    // The form of a message that nobody has translated yet is empty.
    return forms?.[index] || undefined;
  }
}

function untranslated(message: string, plural: string | undefined, count: number | undefined): string {
  return plural === undefined || required(count) === 1 ? message : plural;
}

function required(count: number | undefined): number {
  if (count === undefined) throw new TypeError("A message with a plural needs the count.");
  return count;
}
