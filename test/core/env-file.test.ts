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

  it("does not change what the environment has, even when that is empty", () => {
    const environment = { PORT: "1", EMPTY: "" };

    applyEnv({ PORT: "2", EMPTY: "filled", NEW: "yes" }, environment);

    expect(environment).toEqual({ PORT: "1", EMPTY: "", NEW: "yes" });
  });
});
