import { Writable } from "node:stream";
import pino from "pino";
import { afterEach, expect, it } from "vitest";
import winston from "winston";
import { useLogger } from "../../../src/core/log/use-logger.js";
import { accessLog, applicationLog, configureLogging, generalLog } from "../../../src/core/log.js";

function collector() {
  const entries: Record<string, unknown>[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      for (const line of String(chunk).trim().split("\n")) entries.push(JSON.parse(line) as Record<string, unknown>);
      done();
    },
  });
  return { entries, stream };
}

afterEach(() => {
  useLogger(null);
  configureLogging({ sink: null, level: "info" });
});

it("puts back what was there before, the level too, when it is told null", () => {
  const before: string[] = [];
  const { entries, stream } = collector();
  configureLogging({ level: "error", sink: ({ message }) => void before.push(message) });

  useLogger(pino(stream));
  useLogger(pino({ level: "warn" }, stream));
  generalLog.warn("to pino");
  useLogger(null);
  generalLog.warn("below the level that was there");
  generalLog.error("to the old place");
  useLogger(null);
  generalLog.error("there as well");

  expect(entries).toMatchObject([{ msg: "to pino" }]);
  expect(before).toEqual(["to the old place", "there as well"]);
});

it("leaves alone what was configured when there was no logger", () => {
  const lines: string[] = [];
  configureLogging({ level: "warn", sink: ({ message }) => void lines.push(message) });

  useLogger(null);
  generalLog.info("below the level");
  generalLog.warn("on");

  expect(lines).toEqual(["on"]);
});

it("hands all lines to pino, with the exception as pino serializes it", () => {
  const { entries, stream } = collector();
  configureLogging({ sink: null });

  useLogger(pino({ level: "debug" }, stream));
  accessLog.info("200 GET /");
  applicationLog.error("broken", new Error("on purpose", { cause: new Error("below") }));
  generalLog.debug("details");

  expect(entries).toMatchObject([
    { level: 30, logger: "tornado.access", msg: "200 GET /" },
    { level: 50, logger: "tornado.application", msg: "broken", err: { type: "Error" } },
    { level: 20, logger: "tornado.general", msg: "details" },
  ]);
  expect(String((entries[1]!.err as { stack: string }).stack)).toContain("below");
});

it("hands all lines to winston, with the stack and its causes", async () => {
  const { entries, stream } = collector();
  const logger = winston.createLogger({
    level: "info",
    format: winston.format.json(),
    transports: [new winston.transports.Stream({ stream })],
  });

  useLogger(logger);
  accessLog.warn("404 GET /nothing");
  applicationLog.error("broken", new Error("on purpose", { cause: new Error("below") }));
  generalLog.debug("left out by winston's own level");
  await expect.poll(() => entries.length).toBe(2);

  expect(entries[0]).toEqual({ level: "warn", message: "404 GET /nothing", logger: "tornado.access" });
  expect(entries[1]).toMatchObject({ level: "error", message: "broken", logger: "tornado.application" });
  expect(entries[1]!.stack).toMatch(/^Error: on purpose[\s\S]*Caused by: Error: below/);
});
