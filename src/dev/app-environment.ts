/** Makes the environment of an app in development: what is set already, and what its `.env` files say. */

import { readEnvFiles } from "../core/env-file.js";

/** A later file beats an earlier one; what is set outside of the files beats them all. */
const files = [".env", ".env.development", ".env.local"];

/** Reads the files anew. @param base - The environment without them. */
export function appEnvironment(root: string, base: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...withoutNul(readEnvFiles(root, files)), ...base };
}

/** A file that is no text has NUL characters, with which the system starts no process. */
function withoutNul(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => !`${name}${value}`.includes("\0")));
}
