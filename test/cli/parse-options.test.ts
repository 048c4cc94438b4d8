import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { BUILD_OPTIONS, DEV_OPTIONS, START_OPTIONS } from "../../src/cli/command-options.js";
import type { OptionSources } from "../../src/cli/parse-options.js";
import { addOptions, refuseUnknownKeys, settleOptions, typedFlags } from "../../src/cli/parse-options.js";

const nothing: OptionSources = { flags: {}, environment: {} };

function settle(sources: Partial<OptionSources>) {
  return settleOptions(DEV_OPTIONS, { ...nothing, ...sources });
}

function devFile(values: Record<string, unknown>) {
  return { name: "tornado.config.ts", section: "dev", values };
}

it("takes the defaults when nothing is said", () => {
  expect(settle({}).values).toEqual({
    port: 8888,
    host: "127.0.0.1",
    open: false,
    inspect: undefined,
    https: false,
    liveReload: true,
    typecheck: false,
    editor: undefined,
    editorRoot: undefined,
  });
});

it.each([
  [
    {
      flags: { port: "1" },
      environment: { TORNADO_PORT: "2" },
      envFiles: { TORNADO_PORT: "3" },
      file: devFile({ port: 4 }),
    },
    1,
    "flag",
  ],
  [
    { environment: { TORNADO_PORT: "2" }, envFiles: { TORNADO_PORT: "3" }, file: devFile({ port: 4 }) },
    2,
    "environment",
  ],
  [{ envFiles: { TORNADO_PORT: "3" }, file: devFile({ port: 4 }) }, 3, "environment"],
  [{ file: devFile({ port: 4 }) }, 4, "file"],
  [{ environment: { TORNADO_PORT: "" } }, 8888, "default"],
])("of %j takes %d, from the %s", (sources, port, origin) => {
  const settled = settle(sources);

  expect(settled.values.port).toBe(port);
  expect(settled.origins.port).toBe(origin);
});

it.each([
  [{ flags: { port: "eighty" } }, '--port "eighty" is not a whole number from 0 to 65535.'],
  [{ flags: { port: "65536" } }, '--port "65536" is not a whole number from 0 to 65535.'],
  [{ flags: { port: "-1" } }, '--port "-1" is not a whole number from 0 to 65535.'],
  [{ flags: { port: "" } }, '--port "" is not a whole number from 0 to 65535.'],
  [
    { environment: { TORNADO_PORT: "1e3" } },
    'TORNADO_PORT="1e3" in the environment is not a whole number from 0 to 65535.',
  ],
  [{ envFiles: { TORNADO_PORT: "x" } }, 'TORNADO_PORT="x" in .env is not a whole number from 0 to 65535.'],
  [{ file: devFile({ port: 1.5 }) }, "dev.port = 1.5 in tornado.config.ts is not a whole number from 0 to 65535."],
  [{ flags: { host: "http://x" } }, '--host "http://x" is not a host'],
  [{ flags: { host: "256.1.1.1" } }, '--host "256.1.1.1" is not a host'],
  [{ environment: { TORNADO_OPEN: "maybe" } }, 'TORNADO_OPEN="maybe" in the environment is not a yes or a no'],
  [{ flags: { inspect: "no" } }, '--inspect "no" is not a port'],
])("says of %j where the fault lies", (sources, message) => {
  expect(() => settle(sources)).toThrow(message);
});

it.each(["localhost", "::1", "[::1]", "0.0.0.0", "my-machine.local", "a.example.com."])("takes the host %s", (host) => {
  expect(settle({ flags: { host } }).values.host).toBe(host.replace(/[[\]]/g, ""));
});

it.each([
  ["yes", true],
  ["1", true],
  ["TRUE", true],
  ["off", false],
  ["0", false],
])("reads TORNADO_LIVE_RELOAD=%s as %s", (word, value) => {
  expect(settle({ environment: { TORNADO_LIVE_RELOAD: word } }).values.liveReload).toBe(value);
});

it("takes --inspect alone as the usual port", () => {
  expect(settle({ flags: { inspect: true } }).values.inspect).toBe(9229);
});

describe("unknown keys", () => {
  it("are refused with the nearest one", () => {
    const known = DEV_OPTIONS.map(({ name }) => name);

    expect(() => refuseUnknownKeys('"dev" in tornado.config.ts', { prot: 1 }, known)).toThrow(
      '"dev" in tornado.config.ts has the unknown key "prot". Did you mean "port"?',
    );
  });
});

it("knows which flags were typed", () => {
  const command = addOptions(new Command(), DEV_OPTIONS);

  command.parse(["--no-live-reload", "--inspect", "-p", "80"], { from: "user" });

  expect(typedFlags(command)).toEqual({ liveReload: false, inspect: true, port: "80" });
});

it.each([
  ["dev", DEV_OPTIONS],
  ["build", BUILD_OPTIONS],
  ["start", START_OPTIONS],
])("gives every option of %s a flag and a variable of one name", (_, definitions) => {
  for (const { name, flag, environment, description } of definitions) {
    const words = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    expect(flag).toMatch(new RegExp(`--(?:no-)?${words}(?: |$)`));
    expect(environment).toBe(`TORNADO_${words.replaceAll("-", "_").toUpperCase()}`);
    expect(description).toMatch(/^[^A-Z]/);
  }
});
