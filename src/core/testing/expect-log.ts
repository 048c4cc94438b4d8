/** Expects lines in the log: they are kept from the output, and a test fails when they do not come. */

import { type Logger, type LogLevel, type LogRecord, subscribeToLog } from "../log.js";

/** What {@link expectLog} takes. */
export interface ExpectLogOptions {
  /** Fails when no line matched. Default true. */
  readonly required?: boolean;
  /** Lines of another level do not count. Default: any. */
  readonly level?: LogLevel;
}

/**
 * Expects a line in the log until the end of the block, or of a function.
 *
 * ```ts
 * using expected = expectLog("tornado.general", /Invalid cookie/);
 * await expectLog(applicationLog, "Uncaught exception").during(() => client.fetch("/broken"));
 * ```
 *
 * @param logger - A channel, or the name of one.
 * @param pattern - Searched in the message; a text is taken literally.
 */
export function expectLog(
  logger: string | Logger,
  pattern: RegExp | string,
  options: ExpectLogOptions = {},
): ExpectedLog {
  return new ExpectedLog(typeof logger === "string" ? logger : logger.name, pattern, options);
}

/** An expectation that holds until it is closed. */
export class ExpectedLog implements Disposable {
  readonly #logger: string;
  readonly #pattern: RegExp | string;
  readonly #options: ExpectLogOptions;
  readonly #matched: LogRecord[] = [];
  readonly #missed: LogRecord[] = [];
  readonly #unsubscribe: () => void;

  constructor(logger: string, pattern: RegExp | string, options: ExpectLogOptions) {
    this.#logger = logger;
    this.#pattern = pattern;
    this.#options = options;
    this.#unsubscribe = subscribeToLog((record) => this.#look(record));
  }

  /** The lines that matched so far. */
  get matched(): readonly LogRecord[] {
    return this.#matched;
  }

  /** Whether a line that matched came with an exception. */
  get loggedStack(): boolean {
    return this.#matched.some((record) => record.error !== undefined);
  }

  /** Expects the line while a function runs, and gives what the function gives. */
  async during<Result>(run: () => Result | Promise<Result>): Promise<Result> {
    try {
      const result = await run();
      this.close();
      return result;
    } finally {
      this.#unsubscribe();
    }
  }

  /**
   * Ends the expectation.
   *
   * @throws Error when it was required and not met; it names the lines that came instead.
   */
  close(): void {
    this.#unsubscribe();
    if (this.#options.required === false || this.#matched.length > 0) return;
    const wanted = `${this.#options.level === undefined ? "" : `${this.#options.level} `}line ${this.#pattern}`;
    const others = this.#missed.map((record) => `\n  ${record.level} ${record.message}`).join("");
    throw new Error(`No ${wanted} in the log ${this.#logger}.${others === "" ? "" : ` These came instead:${others}`}`);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #look(record: LogRecord): boolean {
    if (record.logger !== this.#logger) return false;
    const isWanted =
      (this.#options.level === undefined || record.level === this.#options.level) &&
      matches(this.#pattern, record.message);
    (isWanted ? this.#matched : this.#missed).push(record);
    return isWanted;
  }
}

function matches(pattern: RegExp | string, message: string): boolean {
  if (typeof pattern === "string") return message.includes(pattern);
  // Not test(): with the g flag it would begin where the last line ended.
  return message.search(pattern) !== -1;
}
