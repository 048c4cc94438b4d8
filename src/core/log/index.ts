/** `tornado/log`: the log, its files, and other loggers. */

export {
  accessLog,
  applicationLog,
  configureLogging,
  flushLog,
  generalLog,
  type LogFormat,
  LogFormatter,
  type LogFormatterOptions,
  type Logger,
  type LoggingOptions,
  type LogLevel,
  type LogRecord,
  type LogStream,
  type LogSubscriber,
  subscribeToLog,
} from "../log.js";
export { LogFile, type LogFileOptions } from "./log-file.js";
export { defineLoggingOptions, enablePrettyLogging, type LoggingOptionParser } from "./logging-options.js";
export { rateLimited } from "./rate-limited.js";
export { type PinoLike, useLogger, type WinstonLike } from "./use-logger.js";
