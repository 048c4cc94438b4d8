/** Runs other programs, with their input and output as streams. */

import { type ChildProcess, type SpawnOptions, type StdioOptions, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { constants } from "node:os";
import { TornadoError, toError } from "../core/errors.js";
import { applicationLog } from "../core/log.js";
import { IOStream } from "../core/net/iostream.js";

/** What a program's input or output can be: a stream, this process's own, nothing, or a descriptor. */
export type SubprocessStdio = "stream" | "inherit" | "ignore" | number;

/** What {@link Subprocess} takes: the options of `child_process.spawn`, with one option for each of the three streams. */
export interface SubprocessOptions extends Omit<SpawnOptions, "stdio"> {
  /** Default: this process's own. */
  readonly stdin?: SubprocessStdio;
  readonly stdout?: SubprocessStdio;
  readonly stderr?: SubprocessStdio;
}

/** Thrown by `waitForExit` when a program did not end with code 0. */
export class CalledProcessError extends Error {
  /** Its exit code; for a program that was killed, the signal's number below zero. */
  readonly returncode: number;
  readonly args: readonly string[];

  constructor(returncode: number, args: readonly string[]) {
    const how = returncode < 0 ? `was killed by signal ${-returncode}` : `ended with code ${returncode}`;
    super(`"${args.join(" ")}" ${how}.`);
    this.name = "CalledProcessError";
    this.returncode = returncode;
    this.args = args;
  }
}

/**
 * A program that runs beside this one.
 *
 * @example
 * const sort = new Subprocess(["sort"], { stdin: Subprocess.STREAM, stdout: Subprocess.STREAM });
 * await sort.stdin!.write("b\na\n");
 * sort.stdin!.close();
 * const sorted = await sort.stdout!.readUntilClose();
 * await sort.waitForExit();
 */
export class Subprocess {
  /** Asks for a stream; see {@link SubprocessOptions}. */
  static readonly STREAM = "stream";
  /** `null` unless it was asked for, as are the two others. */
  readonly stdin: IOStream | null;
  readonly stdout: IOStream | null;
  readonly stderr: IOStream | null;
  readonly args: readonly string[];
  readonly #child: ChildProcess;
  readonly #exited: Promise<number>;
  #returncode: number | null = null;
  #isWaitedFor = false;

  /** @param args - The program, found by PATH, and its arguments; no shell reads them. */
  constructor(args: readonly string[], options: SubprocessOptions = {}) {
    const [program, ...rest] = args;
    if (program === undefined) {
      throw new TornadoError("BAD_ARGUMENT", "A Subprocess was given no program. Put its name first in the array.");
    }
    const { stdin = "inherit", stdout = "inherit", stderr = "inherit", ...spawnOptions } = options;
    this.args = args;
    const stdio = [stdin, stdout, stderr].map((one) => (one === Subprocess.STREAM ? "pipe" : one)) as StdioOptions;
    this.#child = spawn(program, rest, { ...spawnOptions, stdio });
    this.stdin = streamOf(this.#child.stdin);
    this.stdout = streamOf(this.#child.stdout);
    this.stderr = streamOf(this.#child.stderr);
    this.#exited = this.#watch(program);
    this.#exited.catch(() => {});
  }

  /** `undefined` when the program could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The exit code; the signal's number below zero for a program that was killed; `null` while it runs. */
  get returncode(): number | null {
    return this.#returncode;
  }

  /**
   * Waits until the program has ended. Read its streams before or meanwhile: it cannot end while it waits for room.
   *
   * @param options - With `raiseError` false every code is a result. Default true.
   * @returns The {@link returncode}.
   * @throws CalledProcessError when that is not 0; TornadoError `SPAWN_FAILED` when the program could not be started.
   */
  async waitForExit(options: { readonly raiseError?: boolean } = {}): Promise<number> {
    this.#isWaitedFor = true;
    const returncode = await this.#exited;
    if (returncode !== 0 && options.raiseError !== false) throw new CalledProcessError(returncode, this.args);
    return returncode;
  }

  /** Has a function called with the {@link returncode} when the program has ended. What it throws is logged. */
  setExitCallback(callback: (returncode: number) => unknown): void {
    this.#isWaitedFor = true;
    const call = async () => {
      await callback(await this.#exited);
    };
    call().catch((error: unknown) =>
      applicationLog.error("Exception in the exit callback of a Subprocess", toError(error)),
    );
  }

  /** Sends a signal. @returns Whether the program was there to get it. */
  kill(signal: NodeJS.Signals = "SIGTERM"): boolean {
    return this.#child.kill(signal);
  }

  #watch(program: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#child.on("error", (error: NodeJS.ErrnoException) => {
        // Also when it could not be killed, or was ended by an AbortSignal: then it has an exit as well.
        if (this.#child.pid !== undefined) return;
        const message = `"${program}" could not be started (${error.code ?? error.message}). Check its name, PATH and permissions.`;
        const failure = new TornadoError("SPAWN_FAILED", message, { cause: error });
        if (!this.#isWaitedFor) applicationLog.error("A Subprocess that nobody waits for failed", failure);
        reject(failure);
      });
      this.#child.once("exit", (code, signal) => {
        this.#returncode = code ?? -constants.signals[signal!];
        resolve(this.#returncode);
      });
    });
  }
}

function streamOf(pipe: unknown): IOStream | null {
  return pipe === null ? null : new IOStream(pipe as Socket);
}
