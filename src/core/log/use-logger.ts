/** Hands all lines to another logger, such as pino or winston, which then decides on levels, format and destination. */

import { configureLogging, loggingDestination } from "../log.js";
import { describeError, type LogLevel, type LogRecord } from "./format.js";

/** What pino is, and what follows it: a method for each level, which takes an object and then the message. */
export interface PinoLike extends Readonly<Record<LogLevel, (fields: object, message: string) => unknown>> {
  child(bindings: object): unknown;
}

/** What winston is: one method that takes an entry. */
export interface WinstonLike {
  log(entry: { readonly level: string; readonly message: string; readonly [field: string]: unknown }): unknown;
  readonly transports: unknown;
}

/** Where the lines went before the first logger came. */
let before: ReturnType<typeof loggingDestination> | null = null;

/**
 * Sends every record to another logger: `useLogger(pino())`, `useLogger(winston.createLogger(…))`; `null` ends that, and puts back
 * the level and the sink that were there before.
 *
 * The entry has `logger`, such as `tornado.access`, and `requestId`, if there is one. An exception is `err` for pino, whose
 * serializer knows that name, and the text of its `stack` for winston. Levels are the other logger's own affair.
 */
export function useLogger(logger: PinoLike | WinstonLike | null): void {
  if (logger === null) {
    if (before !== null) configureLogging(before);
    before = null;
    return;
  }
  before ??= loggingDestination();
  const sink = "transports" in logger ? winstonSink(logger) : pinoSink(logger);
  configureLogging({ sink, level: "debug" });
}

function pinoSink(target: PinoLike): (record: LogRecord) => void {
  return ({ level, message, logger, requestId, error }) => {
    target[level]({ logger, requestId, err: error }, message);
  };
}

function winstonSink(target: WinstonLike): (record: LogRecord) => void {
  return ({ level, message, logger, requestId, error }) => {
    const context = requestId === undefined ? { logger } : { logger, requestId };
    target.log(
      error === undefined
        ? { level, message, ...context }
        : { level, message, ...context, stack: describeError(error) },
    );
  };
}
