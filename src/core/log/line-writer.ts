/** Writes log lines in few system calls: those of one turn of the event loop go out together. */

import { writeSync } from "node:fs";

/** The part of a writable stream that logging needs; `process.stderr`, or anything with `write`. */
export interface LogStream {
  write(text: string): unknown;
  on?(event: "error", listener: (error: Error) => void): unknown;
  readonly isTTY?: boolean;
  /** When there is one, what is left at the end of the process is written to it synchronously. */
  readonly fd?: number;
  /** In place of `fd`: writes before it returns. */
  writeSync?(text: string): unknown;
}

/** A turn that logs more than this does not wait for its end, so that memory stays bounded. */
const maxPendingCharacters = 65_536;
/** How often a full pipe is tried again at the end of the process. */
const maxSyncAttempts = 1_000;

const guardedStreams = new WeakSet<LogStream>();
const writersWithLines = new Set<LineWriter>();
let watchesExit = false;

/** Gathers lines for one stream. A reader that has gone, or a full disk, loses the lines and never the program. */
export class LineWriter {
  readonly #stream: LogStream;
  readonly #flush = () => this.#write();
  #pending = "";
  #isScheduled = false;

  constructor(stream: LogStream) {
    this.#stream = stream;
    if (guardedStreams.has(stream)) return;
    guardedStreams.add(stream);
    // Without a listener, a reader that has gone (EPIPE) would end the program.
    stream.on?.("error", () => {});
  }

  /** Takes a line with its line feed. */
  write(line: string): void {
    this.#pending += line;
    if (this.#pending.length > maxPendingCharacters) {
      this.#write();
    } else if (!this.#isScheduled) {
      this.#isScheduled = true;
      writersWithLines.add(this);
      if (!watchesExit) watchExit();
      setImmediate(this.#flush);
    }
  }

  /** Writes what is pending before it returns. */
  flushSync(): void {
    const text = this.#takePending();
    if (text === "") return;
    if (this.#stream.writeSync !== undefined) this.#try(() => this.#stream.writeSync!(text));
    else if (this.#stream.fd !== undefined) writeAllSync(this.#stream.fd, text);
    else this.#try(() => this.#stream.write(text));
  }

  #write(): void {
    this.#isScheduled = false;
    const text = this.#takePending();
    if (text !== "") this.#try(() => this.#stream.write(text));
  }

  #takePending(): string {
    const text = this.#pending;
    this.#pending = "";
    writersWithLines.delete(this);
    return text;
  }

  #try(write: () => unknown): void {
    try {
      write();
    } catch {
      // A stream that throws is a log that cannot be written; there is nowhere left to say so.
    }
  }
}

function watchExit(): void {
  watchesExit = true;
  const flushAll = () => {
    for (const writer of writersWithLines) writer.flushSync();
  };
  process.on("exit", flushAll);
  // Comes before Node prints the exception that ends the process, so that the lines stay in their order.
  process.on("uncaughtExceptionMonitor", flushAll);
}

function writeAllSync(fd: number, text: string): void {
  let rest = Buffer.from(text);
  for (let attempt = 0; attempt < maxSyncAttempts && rest.length > 0; attempt++) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      // A pipe in non-blocking mode that is full at the moment; its reader needs a little time.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
