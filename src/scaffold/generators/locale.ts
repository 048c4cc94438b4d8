/** `tornado generate locale`: collects an app's messages, and brings the files of its languages up to date with them. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { TornadoError } from "../../core/errors.js";
import type { GeneratedApp, Generation } from "./generation.js";
import {
  compiledFile,
  countTranslated,
  languageFile,
  listMessages,
  type PlacedMessage,
  templateFile,
} from "./locale-catalogue.js";
import { type FoundMessages, sourceMessages, templateMessages } from "./locale-messages.js";
import { filesBelow, sourcesBelow } from "./source-tree.js";

/** What the person has said besides the language. */
export interface LocaleOptions {
  /** Name of the files. Default `messages`. */
  readonly domain?: string | undefined;
  /** Gives the absolute path of the templates, if the app has any. */
  readonly findTemplates: () => Promise<string | undefined>;
}

const folder = "locale";
const languageCode = /^[a-z]{2,3}(?:_[A-Z]{2})?$/;

/**
 * Generates `locale/<domain>.pot`, and for every language that is there already, or is named, its `.po` and `.mo` files.
 *
 * @throws TornadoError `BAD_OPTION` for a name that is no language or domain; `BAD_SOURCE` for a source that cannot be parsed.
 */
export async function generateLocale(
  app: GeneratedApp,
  language: string | undefined,
  { domain = "messages", findTemplates }: LocaleOptions,
): Promise<Generation> {
  if (language !== undefined && !languageCode.test(language)) {
    throw new TornadoError("BAD_OPTION", `"${language}" is no language. Name it as in "de" or "pt_BR".`);
  }
  if (!/^[\w-]+$/.test(domain)) {
    throw new TornadoError("BAD_OPTION", `"${domain}" cannot be the name of files. Use letters, digits and hyphens.`);
  }
  const templatePath = await findTemplates();
  const found: PlacedMessage[] = [];
  const unreadable: string[] = [];
  const add = (file: string, { messages, unreadable: lines }: FoundMessages) => {
    found.push(...messages.map((message) => ({ ...message, file })));
    unreadable.push(...lines.map((line) => `${file}:${line}`));
  };
  for (const path of sourcesBelow(join(app.root, dirname(app.entry)))) {
    const file = shown(app, path);
    add(file, sourceMessages(file, readFileSync(path, "utf8")));
  }
  for (const path of templatePath === undefined ? [] : filesBelow(templatePath)) {
    const file = shown(app, path);
    add(file, templateMessages(relative(templatePath!, path), path, readFileSync(path, "utf8")));
  }
  const messages = listMessages(found);
  const files: [string, string | Buffer][] = [[posix.join(folder, `${domain}.pot`), templateFile(messages)]];
  const notes: string[] = [];
  for (const code of languagesOf(app, domain, language)) {
    const path = posix.join(folder, code, "LC_MESSAGES", `${domain}.po`);
    const text = languageFile(code, messages, app.read(path));
    files.push([path, text], [path.replace(/po$/, "mo"), compiledFile(text)]);
    notes.push(`${code}: ${countTranslated(text)} of ${messages.length} messages translated, in ${path}`);
  }
  if (unreadable.length > 0) {
    notes.push(`These messages are made at run time, and cannot be collected:\n  ${unreadable.join("\n  ")}`);
  }
  if (!existsSync(join(app.root, folder))) {
    notes.push(`Load them in makeApp():\n  await loadGettextTranslations("${folder}", "${domain}");`);
  }
  return { ...sorted(app, files), notes };
}

function languagesOf(app: GeneratedApp, domain: string, named: string | undefined): string[] {
  const path = join(app.root, folder);
  const hasCatalogue = (code: string) => existsSync(join(path, code, "LC_MESSAGES", `${domain}.po`));
  const existing = existsSync(path) ? readdirSync(path).filter(hasCatalogue) : [];
  return [...new Set([...existing, ...(named === undefined ? [] : [named])])].sort();
}

/** What is there as it should be is left alone. */
function sorted(app: GeneratedApp, files: readonly (readonly [string, string | Buffer])[]): Omit<Generation, "notes"> {
  const created: Record<string, string | Buffer> = {};
  const changed: Record<string, string | Buffer> = {};
  for (const [path, content] of files) {
    const file = join(app.root, path);
    if (!existsSync(file)) created[path] = content;
    else if (!readFileSync(file).equals(Buffer.from(content))) changed[path] = content;
  }
  return { created, changed };
}

function shown(app: GeneratedApp, path: string): string {
  return relative(app.root, path).split(sep).join("/");
}
