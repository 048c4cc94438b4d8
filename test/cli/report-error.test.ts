import { Command } from "commander";
import { expect, it } from "vitest";
import { describeError } from "../../src/cli/report-error.js";
import { TornadoError } from "../../src/core/errors.js";
import { plainStyle } from "../../src/core/terminal-style.js";
import { Cancelled } from "../../src/scaffold/cancellation.js";
import { InstallFailedError } from "../../src/scaffold/install.js";

function usageError(...words: string[]): unknown {
  const command = new Command("x")
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .option("--port <number>")
    .argument("<name>");
  try {
    command.parse(words, { from: "user" });
  } catch (error) {
    return error;
  }
  return undefined;
}

it.each([
  ["an error for people", new TornadoError("NO_APP", "There is no app."), ["error: There is no app."], 1],
  ["a wrong option", new TornadoError("BAD_OPTION", "No."), ["error: No."], 2],
  ["a cancellation", new Cancelled(), ["Cancelled."], 130],
  [
    "an unexpected error",
    new TypeError("x is not a function"),
    ["error: TypeError: x is not a function. Run it again with --verbose to see where."],
    1,
  ],
  [
    "a thrown text",
    "oops",
    ["error: Error: A value that is not an Error was thrown: oops. Run it again with --verbose to see where."],
    1,
  ],
  [
    "an error of the copy of the framework that a built app brings",
    Object.assign(new Error("Port 80 is in use."), { name: "TornadoError", code: "PORT_IN_USE" }),
    ["error: Port 80 is in use."],
    1,
  ],
  [
    "a text that commands the terminal",
    new TornadoError("NO_APP", "a\u001b[2Jb\u202e"),
    ["error: a\\u001b[2Jb\\u202e"],
    1,
  ],
  ["a failed install", new InstallFailedError("Failed.", "npm said no\n"), ["npm said no", "", "error: Failed."], 1],
  ["a mistyped flag", usageError("--prot", "1", "y"), ['error: unknown option "--prot". Did you mean --port?'], 2],
  ["a missing argument", usageError(), ['error: missing required argument "name".'], 2],
  ["a missing value", usageError("y", "--port"), ['error: option "--port <number>" argument missing.'], 2],
])("reports %s", (_, error, lines, exitCode) => {
  expect(describeError(error, plainStyle, false)).toEqual({ lines, exitCode });
});

it("shows the stack and its causes only when asked", () => {
  const error = new TornadoError("NO_APP", "There is no app.", { cause: new Error("the reason") });

  const { lines } = describeError(error, plainStyle, true);

  expect(lines[1]).toContain("report-error.test.ts");
  expect(lines[2]).toMatch(/^Caused by: Error: the reason/);
});
