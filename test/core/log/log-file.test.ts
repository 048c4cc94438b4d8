import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { LogFile } from "../../../src/core/log/log-file.js";
import { defineLoggingOptions, enablePrettyLogging } from "../../../src/core/log/logging-options.js";
import { configureLogging, flushLog, generalLog } from "../../../src/core/log.js";
import { OptionParser } from "../../../src/core/options/option-parser.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const linesOf = (path: string) => readFileSync(path, "utf8").split("\n").slice(0, -1);
/** Waits for a line to be in the file, or in the one put aside since, so that the next one finds the file as it is. */
const settled = (path: string, line: string) =>
  expect
    .poll(() => [path, `${path}.1`].some((one) => existsSync(one) && linesOf(one).includes(line)), { interval: 2 })
    .toBe(true);

describe("LogFile", () => {
  it("puts the file aside when it is too large, numbers the old ones, and keeps only so many", async () => {
    await using folder = await temporaryFolder("log");
    const path = join(folder.path, "logs/app.log");
    const file = new LogFile(path, { maxSize: 40, backups: 2 });

    for (let number = 10; number < 30; number++) {
      file.write(`this is line ${number}\n`);
      await settled(path, `this is line ${number}`);
    }
    await file.close();

    const names = readdirSync(join(folder.path, "logs")).sort();
    const lines = names.toReversed().flatMap((name) => linesOf(join(folder.path, "logs", name)));
    expect(names).toEqual(["app.log", "app.log.1", "app.log.2"]);
    expect(lines.at(-1)).toBe("this is line 29");
    expect(lines).toEqual(lines.toSorted());
    expect(lines.length).toBeLessThan(10);
  });

  it("appends to what is there", async () => {
    await using folder = await temporaryFolder("log");
    const path = join(folder.path, "app.log");
    await writeFile(path, "before\n");

    const file = new LogFile(path);
    file.write("after\n");
    await file.close();

    expect(linesOf(path)).toEqual(["before", "after"]);
  });

  it("puts the file of another day aside when it begins, under its date", async () => {
    await using folder = await temporaryFolder("log");
    const path = join(folder.path, "app.log");
    await writeFile(path, "yesterday\n");
    const yesterday = new Date(2026, 0, 15, 12);
    await utimes(path, yesterday, yesterday);

    const file = new LogFile(path, { rotateMode: "time" });
    file.write("today\n");
    await file.close();

    expect(linesOf(path)).toEqual(["today"]);
    expect(linesOf(join(folder.path, "app.log.2026-01-15"))).toEqual(["yesterday"]);
  });

  it("puts a file aside while it runs, under the time when it began", async () => {
    await using folder = await temporaryFolder("log");
    const file = new LogFile(join(folder.path, "app.log"), { rotateMode: "time", rotateWhen: "S", backups: 0 });
    const dated = () => readdirSync(folder.path).filter((name) => /^app\.log\.\d{4}-\d\d-\d\d_[\d-]{8}$/.test(name));

    file.write("first\n");
    await expect
      .poll(() => dated().some((name) => linesOf(join(folder.path, name)).includes("first")), { timeout: 5000 })
      .toBe(true);
    await file.close();

    expect(linesOf(join(folder.path, "app.log"))).toEqual([]);
  });

  it("puts none aside when none is to be kept", async () => {
    await using folder = await temporaryFolder("log");
    const path = join(folder.path, "app.log");
    const file = new LogFile(path, { maxSize: 5, backups: 0 });

    for (const line of ["a long line", "another"]) {
      file.write(`${line}\n`);
      await settled(path, line);
    }
    await file.close();

    expect(readdirSync(folder.path)).toEqual(["app.log"]);
  });

  it("says that lines are lost when the disk fails, and writes again when it is back", async () => {
    await using folder = await temporaryFolder("log");
    const logs = join(folder.path, "logs");
    const complaints: string[] = [];
    const stderr = vi.spyOn(process.stderr, "write").mockImplementation((text) => complaints.push(String(text)) > 0);
    const file = new LogFile(join(logs, "app.log"), { maxSize: 10 });
    file.write("before\n");
    await settled(join(logs, "app.log"), "before");

    try {
      await rm(logs, { recursive: true });
      await writeFile(logs, "in the way");
      file.write("lost, for the file cannot be put aside\n");
      await expect.poll(() => complaints.join("")).toMatch(/app\.log" cannot be written, and lines are lost: /);
      file.write("lost\n");
      await rm(logs);
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 1000 });
      file.write("after\n");
    } finally {
      vi.useRealTimers();
      stderr.mockRestore();
    }

    await settled(join(logs, "app.log"), "after");
    await file.close();
  });

  it("writes at once what is on its way, when the process ends", async () => {
    await using folder = await temporaryFolder("log");
    const path = join(folder.path, "app.log");
    const file = new LogFile(path);

    file.write("on its way\n");
    file.writeSync("last\n");
    const lines = linesOf(path);
    await file.close();

    expect(lines).toEqual(["on its way", "last"]);
  });

  it("writes what comes while it is closed, behind what came before", async () => {
    await using folder = await temporaryFolder("log");
    const path = join(folder.path, "app.log");
    const file = new LogFile(path);

    file.write("before\n");
    const closed = file.close();
    file.write("in the same turn\n");
    setImmediate(() => file.write("late\n"));
    await closed;

    await expect.poll(() => linesOf(path)).toEqual(["before", "in the same turn", "late"]);
  });

  it.each([
    [{ rotateMode: "weight" }, /the mode should be "size" or "time", not "weight"/],
    [{ rotateMode: "time", rotateWhen: "W0" }, /it can rotate at S, M, H, D and midnight, not at "W0"/],
    [{ rotateMode: "time", rotateWhen: "constructor" }, /not at "constructor"/],
    [{ rotateMode: "time", rotateWhen: "M", rotateInterval: 7 }, /cannot be opened: .*divider/],
    [{ maxSize: 0 }, /maxSize should be a whole number from 1 on, not 0/],
    [{ backups: -1 }, /backups should be/],
  ])("refuses %j", async (options, message) => {
    await using folder = await temporaryFolder("log");

    expect(() => new LogFile(join(folder.path, "app.log"), options as object)).toThrow(
      expect.objectContaining({ code: "BAD_LOG_FILE", message: expect.stringMatching(message) }),
    );
  });

  it("refuses a path that cannot be a file", async () => {
    await using folder = await temporaryFolder("log");
    await mkdir(join(folder.path, "app.log"));

    expect(() => new LogFile(join(folder.path, "app.log"))).toThrow(
      expect.objectContaining({ code: "BAD_LOG_FILE", message: expect.stringMatching(/EISDIR/) }),
    );
  });
});

describe("the options of logging", () => {
  afterEach(() => {
    configureLogging({ level: "info", stream: process.stderr, sink: null });
  });

  it("send the log to a file, at a level, when they are read", async () => {
    await using folder = await temporaryFolder("log");
    const path = join(folder.path, "app.log");
    const options = new OptionParser();
    defineLoggingOptions(options);
    configureLogging({ sink: null });

    options.parseCommandLine(["program", `--log-file-prefix=${path}`, "--logging=warning"]);
    generalLog.info("not so important");
    generalLog.warn("important");
    flushLog();

    expect(linesOf(path)).toEqual([expect.stringMatching(/^\[W \d{6} [\d:]{8}\] important$/)]);
  });

  it("leave the log alone with none", () => {
    const lines: string[] = [];
    const options = new OptionParser();
    defineLoggingOptions(options);
    configureLogging({ sink: null, stream: { write: (text) => lines.push(text) } });

    options.parseCommandLine(["program", "--logging=NONE"]);
    generalLog.info("as before");
    flushLog();

    expect(lines.join("")).toContain("as before");
  });

  it("refuse a level that does not exist", () => {
    expect(() => enablePrettyLogging({ get: () => "loud" })).toThrow(
      expect.objectContaining({
        code: "BAD_OPTION",
        message: expect.stringMatching(/There is no log level "loud"\. Use/),
      }),
    );
  });
});
