import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { listenToKeys } from "../../src/dev/keys.js";
import { Terminal } from "../cli/terminal.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { smallApp, writeFiles } from "./running-dev-server.js";

const hasTmux = spawnSync("tmux", ["-V"]).status === 0;

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

describe.skipIf(!hasTmux)("tornado dev as a job of a shell (skipped without tmux)", () => {
  it("runs in the background, and listens to keys when it is in front again", async () => {
    await using folder = await temporaryFolder("tornado-dev");
    await writeFiles(folder.path, smallApp);
    const terminal = new Terminal("bash --norc --noprofile", folder.path);
    try {
      terminal.type(`node ${resolve("bin/tornado.js")} dev --port 0 &`, "Enter");
      await terminal.shows("ready in");
      terminal.type("jobs", "Enter");
      await terminal.shows("Running");
      terminal.type("fg", "Enter");
      await writeFiles(folder.path, { "src/word.ts": 'export const word: string = "second";\n' });
      await terminal.shows("reloaded");
      terminal.type("h");

      expect(await terminal.shows("restart the app")).toContain("quit");
    } finally {
      terminal.close();
    }
  });
});
