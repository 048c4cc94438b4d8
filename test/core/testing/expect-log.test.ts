import { describe, expect, it } from "vitest";
import { applicationLog, configureLogging, flushLog, generalLog } from "../../../src/core/log.js";
import { expectLog } from "../../../src/core/testing/expect-log.js";

describe("expectLog", () => {
  it("keeps the lines that it expects from the output, and only those", () => {
    const written: string[] = [];
    configureLogging({ sink: null, stream: { write: (text) => written.push(text) } });
    {
      using expected = expectLog("tornado.general", /expected \d/g);
      generalLog.warn("expected 1");
      generalLog.warn("expected 2");
      generalLog.warn("other");
      applicationLog.warn("expected 3");

      expect(expected.matched.map((record) => record.message)).toEqual(["expected 1", "expected 2"]);
    }
    generalLog.warn("expected 4");
    flushLog();
    configureLogging({ stream: process.stderr, sink: () => {} });

    expect(written.join("")).not.toMatch(/expected [12]/);
    expect(written.join("")).toMatch(/other[\s\S]*expected 3[\s\S]*expected 4/);
  });

  it("fails when the line does not come, and names those that came", () => {
    configureLogging({ level: "none" });
    const expected = expectLog(generalLog, "wanted", { level: "error" });
    generalLog.warn("wanted, but less severe");
    configureLogging({ level: "info" });

    expect(() => expected.close()).toThrow(/No error line wanted.*\n {2}warn wanted, but less severe/);
  });

  it("takes a text literally", () => {
    using expected = expectLog(generalLog, "a.c", { required: false });
    configureLogging({ level: "none" });
    generalLog.info("abc");
    configureLogging({ level: "info" });

    expect(expected.matched).toEqual([]);
  });

  it("knows whether an exception was logged", () => {
    using expected = expectLog(applicationLog, "failed");
    applicationLog.error("failed", new Error("why"));

    expect(expected.loggedStack).toBe(true);
  });

  it("expects during a function, gives its result, and lets its exception through", async () => {
    const result = await expectLog(generalLog, "x").during(async () => {
      generalLog.info("x");
      return 42;
    });

    expect(result).toBe(42);
    await expect(expectLog(generalLog, "never").during(() => 1)).rejects.toThrow(/No line/);
    await expect(
      expectLog(generalLog, "never").during(() => {
        throw new Error("its own");
      }),
    ).rejects.toThrow("its own");
  });
});
