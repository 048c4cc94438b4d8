/** Loads translations from CSV files: one for each language, with a message, its translation and its number in a row. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CsvError, parse } from "csv-parse/sync";
import { TornadoError } from "../errors.js";
import { generalLog } from "../log.js";
import type { TranslationTable } from "./locale.js";
import { setTranslations } from "./supported-locales.js";
import { translationFolder } from "./translation-folder.js";

/**
 * Loads `de.csv`, `pt_BR.csv` and so on from a folder, in place of all translations that were loaded before.
 *
 * A row is a message, its translation, and, if that depends on a number, `singular` or `plural`. Rows and files that cannot
 * be understood are logged and left out.
 *
 * @param directory - A relative one lies in the app's root. What is loaded while `makeApp` runs, `tornado build` takes along.
 * @param encoding - Of all files, as `TextDecoder` names it. Default: what a byte-order mark says, otherwise UTF-8.
 * @throws TornadoError `BAD_TRANSLATIONS` when there is no such folder, or a file is no CSV or not in its encoding.
 */
export function loadTranslations(directory: string, encoding?: string): void {
  const folder = translationFolder(directory);
  const tables = new Map<string, TranslationTable>();
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith(".csv")) continue;
    const path = join(folder, name);
    const code = name.slice(0, -".csv".length);
    if (localeCode.test(code)) tables.set(code, readTable(path, encoding));
    else
      generalLog.error(
        `"${code}" is no locale, so that ${path} is left out. Name the file as in "de.csv" or "pt_BR.csv"`,
      );
  }
  setTranslations(tables);
}

const localeCode = /^[a-z]+(?:_[A-Z]+)?$/;
const kinds = ["plural", "singular", "unknown"] as const;

/** Python's `csv` takes what these allow. */
const dialect = { relax_quotes: true, relax_column_count: true, skip_empty_lines: true, info: true } as const;

function readTable(path: string, encoding: string | undefined): TranslationTable {
  const table = {
    plural: new Map<string, string>(),
    singular: new Map<string, string>(),
    unknown: new Map<string, string>(),
  };
  for (const { record, info } of parseRows(path, decode(path, encoding))) {
    if (record.length < 2) continue;
    const [message = "", translation = "", written = ""] = record.map((cell) => cell.trim());
    const kind = written === "" ? "unknown" : kinds.find((known) => known === written);
    if (kind !== undefined) table[kind].set(message, translation);
    else
      generalLog.error(`${path}:${info.lines}: "${written}" is neither "singular" nor "plural": the row is left out`);
  }
  return table;
}

interface Row {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

function parseRows(path: string, text: string): Row[] {
  try {
    return parse(text, dialect) as unknown as Row[];
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown;
    const line = typeof thrown.lines === "number" ? `:${thrown.lines}` : "";
    throw new TornadoError("BAD_TRANSLATIONS", `${path}${line}: ${thrown.message}. Correct the file.`, {
      cause: thrown,
    });
  }
}

function decode(path: string, encoding: string | undefined): string {
  const bytes = readFileSync(path);
  const label = encoding ?? encodingOf(bytes);
  try {
    // Takes the byte-order mark off as well.
    return new TextDecoder(label, { fatal: true }).decode(bytes);
  } catch (thrown) {
    const reason = thrown instanceof RangeError ? `There is no encoding "${label}"` : `${path} is not in ${label}`;
    throw new TornadoError("BAD_TRANSLATIONS", `${reason}. Give the encoding of the files to loadTranslations().`, {
      cause: thrown,
    });
  }
}

function encodingOf(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  return bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
}
