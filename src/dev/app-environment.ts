/** Makes the environment of an app in development: what is set already, and what its `.env` files say. */

import { developmentEnvFileNames, type EnvFaultListener, readEnvFiles } from "../core/env-file.js";

/**
 * Reads the files anew; what is set outside of them beats them all.
 *
 * @param base - The environment without them.
 * @param onFault - Told of lines that were left out.
 */
export function appEnvironment(root: string, base: NodeJS.ProcessEnv, onFault?: EnvFaultListener): NodeJS.ProcessEnv {
  return { ...readEnvFiles(root, developmentEnvFileNames, onFault), ...base };
}
