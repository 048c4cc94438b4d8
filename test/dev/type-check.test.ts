import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parseFaults, TypeCheck, type TypeFault } from "../../src/dev/type-check.js";
import { temporaryFolder } from "../support/temporary-folder.js";

describe("the output of the compiler", () => {
  it("is read into faults, with the lines that belong to one", () => {
    const output = [
      "src/a b.ts(3,17): error TS2322: Type 'number' is not assignable to type 'string'.",
      "  Types of property 'a' are incompatible.",
      "error TS18003: No inputs were found.",
      "Found 2 errors.",
    ].join("\r\n");

    expect(parseFaults(output)).toEqual([
      {
        file: "src/a b.ts",
        line: 3,
        column: 17,
        code: "TS2322",
        message: "Type 'number' is not assignable to type 'string'.\n  Types of property 'a' are incompatible.",
      },
      { file: "", line: 1, column: 1, code: "TS18003", message: "No inputs were found." },
    ]);
  });
});

describe("the type check", () => {
  it("tells the faults of the app, and that there are none any more", async () => {
    await using folder = await temporaryFolder("tornado-types");
    const root = folder.path;
    await mkdir(join(root, "src"));
    await mkdir(join(root, "node_modules"));
    await symlink(resolve("node_modules/typescript"), join(root, "node_modules/typescript"));
    // The native compiler is a package of its own beside it.
    await symlink(resolve("node_modules/@typescript"), join(root, "node_modules/@typescript"));
    await writeFile(join(root, "package.json"), "{}");
    await writeFile(
      join(root, "tsconfig.json"),
      '{ "compilerOptions": { "strict": true, "types": [] }, "include": ["src"] }',
    );
    await writeFile(join(root, "src/a.ts"), "export const a: string = 1;\n");
    let tell: (faults: readonly TypeFault[]) => void = () => {};
    const next = () =>
      new Promise<readonly TypeFault[]>((done) => {
        tell = done;
      });
    const check = new TypeCheck({
      root,
      onResult: (faults) => tell(faults),
      onFailure: (message) => {
        throw new Error(message);
      },
    });

    const first = next();
    check.demand();
    const wrong = await first;
    await writeFile(join(root, "src/a.ts"), 'export const a: string = "one";\n');
    const second = next();
    check.demand();
    const right = await second;

    expect(wrong).toMatchObject([{ file: "src/a.ts", line: 1, column: 14, code: "TS2322" }]);
    expect(right).toEqual([]);
  });

  it("says what to do in an app without TypeScript", async () => {
    await using folder = await temporaryFolder("tornado-types");

    const make = () => new TypeCheck({ root: folder.path, onResult() {}, onFailure() {} });

    expect(make).toThrow(/npm install --save-dev typescript/);
  });
});
