/** Reads an app's `.env` files: values for its environment that stay out of its repository. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { TornadoError } from "./errors.js";

/** The files that a served app reads; the later one wins, and is for what one machine has of its own. */
export const envFileNames: readonly string[] = [".env", ".env.local"];
/** The same in development. */
export const developmentEnvFileNames: readonly string[] = [".env", ".env.development", ".env.local"];

/**
 * Reads files of `NAME=value` lines; a file that does not exist counts as empty.
 *
 * @param names - File names in `folder`; where two give the same name, the later file wins.
 * @throws TornadoError `ENV_FILE` when a file is there and cannot be read.
 */
export function readEnvFiles(folder: string, names: readonly string[]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const name of names) Object.assign(values, readEnvFile(join(folder, name)));
  return values;
}

/** Puts values into the environment of this process. What is set there already wins, even when it is empty. */
export function applyEnv(values: Readonly<Record<string, string>>, environment: NodeJS.ProcessEnv = process.env): void {
  for (const [name, value] of Object.entries(values)) environment[name] ??= value;
}

function readEnvFile(path: string): Record<string, string> {
  try {
    // A byte order mark would become part of the first name.
    return parseEnv(readFileSync(path, "utf8").replace(/^\uFEFF/, "")) as Record<string, string>;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return {};
    throw new TornadoError("ENV_FILE", `"${path}" cannot be read (${code}). Make it a file that this user may read.`, {
      cause: error,
    });
  }
}
