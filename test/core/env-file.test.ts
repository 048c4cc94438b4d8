import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { applyEnv, readEnvFiles } from "../../src/core/env-file.js";
import { temporaryFolder } from "../support/temporary-folder.js";

describe("an .env file", () => {
  it("gives its values, of which a later file's win", async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, ".env"), '\uFEFFSECRET="a b"\n# comment\nPORT=1 # why\n');
    await writeFile(join(folder.path, ".env.local"), "PORT=2\n");

    expect(readEnvFiles(folder.path, [".env", ".env.local"])).toEqual({ SECRET: "a b", PORT: "2" });
  });

  it("is empty when it is not there", () => {
    expect(readEnvFiles("/nowhere/at/all", [".env"])).toEqual({});
  });

  it("is an error with a name when it is there and cannot be read", async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, ".env"));

    expect(() => readEnvFiles(folder.path, [".env"])).toThrow(/\.env" cannot be read \(EISDIR\)/);
  });

  it.each([
    ["a line without =", "no equals\nB=1", { B: "1" }, /^\.env:1: There is no "="/],
    ["a line without a name", "A=1\n=3\nB=1", { A: "1", B: "1" }, /^\.env:2: What stands before "=" is no name/],
    ["a name with a space", "A B=1\nB=1", { B: "1" }, /^\.env:1: What stands before "=" is no name/],
    ["a colon in the place of =", "A: 1\nB=1", { B: "1" }, /^\.env:1: There is no "="/],
    ["a quote that is open at the end", 'B=1\nA="abc\nC=2', { B: "1", C: "2" }, /^\.env:2: The " is not closed/],
    ["a quote that another variable would close", 'A="abc\nB="1"\n', { B: "1" }, /^\.env:1: The " is not closed/],
    ["text behind a quote", 'A="{"a":1}"\nB=1', { B: "1" }, /^\.env:1: There is more behind the closing "/],
    ["bytes that are no UTF-8", Buffer.from("A=\xe9t\xe9\nB=1", "latin1"), { B: "1" }, /^\.env:1: .*not UTF-8/],
    ["NUL", "A=a\0b\nB=1", { B: "1" }, /^\.env:1: .*not UTF-8/],
    ["UTF-16", Buffer.from("\uFEFFA=1\n", "utf16le"), {}, /^\.env:1: The file is UTF-16\. Save it as UTF-8/],
  ])("leaves out and tells of %s, and keeps the rest", async (_, text, values, fault) => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, ".env"), text);
    const told: string[] = [];

    expect(readEnvFiles(folder.path, [".env"], (one) => told.push(one))).toEqual(values);
    expect(told).toEqual([expect.stringMatching(fault)]);
  });

  it.each([
    ["comments, blanks, export and spaces", "# A=0\n\n  export  A = 1 # one\nB=\n", { A: "1", B: "" }],
    ["quotes of three kinds", "A=\"a # b\"\nB='\"'\nC=`'`\n", { A: "a # b", B: '"', C: "'" }],
    [
      "a value of several lines",
      'A="-----BEGIN\nab==\n-----END" # key\nB=1',
      { A: "-----BEGIN\nab==\n-----END", B: "1" },
    ],
    ["Windows line ends", "A=1\r\nB='2'\r\n", { A: "1", B: "2" }],
    ["= and quotes within a value", "A=a=b\"c\nB=it's", { A: 'a=b"c', B: "it's" }],
  ])("reads %s without a word", async (_, text, values) => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, ".env"), text);
    const told: string[] = [];

    expect(readEnvFiles(folder.path, [".env"], (one) => told.push(one))).toEqual(values);
    expect(told).toEqual([]);
  });

  it("counts what it does not tell", async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, ".env"), "secret-half\n".repeat(9));
    const told: string[] = [];

    readEnvFiles(folder.path, [".env"], (one) => told.push(one));

    expect(told).toHaveLength(6);
    expect(told.join("\n")).not.toContain("secret-half");
    expect(told.at(-1)).toBe(".env: 4 more lines were left out.");
  });

  it("does not change what the environment has, even when that is empty", () => {
    const environment = { PORT: "1", EMPTY: "" };

    applyEnv({ PORT: "2", EMPTY: "filled", NEW: "yes" }, environment);

    expect(environment).toEqual({ PORT: "1", EMPTY: "", NEW: "yes" });
  });
});
