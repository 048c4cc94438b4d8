/** Lets the program end quietly when the reader of its output goes away, as in `tornado routes | head -1`. */

import { writeSync } from "node:fs";

/** What a shell reports for a program that SIGPIPE ended. */
const BROKEN_PIPE_EXIT_CODE = 141;

/** Ends the process when standard output or standard error is a pipe that nobody reads any more. */
export function endOnBrokenPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE" || error.code === "EIO") process.exit(BROKEN_PIPE_EXIT_CODE);
      // A full disk below a redirected output: a stack would say no more.
      if (stream === process.stdout) writeSync(2, `error: The output cannot be written (${error.code}).\n`);
      process.exit(1);
    });
  }
}
