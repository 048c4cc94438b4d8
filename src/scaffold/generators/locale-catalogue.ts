/** Writes gettext's files: the list of all messages, and the translations of a language, which lose nothing when they grow. */

import { type GetTextTranslation, type GetTextTranslations, mo, po } from "gettext-parser";
import type { FoundMessage } from "./locale-messages.js";
import { pluralForms } from "./locale-plural-forms.js";

/** Messages by context and text, each once, in a stable order. */
export type MessageList = readonly GetTextTranslation[];

/** A message and the file that has it. */
export interface PlacedMessage extends FoundMessage {
  /** Relative to the app's root, with forward slashes. */
  readonly file: string;
}

/** Puts together what several calls say about a message; a plural that one of them has counts for all. */
export function listMessages(found: readonly PlacedMessage[]): MessageList {
  const byKey = new Map<string, { first: PlacedMessage; plural: string | undefined; places: Set<string> }>();
  for (const each of [...found].sort(byPlace)) {
    const key = JSON.stringify([each.context, each.message]);
    const known = byKey.get(key) ?? { first: each, plural: undefined, places: new Set() };
    known.plural ??= each.plural;
    known.places.add(`${each.file}:${each.line}`);
    byKey.set(key, known);
  }
  return [...byKey]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { first, plural, places }]) => ({
      ...(first.context === "" ? {} : { msgctxt: first.context }),
      msgid: first.message,
      ...(plural === undefined ? {} : { msgid_plural: plural }),
      msgstr: plural === undefined ? [""] : ["", ""],
      comments: {
        reference: [...places].join("\n"),
        // Tools then warn of a translation that loses a placeholder.
        ...(placeholder.test(first.message + (plural ?? "")) ? { flag: "python-format" } : {}),
      },
    }));
}

const placeholder = /%\(\w+\)[sd]/;

function byPlace(a: PlacedMessage, b: PlacedMessage): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line;
}

/** Gives the `.pot` file. It holds no date, so that it only changes when a message does. */
export function templateFile(messages: MessageList): string {
  return compile({ charset: "utf-8", headers: headers(""), translations: table(messages) });
}

/**
 * Gives the `.po` file of a language.
 *
 * Translations stay, with their comments. Those of messages that are gone are kept as obsolete, and come back when the message
 * does. One whose plural has changed is marked as `fuzzy`, so that somebody looks at it.
 *
 * @param existing - What the file held before.
 */
export function languageFile(language: string, messages: MessageList, existing: string | undefined): string {
  const before = existing === undefined ? undefined : po.parse(existing);
  const given = before === undefined ? headers(language) : before.headers;
  const forms = Number(/nplurals\s*=\s*(\d{1,2})/.exec(headerOf(given, "plural-forms") ?? "")?.[1] ?? 2);
  const wanted = new Set(messages.map(keyOf));
  const old = new Map<string, GetTextTranslation>();
  for (const each of [...entriesOf(before?.obsolete), ...entriesOf(before?.translations)]) old.set(keyOf(each), each);
  const merged = messages.map((message) => merge(message, old.get(keyOf(message)), forms));
  const gone = [...old.values()].filter((each) => !wanted.has(keyOf(each)) && each.msgstr.some((text) => text !== ""));
  return compile({
    charset: "utf-8",
    headers: given,
    translations: table(merged, before?.translations[""]?.[""]),
    ...(gone.length === 0 ? {} : { obsolete: table(gone.map(withoutPlaces)) }),
  });
}

/** Compiles a `.po` file to `.mo`, without what is not translated, or not surely. */
export function compiledFile(text: string): Buffer {
  const { translations, ...rest } = po.parse(text);
  const sure = entriesOf(translations).filter(({ comments }) => !isFuzzy(comments?.flag));
  return mo.compile({ ...rest, translations: table(sure, translations[""]?.[""]) });
}

/** How many messages of a `.po` file have a translation that is used. */
export function countTranslated(text: string): number {
  const isDone = ({ msgstr, comments }: GetTextTranslation) => msgstr.every(Boolean) && !isFuzzy(comments?.flag);
  return entriesOf(po.parse(text).translations).filter(isDone).length;
}

function merge(message: GetTextTranslation, old: GetTextTranslation | undefined, forms: number): GetTextTranslation {
  const count = message.msgid_plural === undefined ? 1 : forms;
  const msgstr = Array.from({ length: count }, (_, index) => old?.msgstr[index] ?? "");
  if (old === undefined) return { ...message, msgstr };
  const isChanged = old.msgid_plural !== message.msgid_plural && old.msgstr.some((text) => text !== "");
  const flags = new Set([...flagsOf(message.comments?.flag), ...flagsOf(old.comments?.flag)]);
  if (isChanged) flags.add("fuzzy");
  const { translator, extracted } = old.comments ?? {};
  const comments = {
    ...(translator === undefined ? {} : { translator }),
    ...(extracted === undefined ? {} : { extracted }),
    ...message.comments,
    ...(flags.size === 0 ? {} : { flag: [...flags].sort().join(", ") }),
  };
  return { ...message, msgstr, comments };
}

function withoutPlaces({
  comments: { reference: _, ...comments } = {},
  ...entry
}: GetTextTranslation): GetTextTranslation {
  return { ...entry, comments };
}

function flagsOf(flag = ""): string[] {
  return flag.split(/[\s,]+/).filter((one) => one !== "");
}

function isFuzzy(flag: string | undefined): boolean {
  return flagsOf(flag).includes("fuzzy");
}

function keyOf({ msgctxt = "", msgid }: GetTextTranslation): string {
  return JSON.stringify([msgctxt, msgid]);
}

/** All messages; the one without a text is the header. */
function entriesOf(translations: GetTextTranslations["translations"] = {}): GetTextTranslation[] {
  return Object.values(translations).flatMap((entries) => Object.values(entries).filter(({ msgid }) => msgid !== ""));
}

function table(messages: MessageList, header?: GetTextTranslation): GetTextTranslations["translations"] {
  const translations: GetTextTranslations["translations"] = Object.create(null);
  translations[""] = Object.assign(Object.create(null), header === undefined ? {} : { "": header });
  for (const message of messages) {
    const context = message.msgctxt ?? "";
    translations[context] ??= Object.create(null);
    translations[context]![message.msgid] = message;
  }
  return translations;
}

function headers(language: string): Record<string, string> {
  return {
    Language: language,
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Transfer-Encoding": "8bit",
    ...(language === "" ? {} : { "Plural-Forms": pluralForms(language) }),
  };
}

function headerOf(given: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.entries(given).find(([key]) => key.toLowerCase() === name)?.[1];
}

function compile(catalogue: GetTextTranslations): string {
  return `${po.compile(catalogue).toString().trimEnd()}\n`;
}
