import { describe, expect, it } from "vitest";
import { OpenWebSockets } from "../../../src/core/websocket/open-websockets.js";

/** So many that one step does not close them all, and none of them needs a socket. */
function openMany(count: number, answers: boolean): { open: OpenWebSockets; codes: number[]; cut: () => number } {
  const open = new OpenWebSockets();
  const codes: number[] = [];
  let cut = 0;
  for (let index = 0; index < count; index++) {
    const websocket = {
      close(code: number) {
        codes.push(code);
        if (answers) setImmediate(() => open.delete(websocket));
      },
      terminate() {
        cut++;
        open.delete(websocket);
      },
    };
    open.add(websocket);
  }
  return { open, codes, cut: () => cut };
}

describe("a drain", () => {
  it("closes in steps, and refuses new ones until it is over", async () => {
    const { open, codes } = openMany(1000, true);

    const draining = open.drain(10_000);
    const atOnce = codes.length;

    expect([atOnce, open.isDraining]).toEqual([250, true]);
    expect(await draining).toEqual({ cut: 0 });
    expect([codes.length, new Set(codes), open.count, open.isDraining]).toEqual([1000, new Set([1001]), 0, false]);
  });

  it("drops what is left at the deadline, also what it has not come to", async () => {
    const { open, cut } = openMany(1000, false);

    expect(await open.drain(20)).toEqual({ cut: 1000 });
    expect(cut()).toBe(1000);
  });

  it("is over at once with none", async () => {
    expect(await new OpenWebSockets().drain(10_000)).toEqual({ cut: 0 });
  });
});
