/** The program `node dist/server.js`: the built app with its own command line, which needs Node and nothing else. */

import { TornadoError } from "../core/errors.js";
import type { BuiltApp } from "./built-app.js";
import { isClusterWorker } from "./cluster-worker.js";
import { describeStartOptions, parseStartArguments } from "./options.js";
import { start } from "./start.js";
import { runWorkerMain } from "./worker-main.js";

const EXIT_FAILED = 1;
const EXIT_WRONG_USAGE = 2;

/**
 * Runs a built app as the program of this process, and ends the process; in a worker of its own supervisor, runs that.
 *
 * @param args - The words of the command line after the script, as in `process.argv.slice(2)`.
 */
export async function runBuiltServer(app: BuiltApp, args: readonly string[]): Promise<void> {
  if (isClusterWorker()) {
    runWorkerMain(app);
    return;
  }
  process.exit(await main(app, args));
}

async function main(app: BuiltApp, args: readonly string[]): Promise<number> {
  try {
    const { options, help } = parseStartArguments(args);
    if (help) {
      process.stdout.write(`Usage: node server.js [options]\n\nOptions:\n${describeStartOptions()}\n`);
      return 0;
    }
    return await start(options, app);
  } catch (error) {
    if (!(error instanceof TornadoError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return error.code === "BAD_OPTION" ? EXIT_WRONG_USAGE : EXIT_FAILED;
  }
}
