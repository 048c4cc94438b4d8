import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { Program } from "../support/program.js";

const program = join(import.meta.dirname, "fixtures/forked.mjs");
const start = (...args: string[]) => new Program(process.execPath, [program, ...args]);

/** The process ids by task id, the newest of each. */
function pidsIn(output: string): Map<string, number> {
  return new Map([...output.matchAll(/task (\d) of \d pid (\d+)/g)].map((match) => [match[1]!, Number(match[2])]));
}

describe("forkProcesses", () => {
  it("gives each child its task id, and ends when all have ended well", async () => {
    await using parent = start("end", "3");
    const { code, stdout } = await parent.ended;

    expect(code).toBe(0);
    expect([...pidsIn(stdout).keys()].sort()).toEqual(["0", "1", "2"]);
    expect(stdout.match(/begins \S+/g)!.sort()).toEqual(["begins 0", "begins 1", "begins 2", "begins null"]);
  });

  it("replaces a child that was killed by one with the same task id, and passes SIGTERM on", async () => {
    await using parent = start("serve");
    await parent.until(() => (parent.output.match(/listening/g)?.length === 2 ? true : undefined), "listen");
    const before = pidsIn(parent.output);
    process.kill(before.get("1")!, "SIGKILL");
    await parent.saw(/Child 1 \(pid \d+\) was killed by SIGKILL, restarting/);
    await parent.until(() => (parent.output.match(/listening/g)?.length === 3 ? true : undefined), "listen again");
    const after = pidsIn(parent.output);

    expect(after.get("0")).toBe(before.get("0"));
    expect(after.get("1")).not.toBe(before.get("1"));
    const [, port] = await parent.saw(/listening (\d+)/);
    const answers = await Promise.all([1, 2, 3, 4].map(() => ask(Number(port))));
    expect(new Set(answers)).toEqual(new Set(["served by 0\n", "served by 1\n"]));
    parent.kill("SIGTERM");
    const { code, stdout } = await parent.ended;
    expect(code).toBe(0);
    expect(stdout.match(/bye \d/g)!.sort()).toEqual(["bye 0", "bye 1"]);
  });

  it("takes its children along when it is killed itself", async () => {
    await using parent = start("serve");
    const [, port] = await parent.saw(/listening (\d+)/);
    parent.kill("SIGKILL");

    await vi.waitFor(() => expect(ask(Number(port))).rejects.toMatchObject({ code: "ECONNREFUSED" }), 10_000);
  });

  it("takes a child along that never returns from its code", async () => {
    await using parent = start("block", "1");
    await parent.saw(/blocks 0/);

    parent.kill("SIGKILL");
    const { signal } = await parent.ended;

    expect(signal).toBe("SIGKILL");
  });

  it("gives up when too many have failed", async () => {
    await using parent = start("fail", "1", "2");
    const { code, stderr, stdout } = await parent.ended;

    expect(code).not.toBe(0);
    expect(stdout.match(/task 0/g)).toHaveLength(3);
    expect(stderr.match(/exited with status 3, restarting/g)).toHaveLength(2);
    expect(stderr).toContain("TOO_MANY_RESTARTS");
  });

  it("can be called once", async () => {
    await using parent = start("twice", "1");

    expect((await parent.ended).stdout).toContain("ALREADY_FORKED");
  });

  it("refuses a number that is none", async () => {
    await using parent = start("end", "x");

    expect((await parent.ended).stderr).toContain("forkProcesses() was given NaN processes");
  });

  it("refuses a number of restarts that is none", async () => {
    await using parent = start("fail", "1", "x");

    expect((await parent.ended).stderr).toContain("forkProcesses() was given NaN as maxRestarts");
  });
});

function ask(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    connect(port, "127.0.0.1")
      .setEncoding("utf8")
      .on("data", (text: string) => {
        answer += text;
      })
      .on("error", reject)
      .on("end", () => resolve(answer));
  });
}
