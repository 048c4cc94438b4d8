/** `tornado secret`: prints a new secret for signing cookies, and nothing else, so that it can be piped. */

import { makeSecret } from "../../scaffold/app-files.js";

/** Prints the secret. */
export function secret(): void {
  process.stdout.write(`${makeSecret()}\n`);
}
