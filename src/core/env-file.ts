/** Reads an app's `.env` files: values for its environment that stay out of its repository. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readEnvText } from "./env-text.js";
import { TornadoError } from "./errors.js";

/** The files that a served app reads; the later one wins, and is for what one machine has of its own. */
export const envFileNames: readonly string[] = [".env", ".env.local"];
/** The same in development. */
export const developmentEnvFileNames: readonly string[] = [".env", ".env.development", ".env.local"];

/** Gets one sentence for each line that was left out, such as `.env:3: There is no "=" in this line. …` */
export type EnvFaultListener = (text: string) => void;

/** More would be another kind of file. */
const MAX_FAULTS = 5;

/**
 * Reads files of `NAME=value` lines; a file that does not exist counts as empty, and a line of another form is left out.
 *
 * @param names - File names in `folder`; where two give the same name, the later file wins.
 * @param onFault - Told of lines that were left out.
 * @throws TornadoError `ENV_FILE` when a file is there and cannot be read.
 */
export function readEnvFiles(
  folder: string,
  names: readonly string[],
  onFault: EnvFaultListener = () => {},
): Record<string, string> {
  const all: Record<string, string> = {};
  for (const name of names) {
    const bytes = readIfThere(join(folder, name));
    if (bytes === undefined) continue;
    const { values, faults } = readEnvText(bytes);
    Object.assign(all, values);
    for (const { line, text } of faults.slice(0, MAX_FAULTS)) onFault(`${name}:${line}: ${text} It was left out.`);
    if (faults.length > MAX_FAULTS) onFault(`${name}: ${faults.length - MAX_FAULTS} more lines were left out.`);
  }
  return all;
}

/** Puts values into the environment of this process. What is set there already wins, even when it is empty. */
export function applyEnv(values: Readonly<Record<string, string>>, environment: NodeJS.ProcessEnv = process.env): void {
  for (const [name, value] of Object.entries(values)) environment[name] ??= value;
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new TornadoError("ENV_FILE", `"${path}" cannot be read (${code}). Make it a file that this user may read.`, {
      cause: error,
    });
  }
}
