/** The three log channels of Tornado (`tornado.access`, `tornado.application`, `tornado.general`) and where they go. */

import { formatJson, type LogFormat, LogFormatter, type LogLevel, type LogRecord } from "./log/format.js";
import { LineWriter, type LogStream } from "./log/line-writer.js";
import { requestContext } from "./request-context.js";
import { isColorful } from "./terminal-style.js";

export { type LogFormat, LogFormatter, type LogFormatterOptions, type LogLevel, type LogRecord } from "./log/format.js";
export type { LogStream } from "./log/line-writer.js";

/** One log channel. `error`, when given, is printed with its stack and causes below the message. */
export interface Logger {
  /** Name of the channel, such as `tornado.access`. */
  readonly name: string;
  debug(message: string, error?: unknown): void;
  info(message: string, error?: unknown): void;
  warn(message: string, error?: unknown): void;
  error(message: string, error?: unknown): void;
}

/** What {@link configureLogging} takes; what is left out keeps its value. */
export interface LoggingOptions {
  /** The least severe level that is written; `none` writes nothing. Default `info`. */
  readonly level?: LogLevel | "none";
  /**
   * `pretty` is Tornado's line, `[I YYMMDD HH:MM:SS] message`; `json` is one object a line. Default `pretty`. An object
   * writes them its own way; what it must see to is that no message can forge a line.
   */
  readonly format?: "pretty" | "json" | LogFormat;
  /** Where the lines go. Default `process.stderr`. */
  readonly stream?: LogStream;
  /** Colours the bracket of a pretty line. Default: at a terminal only, and never when NO_COLOR is set. */
  readonly color?: boolean | undefined;
  /** Takes the records instead of the stream: the adapter for another logger, such as pino. `null` removes it. */
  readonly sink?: ((record: LogRecord) => void) | null;
}

/** Gets each record; answering `true` keeps the record from being written. */
export type LogSubscriber = (record: LogRecord) => boolean | undefined;

const severities: Readonly<Record<LogLevel | "none", number>> = { debug: 10, info: 20, warn: 30, error: 40, none: 100 };

const subscribers = new Set<LogSubscriber>();
let level: LogLevel | "none" = "info";
let chosenFormat: "pretty" | "json" | LogFormat = "pretty";
let wantsColor: boolean | undefined;
/** Made by the first line: `process.stderr` costs a process time that never logs. */
let output: Output | null = null;
let stream: LogStream | null = null;
let sink: ((record: LogRecord) => void) | null = null;

interface Output {
  readonly writer: LineWriter;
  readonly format: LogFormat;
}

/** Answered requests, one line each. */
export const accessLog: Logger = createChannel("tornado.access");
/** Exceptions that no handler caught, and what the application itself does wrong. */
export const applicationLog: Logger = createChannel("tornado.application");
/** Everything else, such as malformed input and the life of the server. */
export const generalLog: Logger = createChannel("tornado.general");

/**
 * Changes where and how the log is written.
 *
 * Lines are gathered and written once per turn of the event loop; what is left is written synchronously when the process
 * exits or dies of an exception.
 */
export function configureLogging(options: LoggingOptions): void {
  output?.writer.flushSync();
  output = null;
  if (options.stream !== undefined) stream = options.stream;
  if (options.level !== undefined) level = options.level;
  if (options.format !== undefined) chosenFormat = options.format;
  if (options.sink !== undefined) sink = options.sink;
  if ("color" in options) wantsColor = options.color;
}

/** Tells what {@link configureLogging} would have to be given to come back to where the lines go now. */
export function loggingDestination(): Required<Pick<LoggingOptions, "level" | "sink">> {
  return { level, sink };
}

/**
 * Hands every record, of any level, to `subscriber` before it is written.
 *
 * @returns A function that ends the subscription.
 */
export function subscribeToLog(subscriber: LogSubscriber): () => void {
  subscribers.add(subscriber);
  return () => void subscribers.delete(subscriber);
}

/** Writes at once what has been gathered in this turn; needed only before a process ends itself by a signal. */
export function flushLog(): void {
  output?.writer.flushSync();
}

function createChannel(name: string): Logger {
  return {
    name,
    debug: (message, error) => log(name, "debug", message, error),
    info: (message, error) => log(name, "info", message, error),
    warn: (message, error) => log(name, "warn", message, error),
    error: (message, error) => log(name, "error", message, error),
  };
}

function log(logger: string, recordLevel: LogLevel, message: string, error: unknown): void {
  const isWritten = severities[recordLevel] >= severities[level];
  if (!isWritten && subscribers.size === 0) return;
  const requestId = requestContext()?.id;
  const record: LogRecord = { timeMs: Date.now(), level: recordLevel, logger, message, requestId, error };
  if (subscribers.size > 0 && isSwallowed(record)) return;
  if (!isWritten) return;
  if (sink !== null) {
    sink(record);
    return;
  }
  output ??= openOutput(stream ?? process.stderr);
  const text = output.format.format(record);
  output.writer.write(text.endsWith("\n") ? text : `${text}\n`);
}

function isSwallowed(record: LogRecord): boolean {
  let swallowed = false;
  for (const subscriber of subscribers) if (subscriber(record) === true) swallowed = true;
  return swallowed;
}

function openOutput(target: LogStream): Output {
  return { writer: new LineWriter(target), format: formatFor(target) };
}

function formatFor(target: LogStream): LogFormat {
  if (chosenFormat === "json") return { format: formatJson };
  return chosenFormat === "pretty" ? new LogFormatter({ color: wantsColor ?? isColorful(target) }) : chosenFormat;
}
