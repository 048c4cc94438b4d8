/** Keeps secrets out of everything that the dev server shows, also where they stand in a message or in a line of code. */

import { isSecretName, redacted, redactKnownSecrets } from "../core/redact.js";
import { appEnvironment } from "./app-environment.js";
import type { CodeExcerpt } from "./code-excerpt.js";

/** Shorter ones could not be masked without masking words. */
const MIN_LENGTH = 8;
/** What stands between `://` and the path of an address. */
const authority = /[^\s/?#"'`<>]*/y;
/** A text in code. */
const quoted = /(["'`])([^"'`\n]*)\1/g;

/** Collects the secrets of an app: those in its settings, and those in its environment. */
export function secretsOfApp(
  settings: Readonly<Record<string, unknown>>,
  environment: NodeJS.ProcessEnv = process.env,
): Set<string> {
  const secrets = new Set<string>();
  // The working directory goes by the name of a password.
  const { PWD: _, OLDPWD: __, ...variables } = environment;
  for (const values of [variables, settings]) {
    for (const [name, value] of Object.entries(values)) {
      if (isSecretName(name)) addSecret(secrets, value);
      if (typeof value === "string") addPassword(secrets, value);
    }
  }
  return secrets;
}

/** Collects the secrets of the environment in which an app would run that has not come so far as to have settings. */
export function secretsOfEnvironment(appRoot: string): Set<string> {
  try {
    return secretsOfApp({}, appEnvironment(appRoot, process.env));
  } catch {
    // A file that cannot be read may be the very error that is to be shown.
    return secretsOfApp({});
  }
}

/** Adds a secret, or all that an object holds. */
export function addSecret(secrets: Set<string>, value: unknown): void {
  if (typeof value === "string") {
    if (value.length >= MIN_LENGTH) secrets.add(value);
  } else if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
    for (const part of Object.values(value)) addSecret(secrets, part);
  }
}

function addPassword(secrets: Set<string>, text: string): void {
  for (const { start, end } of passwordsIn(text)) addSecret(secrets, text.slice(start, end));
}

/** Finds the passwords at the front of addresses, which is how databases are named: `postgres://shop:password@db/shop`. */
function passwordsIn(text: string): { readonly start: number; readonly end: number }[] {
  const found: { readonly start: number; readonly end: number }[] = [];
  for (let at = text.indexOf("://"); at !== -1; at = text.indexOf("://", at + 3)) {
    authority.lastIndex = at + 3;
    const [who = ""] = authority.exec(text) ?? [];
    const colon = who.indexOf(":");
    const end = who.lastIndexOf("@");
    if (colon !== -1 && colon + 1 < end) found.push({ start: at + 4 + colon, end: at + 3 + end });
  }
  return found;
}

/** Copies plain data with the secrets masked in every text of it, and in code also those that nobody has named. */
export function maskSecrets<T>(data: T, secrets: ReadonlySet<string>): T {
  // A secret may be part of another one.
  const longestFirst = [...secrets].sort((one, other) => other.length - one.length);
  const mask = (value: unknown): unknown => {
    if (typeof value === "string") return maskText(value, longestFirst);
    if (Array.isArray(value)) return value.map(mask);
    if (typeof value !== "object" || value === null) return value;
    if (isExcerpt(value)) return maskExcerpt(value, longestFirst);
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mask(inner)]));
  };
  return mask(data) as T;
}

function maskText(text: string, longestFirst: readonly string[]): string {
  let masked = redactKnownSecrets(text, longestFirst);
  for (const { start, end } of passwordsIn(masked).reverse()) {
    masked = masked.slice(0, start) + redacted + masked.slice(end);
  }
  return masked;
}

function isExcerpt(value: object): value is CodeExcerpt {
  return "lines" in value && "column" in value && Array.isArray(value.lines);
}

/** The caret stays under what it points at, though what stands before may have become shorter or longer. */
function maskExcerpt({ lines, column, length }: CodeExcerpt, longestFirst: readonly string[]): CodeExcerpt {
  const mask = (code: string) => maskText(maskCode(code), longestFirst);
  const marked = lines.find(({ isMarked }) => isMarked)?.text ?? "";
  const masked = mask(marked);
  const behind = mask(marked.slice(0, column - 1)).length + 1;
  const isMoved = masked !== marked;
  return {
    lines: lines.map((line) => ({ ...line, text: mask(line.text) })),
    column: isMoved ? Math.min(behind, masked.length + 1) : column,
    length: isMoved ? Math.max(1, Math.min(length, masked.length + 1 - behind)) : length,
  };
}

/** What an author wrote into the code under a secret's name: `apiKey: "…"`. The name of a variable that holds a secret is none itself. */
function maskCode(code: string): string {
  let masked = "";
  let behind = 0;
  let before = "";
  for (const match of code.matchAll(quoted)) {
    const [whole, quote = "", text = ""] = match;
    const between = code.slice(behind, match.index);
    const isSecret =
      text.length >= MIN_LENGTH && !isSecretName(text) && namesBefore(between, before).some(isSecretName);
    masked += between + (isSecret ? quote + redacted + quote : whole);
    behind = match.index + whole.length;
    before = text;
  }
  return masked + code.slice(behind);
}

/** The names to which a text may be given: those before a colon or an equals sign, and a key in quotes. */
function namesBefore(between: string, textBefore: string): string[] {
  const parts = between.split(/[:=]+/).slice(0, -1);
  const names = parts.map((part) => part.split(/[^\w$-]+/).findLast((word) => word !== "") ?? "");
  return names[0] === "" ? [textBefore, ...names] : names;
}
