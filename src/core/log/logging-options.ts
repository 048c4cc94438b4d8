/** The options by which a program's command line decides on its log, as in Tornado. */

import { TornadoError } from "../errors.js";
import { configureLogging } from "../log.js";
import type { LogLevel } from "./format.js";
import type { LogStream } from "./line-writer.js";
import { LogFile, type LogFileOptions } from "./log-file.js";

/** The part of an `OptionParser` that is needed here. */
export interface LoggingOptionParser {
  define(name: string, definition: LoggingOptionDefinition): unknown;
  get(name: string): unknown;
  addParseCallback(callback: () => void): void;
}

interface LoggingOptionDefinition {
  readonly default?: string | number;
  readonly type: StringConstructor | NumberConstructor | BooleanConstructor;
  readonly help: string;
  readonly metavar?: string;
  readonly group: string;
}

const group = "Logging";
const levels: ReadonlyMap<string, LogLevel> = new Map([
  ["debug", "debug"],
  ["info", "info"],
  ["warning", "warn"],
  ["warn", "warn"],
  ["error", "error"],
  ["critical", "error"],
]);

let openFile: LogFile | undefined;

/**
 * Defines Tornado's options of logging, and follows them when the options are read. Those of the program have them already;
 * only an `OptionParser` of one's own needs this.
 */
export function defineLoggingOptions(options: LoggingOptionParser): void {
  options.define("logging", {
    type: String,
    default: "info",
    metavar: "debug|info|warning|error|none",
    help: "set the log level; with none, the log stays as the program has set it up",
    group,
  });
  options.define("logToStderr", {
    type: Boolean,
    help: "send the log to stderr; by default only without --log-file-prefix",
    group,
  });
  options.define("logFilePrefix", {
    type: String,
    metavar: "PATH",
    help: "path of the log file; each process needs one of its own, such as with its port in the name",
    group,
  });
  options.define("logFileMaxSize", {
    type: Number,
    default: 100_000_000,
    help: "max size of log files before rollover",
    group,
  });
  options.define("logFileNumBackups", { type: Number, default: 10, help: "number of log files to keep", group });
  options.define("logRotateMode", {
    type: String,
    default: "size",
    help: "the mode of rotating files: time or size",
    group,
  });
  options.define("logRotateWhen", {
    type: String,
    default: "midnight",
    help: "unit of the time between rotations: S, M, H, D or midnight",
    group,
  });
  options.define("logRotateInterval", { type: Number, default: 1, help: "how many of these units", group });
  options.addParseCallback(() => enablePrettyLogging(options));
}

/**
 * Writes the log as the options say. Reading the options does it by itself.
 *
 * @throws TornadoError `BAD_OPTION` for a level that does not exist; `BAD_LOG_FILE` for what cannot be a log file.
 */
export function enablePrettyLogging(options: Pick<LoggingOptionParser, "get">): void {
  const wanted = String(options.get("logging") ?? "none").toLowerCase();
  if (wanted === "none") return;
  const level = levels.get(wanted);
  if (level === undefined) {
    throw new TornadoError("BAD_OPTION", `There is no log level "${wanted}". Use debug, info, warning, error or none.`);
  }
  const path = options.get("logFilePrefix");
  const toStderr = options.get("logToStderr");
  // Options may be read more than once, such as from the command line and then from a file.
  void openFile?.close();
  openFile = typeof path === "string" && path !== "" ? new LogFile(path, fileOptions(options)) : undefined;
  if (openFile === undefined) configureLogging(toStderr === false ? { level } : { level, stream: process.stderr });
  else configureLogging({ level, stream: toStderr === true ? both(openFile, process.stderr) : openFile });
}

/** The values are checked where the file is opened. */
function fileOptions(options: Pick<LoggingOptionParser, "get">): LogFileOptions {
  return {
    maxSize: options.get("logFileMaxSize"),
    backups: options.get("logFileNumBackups"),
    rotateMode: options.get("logRotateMode"),
    rotateWhen: options.get("logRotateWhen"),
    rotateInterval: options.get("logRotateInterval"),
  } as LogFileOptions;
}

function both(file: LogFile, stream: LogStream): LogStream {
  return {
    write(text) {
      file.write(text);
      stream.write(text);
    },
    writeSync(text) {
      file.writeSync(text);
      stream.write(text);
    },
  };
}
