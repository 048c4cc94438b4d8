import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { duration, integer, Error as OptionError, OptionParser } from "../../../src/core/options/index.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

function parser() {
  const options = new OptionParser();
  const port = options.define("port", { default: 8888, help: "port to listen on", metavar: "PORT" });
  const name = options.define("serverName", { type: String, help: "name of the server", group: "Naming" });
  const debug = options.define("debug", { default: false });
  const ports = options.define("ports", { type: integer, multiple: true });
  const since = options.define("since", { type: Date });
  const wait = options.define("wait", { type: duration, default: 30 });
  return { options, port, name, debug, ports, since, wait };
}

const refusal = (message: string | RegExp, code = "BAD_OPTION") =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe("define", () => {
  it("takes the type of the default, and gives the option with its value", () => {
    const { port, name, debug, ports } = parser();

    const values: [number, string | null, boolean, readonly number[]] = [
      port.value,
      name.value,
      debug.value,
      ports.value,
    ];

    expect(values).toEqual([8888, null, false, []]);
  });

  it.each(["port", "server-name", "server_name", "serverName", "help"])("refuses %s a second time", (name) => {
    const { options } = parser();

    expect(() => options.define(name)).toThrow(refusal(/is already defined\. Give one/, "BAD_OPTION_DEFINITION"));
  });

  it("refuses a default that is not of its type", () => {
    const options = new OptionParser();

    expect(() => options.define("a", { type: Number, default: "1" as unknown as number })).toThrow(
      refusal('Option "a" is required to be a number \\(String given\\)'),
    );
    expect(() => options.define("b", { multiple: true, default: "x" as unknown as string[] })).toThrow(
      refusal("Make it an array", "BAD_OPTION_DEFINITION"),
    );
  });
});

describe("parseCommandLine", () => {
  it.each([
    [["--port=80"], "port", 80],
    [["-port=80"], "port", 80],
    [["---port=0x50"], "port", 80],
    [["--port=1.5"], "port", 1.5],
    [["--server-name=a=b"], "serverName", "a=b"],
    [["--server_name="], "serverName", ""],
    [["--serverName=two\nlines"], "serverName", "two\nlines"],
    [["--debug"], "debug", true],
    [["--debug=yes"], "debug", true],
    [["--debug=False"], "debug", false],
    [["--debug=0"], "debug", false],
    [["--debug", "--debug=f"], "debug", false],
    [["--ports=1,2,5:8"], "ports", [1, 2, 5, 6, 7, 8]],
    [["--ports=-2:1"], "ports", [-2, -1, 0, 1]],
    [["--ports=3:1"], "ports", []],
    [["--wait=1.5 hours"], "wait", 5400],
    [["--since=2026-11-21 13:45:10"], "since", new Date(2026, 10, 21, 13, 45, 10)],
  ])("reads %j", (words, name, value) => {
    const { options } = parser();

    const rest = options.parseCommandLine(["program", ...words]);

    expect(options[name]).toEqual(value);
    expect(options.get(name)).toEqual(value);
    expect(rest).toEqual([]);
  });

  it.each([
    [
      ["--port=1", "run", "--port=2"],
      ["run", "--port=2"],
    ],
    [["--port=1", "--", "--port=2"], ["--port=2"]],
    [[], []],
  ])("gives what follows the options of %j", (words, rest) => {
    const { options } = parser();

    expect(options.parseCommandLine(["program", ...words])).toEqual(rest);
  });

  it.each([
    ["--port", /^Option "port" requires a value\. Write --port=value\.$/],
    ["--port=many", /^Option "port" is required to be a number: "many" is no number\.$/],
    ["--port=", /"" is no number/],
    ["--ports=1,x", /whole number: "x" is no number/],
    ["--ports=1.5", /"1\.5" is no whole number/],
    ["--ports=1:99999999999", /the range 1:99999999999 is too long/],
    ["--since=2026-02-30", /date: "2026-02-30" is no date such as/],
    ["--wait=soon", /duration: "soon" is no duration/],
  ])("refuses %s", (word, message) => {
    const { options } = parser();

    expect(() => options.parseCommandLine(["program", word])).toThrow(refusal(message));
    expect(() => options.parseCommandLine(["program", word])).toThrow(OptionError);
  });

  it("prints the help, and names the nearest, when it does not know an option", () => {
    const { options } = parser();
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);

    try {
      expect(() => options.parseCommandLine(["program", "--prot=80"])).toThrow(
        refusal('^Unrecognized command line option: "prot"\\. Did you mean "port"\\?$'),
      );
      expect(write.mock.calls.join("")).toContain("--port=PORT");
    } finally {
      write.mockRestore();
    }
  });

  it("runs the parse callbacks after the last source, and the option's own with each value", () => {
    const options = new OptionParser();
    const seen: unknown[] = [];
    options.define("level", { default: 1, callback: (value) => seen.push(value) });
    options.addParseCallback(() => seen.push("parsed"));

    options.parseCommandLine(["program", "--level=2"], { final: false });
    options.parseCommandLine(["program", "--level=3"]);

    expect(seen).toEqual([2, 3, "parsed"]);
  });
});

describe("parseConfigFile", () => {
  it.each([
    ["options.json", '{ "port": 81, "server_name": "x", "ports": "1:3", "since": "2026-11-21", "other": 1 }'],
    [
      "options.mjs",
      'export const port = 80 + 1; export const serverName = "x"; export const ports = [1, 2, 3]; export const since = new Date(2026, 10, 21); export const other = 1;',
    ],
    ["default.mjs", 'export default { port: "81", "server-name": "x", ports: "1,2,3", since: "20261121" };'],
  ])("reads %s", async (file, content) => {
    await using folder = await temporaryFolder("options");
    await writeFile(join(folder.path, file), content);
    const { options, port, name, ports, since } = parser();

    await options.parseConfigFile(join(folder.path, file));

    expect([port.value, name.value, ports.value]).toEqual([81, "x", [1, 2, 3]]);
    expect(since.value).toEqual(new Date(2026, 10, 21));
  });

  it.each([
    ["broken.json", "{", /broken\.json cannot be read: .*Correct the file\.$/],
    ["list.json", "[1]", /it holds no object of names and values/],
    ["throws.mjs", 'throw new Error("on purpose")', /throws\.mjs cannot be read: on purpose\./],
    ["type.json", '{ "port": true }', /type\.json: Option "port" is required to be a number \(Boolean given\)/],
    [
      "fraction.json",
      '{ "ports": [1.5] }',
      /fraction\.json: Option "ports" is required to be a whole number \(1\.5 given\)/,
    ],
    ["text.json", '{ "port": "x" }', /text\.json: Option "port" is required to be a number: "x" is no number/],
    ["list-type.json", '{ "ports": 5 }', /Option "ports" is required to be a list of whole numbers/],
  ])("refuses %s", async (file, content, message) => {
    await using folder = await temporaryFolder("options");
    await writeFile(join(folder.path, file), content);

    await expect(parser().options.parseConfigFile(join(folder.path, file))).rejects.toThrow(refusal(message));
  });

  it("takes a text with commas for several texts, as the command line does", async () => {
    await using folder = await temporaryFolder("options");
    await writeFile(join(folder.path, "options.json"), '{ "mirrors": "a,b" }');
    const options = new OptionParser();
    const mirrors = options.define("mirrors", { type: String, multiple: true });

    await options.parseConfigFile(join(folder.path, "options.json"));

    expect(mirrors.value).toEqual(["a", "b"]);
  });

  it("says when there is no such file", async () => {
    await expect(parser().options.parseConfigFile("/nowhere/options.json")).rejects.toThrow(refusal("no such file"));
  });
});

describe("the options", () => {
  it("are properties, with their types checked", () => {
    const { options, port } = parser();

    options.port = 9000;
    options["server-name"] = "y";

    expect([port.value, options.serverName]).toEqual([9000, "y"]);
    expect(() => (options.port = "9000")).toThrow(
      refusal('Option "port" is required to be a number \\(String given\\)'),
    );
    expect(() => options.prot).toThrow(refusal('Unrecognized option: "prot"\\. Did you mean "port"\\?'));
    expect(() => (options.nothing = 1)).toThrow(refusal('Unrecognized option: "nothing"'));
    expect(["port" in options, "nothing" in options, options.has("server_name")]).toEqual([true, false, true]);
  });

  it("come as lists and objects, by group too", () => {
    const { options } = parser();

    expect([...options]).toEqual(["help", "port", "serverName", "debug", "ports", "since", "wait"]);
    expect(options.asDict()).toEqual(Object.fromEntries(options.items()));
    expect(options.groups()).toEqual(new Set(["", "Naming"]));
    expect(options.groupDict("Naming")).toEqual({ serverName: null });
    expect(Object.keys(options.groupDict(""))).toHaveLength(7);
  });

  it("can be awaited, printed and inspected without being mistaken for options", async () => {
    const { options } = parser();

    expect(await Promise.resolve(options)).toBe(options);
    expect(options).toBeInstanceOf(OptionParser);
    expect(() => JSON.stringify(options)).not.toThrow();
  });

  it("are put back by deleting them from the mock", () => {
    const { options, port } = parser();
    const mock = options.mockable();

    mock.port = 1;
    mock.port = 2;
    const during = port.value;
    delete mock.port;

    expect([during, port.value]).toEqual([2, 8888]);
  });
});

describe("printHelp", () => {
  it("lists all options by group and name, in Tornado's columns", () => {
    const { options } = parser();
    options.define("aVeryLongOptionNameThatFillsItsColumn", { help: "short" });
    options.define("explained", { default: "x", help: "words ".repeat(20) });
    const written: string[] = [];

    options.printHelp({ write: (text) => written.push(text) });

    const [usage, ...lines] = written.join("").split("\n");
    expect(usage).toMatch(/^Usage: \S+ \[OPTIONS\]$/);
    expect(lines).toEqual([
      "",
      "Options:",
      "",
      "  --a-very-long-option-name-that-fills-its-column",
      "                                   short",
      "  --debug                          (default false)",
      "  --explained                      words words words words words words words",
      "                                   words words words words words words words",
      "                                   words words words words words words (default",
      "                                   x)",
      "  --help                           show this help information",
      "  --port=PORT                      port to listen on (default 8888)",
      "  --ports",
      "  --since",
      "  --wait                           (default 30)",
      "",
      "Naming options:",
      "",
      "  --server-name                    name of the server",
      "",
      "",
    ]);
  });
});
