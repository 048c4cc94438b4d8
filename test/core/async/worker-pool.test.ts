/** The pool needs its compiled thread program: what is tested is what was built. */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import type { LogRecord } from "../../../src/core/log/index.js";
import { run } from "../../support/program.js";

type Ioloop = typeof import("../../../src/core/async/ioloop.js");
type Log = typeof import("../../../src/core/log/index.js");
type Web = typeof import("../../../src/core/web/index.js");

// By names that TypeScript does not follow: the types must be checked before anything is built.
const [ioloop, log, web] = ["tornado/ioloop", "tornado/log", "tornado/web"];
const { IOLoop, runInExecutor, WorkerPool } = (await import(ioloop!)) as Ioloop;
const { subscribeToLog } = (await import(log!)) as Log;
const { Application } = (await import(web!)) as Web;

const jobs = pathToFileURL(join(import.meta.dirname, "fixtures/jobs.mjs"));
const pool = new WorkerPool({ threads: 2 });
afterAll(() => pool.close());

describe("a WorkerPool", () => {
  it("calls a function of a module in another thread", async () => {
    expect(await pool.run(jobs, "isPrime", [2_147_483_647])).toBe(true);
    expect(await pool.run(jobs, "isPrime", [2_147_483_646])).toBe(false);
    expect(await pool.run(jobs, "where", [])).toBeGreaterThan(0);
  });

  it("lets the error of the function come through, with its code, cause and place", async () => {
    const error = await pool.run(jobs, "fail", ["E_JOB"]).catch((thrown: unknown) => thrown as Error);

    expect(error).toMatchObject({
      name: "RangeError",
      message: "the job failed",
      code: "E_JOB",
      cause: { message: "deeper" },
    });
    expect((error as Error).stack).toMatch(/fail .*jobs\.mjs:\d+/);
  });

  it.each([
    ["an export that is none", () => pool.run(jobs, "nothing", []), "NOT_A_FUNCTION"],
    ["an export that is no function", () => pool.run(jobs, "notAFunction", []), "NOT_A_FUNCTION"],
    ["an argument that cannot be copied", () => pool.run(jobs, "size", [() => {}]), "NOT_CLONEABLE"],
    ["a result that cannot be copied", () => pool.run(jobs, "uncloneable", []), "NOT_CLONEABLE"],
    ["a module that is not there", () => pool.run(new URL("./nowhere.mjs", jobs), "a", []), "ERR_MODULE_NOT_FOUND"],
  ])("refuses %s", async (_, call, code) => {
    await expect(call()).rejects.toMatchObject({ code });
  });

  it("survives a function that ends its thread", async () => {
    await expect(pool.run(jobs, "leave", [])).rejects.toThrow(/exited/);

    expect(await pool.run(jobs, "isPrime", [7])).toBe(true);
  });

  it("ends a function that runs for ever on a signal", async () => {
    const controller = new AbortController();
    const running = pool.run(jobs, "forever", [], { signal: controller.signal });
    await pool.run(jobs, "where", []);
    controller.abort(new Error("enough"));

    await expect(running).rejects.toThrow("enough");
    await expect(pool.run(jobs, "where", [], { signal: controller.signal })).rejects.toThrow("enough");
    expect(await pool.run(jobs, "isPrime", [7])).toBe(true);
  });

  it("logs what a thread throws between its tasks, and goes on in another one", async () => {
    await using one = new WorkerPool({ threads: 1 });
    const lines: LogRecord[] = [];
    const logged = new Promise<void>((resolve) => {
      onTestFinished(
        subscribeToLog((record) => {
          lines.push(record);
          resolve();
          return true;
        }),
      );
    });

    const before = await one.run(jobs, "failLater", []);
    await logged;

    expect(lines.map(({ message, error }) => `${message}: ${error}`)).toEqual([
      "A thread failed between its tasks: Error: too late",
    ]);
    expect(await one.run(jobs, "where", [])).not.toBe(before);
  });

  it("takes one signal for many tasks", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on("warning", note);
    onTestFinished(() => void process.off("warning", note));
    const controller = new AbortController();
    const running = Array.from({ length: 20 }, () => pool.run(jobs, "slowly", [10_000], { signal: controller.signal }));
    controller.abort(new Error("enough"));
    const settled = await Promise.allSettled(running);

    expect(settled.map((one) => one.status === "rejected" && String(one.reason))).toEqual(
      running.map(() => "Error: enough"),
    );
    expect(warnings).toEqual([]);
  });

  it("hands buffers over instead of copying them", async () => {
    const buffer = new ArrayBuffer(1000);

    expect(await pool.run(jobs, "size", [buffer], { transfer: [buffer] })).toBe(1000);
    expect(buffer.byteLength).toBe(0);
  });

  it("lets timers of a thread run between its tasks", async () => {
    await using one = new WorkerPool({ threads: 1 });
    await one.run(jobs, "tick", []);

    while ((await one.run(jobs, "ticked", [])) === 0);
  });

  it("finishes its tasks when it is closed, and begins anew", async () => {
    const closing = new WorkerPool({ threads: 1 });
    const results = ["begun", "queued", "queued too"].map((value) => closing.run(jobs, "slowly", [30, value]));
    await closing.close();

    expect(await Promise.all(results)).toEqual(["begun", "queued", "queued too"]);
    expect(await closing.run(jobs, "isPrime", [7])).toBe(true);
    await closing.close();
  });
});

describe("runInExecutor", () => {
  it("uses the default pool, which an app that ends lets finish", async () => {
    const app = new Application([]);
    const running = runInExecutor(jobs, "slowly", [30, "done"]);
    let isDone = false;
    void running.then(() => {
      isDone = true;
    });
    await runInExecutor(jobs, "where", []);
    await app.shutdown();

    expect(isDone).toBe(true);
  });

  it("uses another pool when it is told to", async () => {
    const loop = IOLoop.current();

    expect(await loop.runInExecutor(jobs, "isPrime", [7], { executor: pool })).toBe(true);
    loop.setDefaultExecutor(pool);
    expect(await runInExecutor(jobs, "isPrime", [7])).toBe(true);
  });

  it("does not keep a program alive, and says nothing", async () => {
    const script = `
      import { runInExecutor } from "tornado/ioloop";
      console.log(await runInExecutor(new URL(${JSON.stringify(jobs.href)}), "isPrime", [97]));
    `;
    const { code, stdout, stderr } = await run(process.execPath, ["--input-type=module", "-e", script], {
      cwd: join(import.meta.dirname, "../../.."),
    });

    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "true\n", stderr: "" });
  });
});
