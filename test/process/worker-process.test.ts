import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { watchHeartbeat } from "../../src/process/heartbeat.js";
import { describeExit, WorkerFailedError, WorkerProcess } from "../../src/process/worker-process.js";
import { Program } from "../support/program.js";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.js";

let folder: TemporaryFolder;
/** Where the fixtures lie as Node can run them, with what they import of our sources. */
let fixtures: string;

beforeAll(async () => {
  folder = await temporaryFolder("worker-process");
  fixtures = folder.path;
  await writeFile(join(fixtures, "package.json"), '{ "type": "module" }');
  await build({
    absWorkingDir: join(import.meta.dirname, "fixtures"),
    entryPoints: ["parent.js", "worker.js"],
    outdir: fixtures,
    bundle: true,
    format: "esm",
    platform: "node",
    packages: "external",
  });
});

afterAll(async () => folder[Symbol.asyncDispose]());

function fork(behaviour: string, readyTimeoutMs?: number): WorkerProcess {
  return WorkerProcess.fork(join(fixtures, "worker.js"), {
    args: [behaviour],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    execArgv: [],
    ...(readyTimeoutMs === undefined ? undefined : { readyTimeoutMs }),
  });
}

describe("a worker process", () => {
  it("becomes ready with the detail that its program gives", async () => {
    const worker = fork("serves");

    const detail = await worker.ready;
    const drained = await worker.drain(1000);

    expect(detail).toEqual({ port: 8888 });
    expect(drained).toEqual({ cut: 0, killed: false });
    expect(await worker.exited).toEqual({ code: 0, signal: null });
  });

  it("tells how many connections it cut", async () => {
    const worker = fork("cuts two");
    await worker.ready;

    expect(await worker.drain(1000)).toEqual({ cut: 2, killed: false });
  });

  it("fails with its own error, cause and details included", async () => {
    const worker = fork("fails to start");

    const error = await worker.ready.catch((reason: unknown) => reason as WorkerFailedError);

    expect(error).toBeInstanceOf(WorkerFailedError);
    expect((error as Error).cause).toMatchObject({ name: "TypeError", message: "no database", code: "ENODB", line: 7 });
    expect(((error as Error).cause as Error).cause).toMatchObject({ message: "refused" });
    expect(((error as Error).cause as Error).stack).toContain("worker.js");
    expect(await worker.exited).toEqual({ code: 1, signal: null });
  });

  it("fails when something is thrown aside while it starts", async () => {
    const worker = fork("throws while starting");

    await expect(worker.ready).rejects.toMatchObject({ cause: { message: "thrown aside" } });
    await worker.exited;
  });

  it("fails with its exit code when it ends without a word", async () => {
    const worker = fork("exits while starting");

    await expect(worker.ready).rejects.toThrow("exited with code 3 before it was ready");
    expect(await worker.exited).toEqual({ code: 3, signal: null });
  });

  it("fails, and is killed, when it is not ready in time", async () => {
    const worker = fork("never becomes ready", 300);

    await expect(worker.ready).rejects.toThrow("not ready within 0.3 s");
    expect(await worker.exited).toEqual({ code: null, signal: "SIGKILL" });
  });

  it("fails when it cannot be started at all", async () => {
    const worker = WorkerProcess.fork(join(fixtures, "worker.js"), { cwd: "/nowhere/at/all" });

    await expect(worker.ready).rejects.toThrow("could not be started");
    expect(describeExit(await worker.exited)).toBe("could not be started");
  });

  it("waits warm until it gets a task, and takes further ones", async () => {
    const worker = fork("waits for a task");
    const reported = new Promise((resolve) => worker.onReport(resolve));

    worker.giveTask("the first");
    const detail = await worker.ready;
    worker.giveTask("the second");

    expect(detail).toBe("started with the first");
    expect(await reported).toBe("also got the second");
    await worker.drain(1000);
  });

  it("takes messages without complaint when it has gone", async () => {
    const worker = fork("serves");
    await worker.ready;
    worker.kill("SIGKILL");
    await worker.exited;

    expect(worker.send({ tornado: "ping" })).toBe(false);
    expect(worker.giveTask("anything")).toBe(false);
    expect(await worker.drain(1000)).toEqual({ cut: 0, killed: false });
    worker.kill("SIGTERM");
  });

  it("survives messages sent in the moment of its death", async () => {
    const worker = fork("serves");
    await worker.ready;

    worker.kill("SIGKILL");
    const sending = setInterval(() => worker.send({ tornado: "ping" }), 0);
    const exit = await worker.exited;
    clearInterval(sending);

    expect(exit.signal).toBe("SIGKILL");
  });

  it("leaves after a rejection that nobody caught: says so, drains for at most 5 s, and exits 1", async () => {
    const worker = fork("rejects when asked");
    await worker.ready;
    const leaving = new Promise<Error | null>((resolve) => worker.onLeaving(resolve));
    const deadline = new Promise((resolve) => worker.onReport(resolve));

    worker.giveTask("reject");

    expect(await leaving).toMatchObject({ name: "RangeError", message: "nobody caught this" });
    expect(await deadline).toBe(5000);
    expect(await worker.exited).toEqual({ code: 1, signal: null });
  });

  it("drains at SIGTERM by itself, and leaves Ctrl-C to its parent", async () => {
    const worker = fork("serves");
    await worker.ready;
    const leaving = new Promise<Error | null>((resolve) => worker.onLeaving(resolve));

    worker.kill("SIGINT");
    worker.kill("SIGHUP");
    worker.kill("SIGTERM");

    expect(await leaving).toBeNull();
    expect(await worker.exited).toEqual({ code: 0, signal: null });
  });

  it("is killed when it does not end after its deadline", async () => {
    const worker = fork("never drains");
    await worker.ready;

    expect(await worker.drain(0)).toEqual({ cut: 0, killed: true });
  });

  it("is found out when its event loop hangs", async () => {
    const worker = fork("hangs");
    await worker.ready;
    const silent = new Promise<void>((resolve) => watchHeartbeat(worker, 250, resolve));

    worker.giveTask("hang");
    await silent;
    worker.kill("SIGKILL");

    expect(await worker.exited).toEqual({ code: null, signal: "SIGKILL" });
  });

  it("drains and ends when its parent is killed", async () => {
    await using parent = new Program(process.execPath, [join(fixtures, "parent.js")]);
    await parent.saw(/worker \d+/);

    parent.kill("SIGKILL");
    // The output of both is one pipe, which is open until the worker has ended, too.
    await parent.ended;

    expect(parent.stdout).toContain("drained");
  });
});
