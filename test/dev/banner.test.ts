import { describe, expect, it } from "vitest";
import { terminalStyle } from "../../src/core/terminal-style.js";
import { type BannerFacts, banner, reloadLine } from "../../src/dev/banner.js";

const plain = terminalStyle({ isTTY: false } as NodeJS.WriteStream);
const facts: BannerFacts = {
  localUrl: "http://127.0.0.1:8888/",
  networkUrls: [],
  root: "/home/me/app",
  hasKeys: true,
  columns: 80,
};
const widest = (text: string) => Math.max(...text.split("\n").map((line) => line.length));

describe("the banner", () => {
  it("fits into a usual and into a narrow terminal", () => {
    expect(widest(banner(facts, plain))).toBeLessThanOrEqual(80);
    expect(widest(banner({ ...facts, columns: 40 }, plain))).toBeLessThanOrEqual(40);
    expect(banner({ ...facts, columns: 40 }, plain)).toContain(facts.localUrl);
  });
});

describe("colour", () => {
  it.each([
    ["at a terminal", true, {}, true],
    ["in a pipe", false, {}, false],
    ["at a dumb terminal", true, { TERM: "dumb" }, false],
    ["with NO_COLOR", true, { NO_COLOR: "1" }, false],
    ["with FORCE_COLOR in a pipe", false, { FORCE_COLOR: "1" }, true],
    ["with FORCE_COLOR=0 at a terminal", true, { FORCE_COLOR: "0" }, false],
    ["with both", false, { FORCE_COLOR: "1", NO_COLOR: "1" }, false],
  ])("%s: %s %o", (_, isTTY, environment, isColored) => {
    expect(terminalStyle({ isTTY }, environment).bold("x") !== "x").toBe(isColored);
  });
});

describe("the line of a reload", () => {
  it("names the first file, how many more there are, and the time", () => {
    expect(reloadLine("source", ["src/a.ts", "src/b.ts"], 14.4, plain)).toBe("reloaded src/a.ts and 1 more in 14 ms");
    expect(reloadLine("start", [], 3.21, plain)).toBe("ready in 3.2 ms");
  });

  it("says that the options of the configuration file are read at the start", () => {
    expect(reloadLine("config", ["tornado.config.ts"], 20, plain)).toContain("Start tornado dev again");
  });
});
