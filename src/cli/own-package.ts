/** Where this package lies, and which version it is. */

import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute real path of the package: two folders above dist/cli, or src/cli in a test. */
export const packageRoot = realpathSync(fileURLToPath(new URL("../..", import.meta.url)));

/** Reads the version of this package. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as { version: string }).version;
}
