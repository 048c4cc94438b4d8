/** Sets up the log lines of a production server, the same in the supervisor and in each worker. */

import { configureLogging } from "../core/log.js";
import type { StartOptions } from "./options.js";

export function configureStartLogging({ logFormat }: StartOptions): void {
  configureLogging({ format: logFormat });
}
