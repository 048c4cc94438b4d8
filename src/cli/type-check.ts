/** Runs the TypeScript compiler that an app has installed, whichever version, and reads what it says. */

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** One error of the compiler. */
export interface TypeDiagnostic {
  /** Absolute path; empty when no file is to blame. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** Such as `TS2339`. */
  readonly code: string;
  readonly message: string;
  /** The whole of it as the compiler wrote it. */
  readonly text: string;
}

/** The compiler of an app. Only its command line is used: version 7 has no other way in. */
export class TypeScriptCompiler {
  readonly #root: string;
  readonly #program: string;

  /** @returns `undefined` when the app has no compiler installed. */
  static of(root: string): TypeScriptCompiler | undefined {
    const program = findUpwards(root, join("node_modules", "typescript", "bin", "tsc"));
    return program === undefined ? undefined : new TypeScriptCompiler(root, program);
  }

  private constructor(root: string, program: string) {
    this.#root = root;
    this.#program = program;
  }

  /** Absolute paths of the files that the app's own tsconfig.json takes in; `undefined` when the compiler refuses it. */
  async sourceFiles(): Promise<string[] | undefined> {
    const { output } = await this.#run(["--showConfig", "-p", this.#root]);
    try {
      const { files = [] } = JSON.parse(output) as { files?: string[] };
      return files.map((file) => resolve(this.#root, file));
    } catch {
      // What is wrong with the configuration is said by check().
      return undefined;
    }
  }

  /** Checks a project: a folder with a tsconfig.json, or such a file. */
  async check(project: string): Promise<TypeDiagnostic[]> {
    const { output, exitCode } = await this.#run(["--noEmit", "--pretty", "false", "-p", project]);
    const errors = readDiagnostics(output, this.#root);
    if (exitCode === 0 || errors.length > 0) return errors;
    return [plain(`tsc failed with exit code ${exitCode} and said nothing.`)];
  }

  async #run(args: readonly string[]): Promise<{ output: string; exitCode: number | null }> {
    const child = spawn(process.execPath, [this.#program, ...args], {
      cwd: this.#root,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    const exitCode = await new Promise<number | null>((done, fail) => child.once("error", fail).once("close", done));
    return { output, exitCode };
  }
}

const placed = /^(.+?)\((\d+),(\d+)\): error (TS\d+): (.*)$/;

/** Reads the compiler's plain output; a line that begins with a space explains the one before it. */
function readDiagnostics(output: string, root: string): TypeDiagnostic[] {
  const texts = output.split(/\r?\n/).reduce<string[]>((found, line) => {
    if (/^\s/.test(line) && found.length > 0) found[found.length - 1] += `\n${line}`;
    else if (line !== "") found.push(line);
    return found;
  }, []);
  return texts.map((text) => {
    const [first = "", ...explanation] = text.split("\n");
    const match = placed.exec(first);
    if (match === null) return plain(text);
    const [, file, line, column, code, message] = match as unknown as [string, string, string, string, string, string];
    return {
      file: resolve(root, file),
      line: Number(line),
      column: Number(column),
      code,
      message: [message, ...explanation].join("\n"),
      text,
    };
  });
}

function plain(text: string): TypeDiagnostic {
  return { file: "", line: 0, column: 0, code: "", message: text, text };
}

function findUpwards(from: string, path: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, path))) return join(folder, path);
    if (folder === dirname(folder)) return undefined;
  }
}
