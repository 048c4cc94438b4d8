import { join } from "node:path";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  accessLog,
  applicationLog,
  configureLogging,
  flushLog,
  generalLog,
  subscribeToLog,
} from "../../src/core/log.js";
import { run } from "../support/program.js";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.js";

/** Collects what is written, and tells when the turn's lines have come. */
function memoryStream() {
  const written: string[] = [];
  return { written, write: (text: string) => written.push(text) };
}

const log = fileURLToPath(new URL("../../src/core/log.ts", import.meta.url));
let folder: TemporaryFolder;

beforeAll(async () => {
  folder = await temporaryFolder("tornado-log");
});
afterAll(() => folder[Symbol.asyncDispose]());

/** Makes a program of its own with the log in it, so that its streams and its end are real. */
function program(name: string, body: string): string {
  const outfile = join(folder.path, `${name}.mjs`);
  const contents = `import { generalLog, configureLogging } from ${JSON.stringify(log)};\n${body}`;
  buildSync({ stdin: { contents, resolveDir: folder.path }, bundle: true, platform: "node", format: "esm", outfile });
  return outfile;
}

// The run's own set-up keeps the log quiet; here it is what is tested.
beforeAll(() => configureLogging({ sink: null }));

afterEach(() => {
  configureLogging({ level: "info", format: "pretty", stream: process.stderr, color: undefined, sink: null });
});

describe("the pretty format", () => {
  it("is Tornado's: level letter, local date and time in brackets, message", () => {
    const stream = memoryStream();
    configureLogging({ stream });

    accessLog.info("200 GET / (127.0.0.1) 0.41ms");
    generalLog.warn("careful");
    applicationLog.error("broken");
    flushLog();

    expect(stream.written.join("")).toMatch(
      /^\[I \d{6} \d\d:\d\d:\d\d\] 200 GET \/ \(127\.0\.0\.1\) 0\.41ms\n\[W \d{6} \d\d:\d\d:\d\d\] careful\n\[E \d{6} \d\d:\d\d:\d\d\] broken\n$/,
    );
  });

  it.each([
    ["debug", "\x1b[34m[D "],
    ["info", "\x1b[32m[I "],
    ["warn", "\x1b[33m[W "],
    ["error", "\x1b[31m[E "],
  ] as const)("colours the bracket of a line of level %s", (level, opening) => {
    const stream = memoryStream();
    configureLogging({ stream, level: "debug", color: true });

    generalLog[level]("message");
    flushLog();

    expect(stream.written[0]!.startsWith(opening)).toBe(true);
    expect(stream.written[0]).toContain("]\x1b[0m message\n");
  });

  it("prints an exception below the message, with its causes, indented by four blanks", () => {
    const stream = memoryStream();
    configureLogging({ stream });

    generalLog.error("failed", new Error("outer", { cause: new Error("inner") }));
    flushLog();

    const lines = stream.written[0]!.trimEnd().split("\n");
    expect(lines[1]).toBe("    Error: outer");
    expect(lines).toContain("    Caused by: Error: inner");
    expect(lines.slice(1).every((line) => line.startsWith("    "))).toBe(true);
  });

  it("prints the errors of an AggregateError, and ends with causes that go in a circle", () => {
    const stream = memoryStream();
    const circular = new Error("circular");
    circular.cause = new AggregateError([new Error("first"), circular], "together");
    configureLogging({ stream });

    generalLog.error("failed", circular);
    flushLog();

    expect(stream.written[0]).toContain("Together with: Error: first");
    expect(stream.written[0]!.match(/Error: circular/g)).toHaveLength(1);
  });

  it("leaves out the properties of an exception, which may hold secrets", () => {
    const stream = memoryStream();
    configureLogging({ stream });

    generalLog.error("failed", Object.assign(new Error("refused"), { request: { authorization: "Bearer canary" } }));
    flushLog();

    expect(stream.written.join("")).not.toContain("canary");
  });

  it.each([
    ["a value without a prototype", Object.create(null)],
    ["a string", "thrown text"],
    ["null", null],
  ])("survives that %s is thrown", (_, thrown) => {
    const stream = memoryStream();
    configureLogging({ stream });

    generalLog.error("failed", thrown);
    flushLog();

    expect(stream.written[0]).toContain("failed\n    ");
  });
});

describe("log injection", () => {
  it("cannot forge a line: what follows a line feed is indented", () => {
    const stream = memoryStream();
    configureLogging({ stream });

    generalLog.info("name\n[I 260101 00:00:00] 200 GET /forged");
    flushLog();

    expect(stream.written[0]!.split("\n").filter((line) => line.startsWith("["))).toHaveLength(1);
  });

  it.each([
    ["escape", "\x1b[2J", "\\x1b[2J"],
    ["carriage return", "a\rb", "a\\x0db"],
    ["NUL", "\0", "\\x00"],
    ["DEL", "\x7f", "\\x7f"],
    ["the one-byte CSI", "\x9b2J", "\\x9b2J"],
    ["backspace", "\b", "\\x08"],
    ["the Unicode line separator", "\u2028", "\\u2028"],
  ])("escapes %s", (_, text, escaped) => {
    const stream = memoryStream();
    configureLogging({ stream });

    generalLog.info(text);
    flushLog();

    expect(stream.written[0]!.slice(19)).toBe(` ${escaped}\n`);
  });

  it("escapes control characters in JSON too, so that the line stays one line", () => {
    const stream = memoryStream();
    configureLogging({ stream, format: "json" });

    generalLog.info("a\nb\x1b\x9b\u2028");
    flushLog();

    expect(stream.written[0]).toMatch(/^[\x20-\x7e]*\n$/);
    expect(JSON.parse(stream.written[0]!).message).toBe("a\nb\x1b\x9b\u2028");
  });
});

describe("configureLogging", () => {
  it("writes one JSON object a line", () => {
    const stream = memoryStream();
    configureLogging({ stream, format: "json" });

    applicationLog.error("broken", new Error("why"));
    flushLog();

    expect(JSON.parse(stream.written[0]!)).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      level: "error",
      logger: "tornado.application",
      message: "broken",
      error: expect.stringContaining("Error: why\n"),
    });
  });

  it("leaves out what is less severe than the level", () => {
    const stream = memoryStream();
    configureLogging({ stream, level: "warn" });

    generalLog.info("not this");
    generalLog.warn("this");
    flushLog();

    expect(stream.written.join("")).not.toContain("not this");
    expect(stream.written.join("")).toContain("this");
  });

  it("writes nothing at level none", () => {
    const stream = memoryStream();
    configureLogging({ stream, level: "none" });

    generalLog.error("nothing");
    flushLog();

    expect(stream.written).toEqual([]);
  });

  it("hands records to another logger in place of the stream", () => {
    const stream = memoryStream();
    const records: unknown[] = [];
    configureLogging({ stream, sink: (record) => records.push(record) });

    generalLog.warn("elsewhere");
    flushLog();

    expect(records).toMatchObject([{ level: "warn", logger: "tornado.general", message: "elsewhere" }]);
    expect(stream.written).toEqual([]);
  });

  it("colours at a terminal, unless NO_COLOR is set", () => {
    const terminal = { ...memoryStream(), isTTY: true };
    const previous = process.env.NO_COLOR;
    try {
      delete process.env.NO_COLOR;
      configureLogging({ stream: terminal });
      generalLog.info("coloured");
      flushLog();
      process.env.NO_COLOR = "1";
      configureLogging({});
      generalLog.info("plain");
      flushLog();
    } finally {
      if (previous === undefined) delete process.env.NO_COLOR;
      else process.env.NO_COLOR = previous;
    }

    expect(terminal.written[0]).toContain("\x1b[32m");
    expect(terminal.written[1]).not.toContain("\x1b");
  });
});

describe("writing", () => {
  it("writes the lines of one turn of the event loop at once", async () => {
    const stream = memoryStream();
    configureLogging({ stream });

    accessLog.info("one");
    accessLog.info("two");
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

    expect(stream.written).toHaveLength(1);
    expect(stream.written[0]).toMatch(/one\n.*two\n$/);
  });

  it("does not wait for the end of a turn that logs without end", () => {
    const stream = memoryStream();
    configureLogging({ stream });

    for (let index = 0; index < 2_000; index++) generalLog.info("x".repeat(100));

    expect(stream.written.length).toBeGreaterThan(1);
  });

  it("survives a stream that fails", async () => {
    const stream = new PassThrough();
    configureLogging({ stream });
    stream.destroy(new Error("EPIPE"));

    generalLog.info("nobody reads this");
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

    expect(stream.destroyed).toBe(true);
  });

  it("writes the last lines when the program calls process.exit()", async () => {
    const result = await run(process.execPath, [program("exit", `generalLog.info("last words"); process.exit(3);`)]);

    expect(result.code).toBe(3);
    expect(result.stderr).toContain("last words");
  });

  it("writes the last lines before the exception that ends the process", async () => {
    const result = await run(process.execPath, [
      program("crash", `generalLog.info("before"); throw new Error("crash");`),
    ]);

    expect(result.stderr).toMatch(/before[\s\S]*Error: crash/);
  });

  it("does not crash when nobody reads the log any more", async () => {
    const file = program(
      "pipe",
      `configureLogging({ stream: process.stdout });
       let turns = 0;
       const turn = () => {
         generalLog.info("x".repeat(5000));
         if (++turns < 200) setImmediate(turn);
         else process.stderr.write("survived");
       };
       turn();`,
    );

    const result = await run("sh", ["-c", `"$0" "$1" | true`, process.execPath, file]);

    expect(result.stderr).toBe("survived");
  });
});

describe("subscribeToLog", () => {
  it("sees records of every level until it ends, and can keep them from being written", () => {
    const stream = memoryStream();
    configureLogging({ stream });
    const seen: string[] = [];
    const unsubscribe = subscribeToLog((record) => {
      seen.push(`${record.level} ${record.message}`);
      return record.message === "secret";
    });

    generalLog.debug("quiet");
    generalLog.info("secret");
    unsubscribe();
    generalLog.info("after");
    flushLog();

    expect(seen).toEqual(["debug quiet", "info secret"]);
    expect(stream.written.join("")).not.toContain("secret");
    expect(stream.written.join("")).toContain("after");
  });
});
