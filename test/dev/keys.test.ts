import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { listenToKeys } from "../../src/dev/keys.js";

/** A terminal cannot be made here: this stands in for its mode. */
function fakeTerminal() {
  const modes: boolean[] = [];
  const input = Object.assign(new PassThrough(), { setRawMode: (mode: boolean) => modes.push(mode) });
  return {
    input: input as unknown as NodeJS.ReadStream,
    modes,
    press: (keys: string) => input.emit("data", Buffer.from(keys)),
  };
}

describe("listenToKeys", () => {
  it("does what each key says, once a key, and puts the terminal back", () => {
    const { input, modes, press } = fakeTerminal();
    const pressed: string[] = [];
    const note = (key: string) => () => pressed.push(key);

    const keys = listenToKeys(input, {
      r: note("r"),
      o: note("o"),
      u: note("u"),
      c: note("c"),
      h: note("h"),
      q: note("q"),
      interrupt: note("interrupt"),
    });
    press("r");
    press("oU");
    press("?x");
    press("\u0003");
    keys.refresh();
    keys.stop();
    press("q");

    expect(pressed).toEqual(["r", "o", "u", "h", "interrupt"]);
    expect(modes).toEqual([true, false, true, false]);
  });
});
