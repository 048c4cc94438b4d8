import { describe, expect, it } from "vitest";
import { expectLog } from "../../src/core/testing/expect-log.js";
import { CalledProcessError, Subprocess } from "../../src/process/subprocess.js";

const { STREAM } = Subprocess;
const node = (script: string) => [process.execPath, "-e", script];

describe("a Subprocess", () => {
  it("is written to and read from by streams", async () => {
    const sort = new Subprocess(["sort"], { stdin: STREAM, stdout: STREAM });
    await sort.stdin!.write("b\na\n");
    sort.stdin!.close();

    expect((await sort.stdout!.readUntilClose()).toString()).toBe("a\nb\n");
    expect(await sort.waitForExit()).toBe(0);
    expect(sort.returncode).toBe(0);
    expect(sort.stderr).toBeNull();
  });

  it("loses nothing of a large output, though the program has ended", async () => {
    const writer = new Subprocess(node("process.stdout.write('x'.repeat(3_000_000))"), { stdout: STREAM });
    const first = await writer.stdout!.readBytes(1_000_000);
    const rest = await writer.stdout!.readUntilClose();
    await writer.waitForExit();

    expect(first.length + rest.length).toBe(3_000_000);
  });

  it("keeps both outputs apart", async () => {
    const both = new Subprocess(node("console.log('out'); console.error('err')"), { stdout: STREAM, stderr: STREAM });
    const [out, err] = await Promise.all([both.stdout!.readUntilClose(), both.stderr!.readUntilClose()]);

    expect([out.toString(), err.toString()]).toEqual(["out\n", "err\n"]);
  });

  it("throws for a code that is not 0, unless that is wanted", async () => {
    const failing = new Subprocess(node("process.exit(3)"));

    await expect(failing.waitForExit()).rejects.toThrow(/ended with code 3/);
    await expect(failing.waitForExit()).rejects.toBeInstanceOf(CalledProcessError);
    expect(await failing.waitForExit({ raiseError: false })).toBe(3);
  });

  it("gives the signal's number below zero for one that was killed", async () => {
    const sleeping = new Subprocess(["sleep", "1000"]);
    expect(sleeping.returncode).toBeNull();
    expect(sleeping.kill("SIGTERM")).toBe(true);

    expect(await sleeping.waitForExit({ raiseError: false })).toBe(-15);
    await expect(sleeping.waitForExit()).rejects.toMatchObject({ returncode: -15, message: /killed by signal 15/ });
  });

  it("tells an exit callback, and logs what that throws", async () => {
    const codes: number[] = [];
    const child = new Subprocess(node("process.exit(2)"));
    child.setExitCallback((code) => codes.push(code));
    const log = expectLog("tornado.application", "exit callback");
    child.setExitCallback(() => {
      throw new Error("broken");
    });
    await log.during(async () => {
      await child.waitForExit({ raiseError: false });
      await new Promise((resolve) => setImmediate(resolve));
    });

    expect(codes).toEqual([2]);
  });

  it("says that a program cannot be started", async () => {
    const missing = new Subprocess(["no-such-program-anywhere"], { stdout: STREAM });

    await expect(missing.waitForExit()).rejects.toMatchObject({
      code: "SPAWN_FAILED",
      message: expect.stringContaining('"no-such-program-anywhere" could not be started (ENOENT)'),
    });
    expect(missing.pid).toBeUndefined();
    expect(() => new Subprocess([])).toThrow(/no program/);
  });

  it("is ended by an AbortSignal", async () => {
    const controller = new AbortController();
    const sleeping = new Subprocess(["sleep", "1000"], { signal: controller.signal });
    controller.abort();

    expect(await sleeping.waitForExit({ raiseError: false })).toBe(-15);
  });
});
