import { describe, expect, it } from "vitest";
import {
  describeStartOptions,
  parseStartArguments,
  resolveStartOptions,
  startOptions,
  startOptionsFromEnvironment,
} from "../../src/production/options.js";

describe("the options of a production start", () => {
  it("have defaults that serve on one process and all addresses", () => {
    expect(resolveStartOptions()).toMatchObject({ fork: 1, port: 8888, xheaders: false, gracefulTimeout: 30 });
    expect(resolveStartOptions().host).toBeUndefined();
  });

  it("take the command line before the environment before a file", () => {
    const { options } = parseStartArguments(["--port", "1"]);
    const environment = startOptionsFromEnvironment({ TORNADO_PORT: "2", TORNADO_FORK: "2", TORNADO_HOST: "" });

    const settled = resolveStartOptions(options, environment, { port: 3, fork: 3, host: "localhost" });

    expect(settled).toMatchObject({ port: 1, fork: 2, host: "localhost" });
  });

  it.each([
    [["--port", "80a"], '--port is "80a". Give it a whole number from 0 to 65535.'],
    [["--port", "65536"], "from 0 to 65535"],
    [["--fork", "-1"], "--fork"],
    [["--fork", "1.5"], "whole number"],
    [["--graceful-timeout", "soon"], "a number of seconds"],
    [["--log-format", "xml"], "one of: pretty, json"],
    [["--transport", "http2"], "one of: sockets, node"],
    [["--host", ""], "Give it a value"],
    [["--nothing"], "--nothing"],
    [["word"], "word"],
  ])("refuse %j, and say why", (args, message) => {
    expect(() => parseStartArguments(args)).toThrow(message);
    expect(() => parseStartArguments(args)).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
  });

  it("are refused in one line", () => {
    expect(() => parseStartArguments(["--port", "-1"])).toThrow(/^[^\n]*'--port'[^\n]*$/);
  });

  it("name the variable that is wrong", () => {
    expect(() => startOptionsFromEnvironment({ TORNADO_XHEADERS: "perhaps" })).toThrow(
      'TORNADO_XHEADERS is "perhaps". Give it true or false.',
    );
  });

  it.each([
    ["1", true],
    ["TRUE", true],
    ["no", false],
    ["off", false],
  ])("read the word %s", (word, value) => {
    expect(startOptionsFromEnvironment({ TORNADO_XHEADERS: word })).toEqual({ xheaders: value });
  });

  it("refuse a certificate without its key", () => {
    expect(() => resolveStartOptions({ sslCert: "cert.pem" })).toThrow("--ssl-key");
  });

  it("are all in the help text, with their variables", () => {
    const help = describeStartOptions();

    for (const { flag, env } of startOptions) expect(help).toMatch(new RegExp(`--${flag}\\b.*\\[${env}\\]`));
  });
});
