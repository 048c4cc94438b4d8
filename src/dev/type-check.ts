/** Checks an app's types in the background with the app's own TypeScript, and tells what is wrong. It never holds anything up. */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { constants, setPriority } from "node:os";
import { dirname, join } from "node:path";
import { TornadoError } from "../core/errors.js";

/** One fault that the compiler found. */
export interface TypeFault {
  /** Relative to the app's root; empty for a fault of the configuration. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Such as `TS2322`. */
  readonly code: string;
  readonly message: string;
}

export interface TypeCheckOptions {
  /** Absolute path of the app's root. */
  readonly root: string;
  /** Called at the end of each check that no newer one has overtaken. */
  onResult(faults: readonly TypeFault[], milliseconds: number): void;
  /** Called when the compiler itself did not work. */
  onFailure(message: string): void;
}

/** Saves come in groups; the reload goes first. */
const QUIET_MS = 150;
const MAX_OUTPUT = 1_000_000;

/**
 * Finds the compiler that the app has installed.
 *
 * @throws TornadoError `NO_TYPESCRIPT`.
 */
export function findCompiler(root: string): string {
  let manifest: string | undefined;
  try {
    manifest = createRequire(join(root, "package.json")).resolve("typescript/package.json");
  } catch {
    // Not installed: told below.
  }
  const compiler = manifest === undefined ? undefined : join(dirname(manifest), "bin", "tsc");
  if (compiler !== undefined && existsSync(compiler)) return compiler;
  throw new TornadoError(
    "NO_TYPESCRIPT",
    `--typecheck needs TypeScript, and ${root} has none installed. Run "npm install --save-dev typescript" there.`,
  );
}

/**
 * Runs the compiler after saves, one run at a time.
 *
 * It is started anew each time, with its memory on the disk: its own `--watch` would look for changes a second time, and
 * notices them later or, in TypeScript 7.0, not at all.
 */
export class TypeCheck {
  readonly #options: TypeCheckOptions;
  readonly #compiler: string;
  #timer: NodeJS.Timeout | undefined;
  #running: ChildProcess | undefined;

  /** @throws TornadoError `NO_TYPESCRIPT`. */
  constructor(options: TypeCheckOptions) {
    this.#options = options;
    this.#compiler = findCompiler(options.root);
  }

  /** Checks in a moment; what is being checked now is old already. */
  demand(): void {
    this.close();
    this.#timer = setTimeout(() => this.#run(), QUIET_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#running?.kill("SIGKILL");
    this.#running = undefined;
  }

  #run(): void {
    const { root, onResult, onFailure } = this.#options;
    const began = performance.now();
    const memory = join(root, ".tornado", "types.tsbuildinfo");
    const compiler = spawn(
      process.execPath,
      [this.#compiler, "--noEmit", "--incremental", "--tsBuildInfoFile", memory, "--pretty", "false", "-p", root],
      { cwd: root, stdio: ["ignore", "pipe", "pipe"] },
    );
    this.#running = compiler;
    // Whoever waits for a page has the processor first.
    if (compiler.pid !== undefined) setPriority(compiler.pid, constants.priority.PRIORITY_BELOW_NORMAL);
    let output = "";
    for (const stream of [compiler.stdout, compiler.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        if (output.length < MAX_OUTPUT) output += text;
      });
    }
    compiler.on("error", (error) => onFailure(`The type check cannot be started: ${error.message}`));
    compiler.on("close", (code) => {
      if (this.#running !== compiler) return;
      this.#running = undefined;
      const faults = parseFaults(output);
      // 0: nothing found; 1 and 2: faults found. With none that can be read, it is the compiler that failed.
      if (code === 0 || faults.length > 0) onResult(faults, performance.now() - began);
      else onFailure(`The type check ended with exit code ${code}: ${output.trim().slice(0, 2000)}`);
    });
  }
}

/** Reads what the compiler writes without `--pretty`: one line a fault, further lines of it indented. */
export function parseFaults(output: string): TypeFault[] {
  const faults: TypeFault[] = [];
  for (const line of output.split(/\r?\n/)) {
    const at = /^(?:(\S.*?)\((\d+),(\d+)\): )?error (TS\d+): (.*)$/.exec(line);
    if (at !== null) {
      const [, file = "", row = "1", column = "1", code = "", message = ""] = at;
      faults.push({ file: file.replaceAll("\\", "/"), line: Number(row), column: Number(column), code, message });
    } else if (/^\s+\S/.test(line) && faults.length > 0) {
      const last = faults.pop()!;
      faults.push({ ...last, message: `${last.message}\n${line}` });
    }
  }
  return faults;
}
