/** A log file that is put aside when it is large or old enough, and of which only so many are kept. */

import { appendFileSync, mkdirSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { createStream, type Options } from "rotating-file-stream";
import { TornadoError, toError } from "../errors.js";
import type { LogStream } from "./line-writer.js";
import { rateLimited } from "./rate-limited.js";

/** When a log file is put aside. */
export interface LogFileOptions {
  /** `size` numbers the files, the newest first: `app.log.1`. `time` names them by when they began. Default `size`. */
  readonly rotateMode?: "size" | "time";
  /** In bytes, with `size`. Default 100,000,000. */
  readonly maxSize?: number;
  /** How many old ones are kept. Default 10. As in Python, 0 keeps all with `time`, and puts none aside with `size`. */
  readonly backups?: number;
  /** With `time`: every so many seconds, minutes, hours or days, or `midnight`, which is each day. Default `midnight`. */
  readonly rotateWhen?: "S" | "M" | "H" | "D" | "midnight";
  /** How many of these units. Of seconds and minutes a divisor of 60, of hours of 24. Default 1. */
  readonly rotateInterval?: number;
}

interface Line {
  readonly text: string;
}

/** A disk that was full is tried again after this time. */
const retryAfterMs = 1000;

/** Those with lines that the system has not taken yet: a process that ends does not wait for them. */
const filesWithLines = new Set<LogFile>();
let watchesExit = false;

/** A stream into log files; `configureLogging({ stream: new LogFile("logs/app.log") })`. */
export class LogFile implements LogStream {
  readonly #path: string;
  readonly #options: LogFileOptions;
  #stream: ReturnType<typeof createStream>;
  #brokenAt: number | undefined;
  /** What the system has not confirmed yet, which is only ever a moment's lines. */
  readonly #unwritten = new Set<Line>();
  #closed: Promise<void> | undefined;

  /**
   * @param path - A relative one lies in the working directory. Folders are made. Each process needs a file of its own.
   * @throws TornadoError `BAD_LOG_FILE` when the options do not go together, or the file cannot be made.
   */
  constructor(path: string, options: LogFileOptions = {}) {
    this.#path = resolve(path);
    this.#options = options;
    try {
      this.#stream = this.#open();
    } catch (thrown) {
      throw new TornadoError("BAD_LOG_FILE", `The log file "${path}" cannot be opened: ${toError(thrown).message}.`, {
        cause: thrown,
      });
    }
  }

  write(text: string): void {
    if (this.#brokenAt !== undefined && !this.#isBackAgain(this.#brokenAt)) return;
    const line = { text };
    this.#note(line);
    if (!this.#stream.writableEnded) this.#stream.write(text, () => this.#forget(line));
    // The stream would throw away this line and all that it still holds.
    else void this.#closed!.then(() => this.#unwritten.has(line) && this.#writeLate(line));
  }

  /** For the end of the process: appends the text, and what is still on its way, which may then be there twice. */
  writeSync(text: string): void {
    const pending = [...this.#unwritten].map((line) => line.text).join("");
    this.#unwritten.clear();
    filesWithLines.delete(this);
    appendFileSync(this.#path, pending + text);
  }

  /** Writes what is left, and closes the file. */
  close(): Promise<void> {
    // The logger hands on the lines of this turn at its end.
    this.#closed ??= new Promise((done) => setImmediate(() => this.#stream.end(() => done())));
    return this.#closed;
  }

  #note(line: Line): void {
    this.#unwritten.add(line);
    filesWithLines.add(this);
    if (watchesExit) return;
    watchesExit = true;
    process.on("exit", () => {
      for (const file of filesWithLines) file.#writeAtExit();
    });
  }

  #forget(line: Line): void {
    this.#unwritten.delete(line);
    if (this.#unwritten.size === 0) filesWithLines.delete(this);
  }

  #writeLate(line: Line): void {
    this.#forget(line);
    this.#try(() => appendFileSync(this.#path, line.text));
  }

  #writeAtExit(): void {
    this.#try(() => this.writeSync(""));
  }

  #try(write: () => void): void {
    try {
      write();
    } catch (thrown) {
      this.#complain(thrown);
    }
  }

  #open(): ReturnType<typeof createStream> {
    mkdirSync(dirname(this.#path), { recursive: true });
    // Says now, in one line, what the stream would say later.
    appendFileSync(this.#path, "");
    const stream = openStream(this.#path, this.#options);
    stream.on("error", (error) => this.#complain(error));
    stream.on("warning", (error) => complain(`${this.#path}: ${error.message}`));
    return stream;
  }

  /** A full disk loses lines, and never the program. */
  #complain(error: unknown): void {
    this.#brokenAt = Date.now();
    complain(`The log file "${this.#path}" cannot be written, and lines are lost: ${toError(error).message}`);
  }

  #isBackAgain(brokenAt: number): boolean {
    if (Date.now() - brokenAt < retryAfterMs) return false;
    try {
      this.#stream = this.#open();
      this.#brokenAt = undefined;
      return true;
    } catch (thrown) {
      this.#complain(thrown);
      return false;
    }
  }
}

/** The log itself is what cannot be written; standard error is what is left. */
const complain = rateLimited((message) => void process.stderr.write(`${message}\n`));

const units = { S: "s", M: "m", H: "h", D: "d", midnight: "d" } as const;

function openStream(path: string, options: LogFileOptions): ReturnType<typeof createStream> {
  const {
    rotateMode = "size",
    maxSize = 100_000_000,
    backups = 10,
    rotateWhen = "midnight",
    rotateInterval = 1,
  } = options;
  const name = basename(path);
  const folder = dirname(path);
  requireCount("maxSize", maxSize, 1);
  requireCount("backups", backups, 0);
  requireCount("rotateInterval", rotateInterval, 1);
  if (rotateMode === "size") {
    const numbered = (index: number | Date | null) => (index === null ? name : `${name}.${Number(index)}`);
    return createStream(numbered, { path: folder, ...(backups > 0 ? { size: `${maxSize}B`, rotate: backups } : {}) });
  }
  if (rotateMode !== "time") throw new RangeError(`the mode should be "size" or "time", not "${String(rotateMode)}"`);
  const unit = Object.hasOwn(units, rotateWhen) ? units[rotateWhen] : undefined;
  if (unit === undefined) throw new RangeError(`it can rotate at S, M, H, D and midnight, not at "${rotateWhen}"`);
  const dated = (began: number | Date | null, index?: number) =>
    began === null ? name : `${name}.${stamp(began as Date, unit === "d")}${(index ?? 1) > 1 ? `.${index}` : ""}`;
  return createStream(dated, {
    path: folder,
    interval: `${rotateInterval}${unit}` as NonNullable<Options["interval"]>,
    intervalBoundary: true,
    initialRotation: true,
    ...(backups > 0 ? { history: `.${name}.history`, maxFiles: backups } : {}),
  });
}

function requireCount(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new RangeError(`${name} should be a whole number from ${least} on, not ${value}`);
}

/** As Python names them: the day, and for shorter times the time as well. */
function stamp(date: Date, isDay: boolean): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return isDay ? day : `${day}_${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join("-")}`;
}
