/** Turns log records into lines, in Tornado's format or as JSON, so that no content can forge a line or drive a terminal. */

/** How severe a record is. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** One thing that was logged. */
export interface LogRecord {
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  readonly level: LogLevel;
  /** Name of the channel, such as `tornado.access`. */
  readonly logger: string;
  readonly message: string;
  /** Id of the request that was being served, with the `requestId` setting. */
  readonly requestId?: string | undefined;
  /** The exception that the record is about, or `undefined`. */
  readonly error: unknown;
}

/** Tornado's own colours: blue, green, yellow, red. */
const tornadoColors: Readonly<Record<LogLevel, string>> = { debug: "34", info: "32", warn: "33", error: "31" };
const letters: Readonly<Record<LogLevel, string>> = { debug: "D", info: "I", warn: "W", error: "E" };

// C0 without tab and line feed, DEL, C1 (a terminal obeys 0x9B as it obeys ESC [), and the two Unicode line ends.
const unsafe = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]/;
const everyUnsafe = new RegExp(unsafe, "g");
const everyUnsafeOutsideJson = /[\x7f-\x9f\u2028\u2029]/g;
const maxCauses = 8;

/** Turns a record into text; a line feed at its end is added when there is none. */
export interface LogFormat {
  format(record: LogRecord): string;
}

/** How a {@link LogFormatter} writes. */
export interface LogFormatterOptions {
  /** Colours the bracket. Default false. */
  readonly color?: boolean;
  /** The colours by level, as terminals number them, such as `"1;35"`. Default Tornado's. */
  readonly colors?: Partial<Readonly<Record<LogLevel, string>>>;
  /** Writes the time. Default `YYMMDD HH:MM:SS`, local; it is asked once for each second. */
  readonly formatTime?: (time: Date) => string;
}

/** Formats `[I YYMMDD HH:MM:SS] message`; further lines are indented by four blanks, as in Tornado. */
export class LogFormatter implements LogFormat {
  readonly #openings: Readonly<Record<LogLevel, string>>;
  readonly #closing: string;
  readonly #formatTime: (time: Date) => string;
  #second = Number.NaN;
  #time = "";

  constructor({ color = false, colors = {}, formatTime = localTime }: LogFormatterOptions = {}) {
    const opening = (level: LogLevel) =>
      color ? `\x1b[${colors[level] ?? tornadoColors[level]}m[${letters[level]} ` : `[${letters[level]} `;
    this.#openings = {
      debug: opening("debug"),
      info: opening("info"),
      warn: opening("warn"),
      error: opening("error"),
    };
    this.#closing = color ? "]\x1b[0m " : "] ";
    this.#formatTime = formatTime;
  }

  /** Formats a record; the id of a request follows the time. */
  format(record: LogRecord): string {
    const second = Math.floor(record.timeMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#time = this.#formatTime(new Date(second * 1000));
    }
    let text = record.message;
    if (record.error !== undefined) text += `\n${describeError(record.error)}`;
    const id = record.requestId === undefined ? "" : ` ${record.requestId}`;
    return `${this.#openings[record.level]}${this.#time}${id}${this.#closing}${escapeControls(text)}\n`;
  }
}

/** Formats a record as one JSON object on one line. */
export function formatJson(record: LogRecord): string {
  const line = JSON.stringify({
    time: new Date(record.timeMs).toISOString(),
    level: record.level,
    logger: record.logger,
    requestId: record.requestId,
    message: record.message,
    error: record.error === undefined ? undefined : describeError(record.error),
  });
  return `${line.replace(everyUnsafeOutsideJson, unicodeEscape)}\n`;
}

/** The stack of an exception and of what caused it. Other properties are left out: they may hold secrets. */
export function describeError(thrown: unknown): string {
  const parts: string[] = [];
  const seen = new Set<unknown>();
  const queue: { thrown: unknown; label: string }[] = [{ thrown, label: "" }];
  for (let entry = queue.shift(); entry !== undefined && parts.length < maxCauses; entry = queue.shift()) {
    if (seen.has(entry.thrown)) continue;
    seen.add(entry.thrown);
    parts.push(entry.label + stackOf(entry.thrown));
    if (!(entry.thrown instanceof Error)) continue;
    if (entry.thrown.cause !== undefined) queue.push({ thrown: entry.thrown.cause, label: "Caused by: " });
    if (entry.thrown instanceof AggregateError) {
      for (const one of entry.thrown.errors) queue.push({ thrown: one, label: "Together with: " });
    }
  }
  return parts.join("\n");
}

function stackOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? (thrown.stack ?? String(thrown)) : String(thrown);
  } catch {
    // An object without a prototype, or a toString() that throws: logging must not fail because of it.
    return "A value that cannot be printed was thrown.";
  }
}

function escapeControls(text: string): string {
  const safe = unsafe.test(text) ? text.replace(everyUnsafe, controlEscape) : text;
  return safe.includes("\n") ? safe.trimEnd().replaceAll("\n", "\n    ") : safe;
}

function controlEscape(character: string): string {
  const code = character.charCodeAt(0);
  return code > 0xff ? unicodeEscape(character) : `\\x${code.toString(16).padStart(2, "0")}`;
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function localTime(date: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = two(date.getFullYear() % 100) + two(date.getMonth() + 1) + two(date.getDate());
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
