/** Makes the environment of an app in development: what is set already, and what its `.env` files say. */

import { developmentEnvFileNames, readEnvFiles } from "../core/env-file.js";

/** Reads the files anew; what is set outside of them beats them all. @param base - The environment without them. */
export function appEnvironment(root: string, base: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...withoutNul(readEnvFiles(root, developmentEnvFileNames)), ...base };
}

/** A file that is no text has NUL characters, with which the system starts no process. */
function withoutNul(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => !`${name}${value}`.includes("\0")));
}
