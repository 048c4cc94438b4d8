import { describe, expect, it } from "vitest";
import { LogFormatter, type LogRecord } from "../../../src/core/log/format.js";
import { configureLogging, flushLog, generalLog } from "../../../src/core/log.js";

const record: LogRecord = {
  timeMs: new Date(2026, 10, 21, 13, 45, 10, 500).getTime(),
  level: "warn",
  logger: "tornado.general",
  message: "careful",
  error: undefined,
};

describe("LogFormatter", () => {
  it("writes Tornado's line, and takes other colours and another time", () => {
    const formatTime = (time: Date) => `at ${time.getHours()}`;

    expect(new LogFormatter().format(record)).toBe("[W 261121 13:45:10] careful\n");
    expect(new LogFormatter({ color: true, colors: { warn: "1;35" } }).format(record)).toBe(
      "\x1b[1;35m[W 261121 13:45:10]\x1b[0m careful\n",
    );
    expect(new LogFormatter({ formatTime }).format(record)).toBe("[W at 13] careful\n");
  });
});

describe("a format of one's own", () => {
  it("writes every line, each of which ends", () => {
    const lines: string[] = [];

    configureLogging({
      sink: null,
      stream: { write: (text) => lines.push(text) },
      format: { format: ({ level, message }) => `${level}: ${message}` },
    });
    generalLog.info("one");
    generalLog.error("two");
    flushLog();
    configureLogging({ format: "pretty", stream: process.stderr });

    expect(lines.join("")).toBe("info: one\nerror: two\n");
  });
});
