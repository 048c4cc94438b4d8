/** Starts a real program and waits for what it says or for its end; nothing here waits for a time. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What the program reads on its standard input, which is closed after it. */
  readonly input?: string;
}

/** A running program with its output so far. `await using` ends it with everything that it started. */
export class Program implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = "";
  stderr = "";
  #isOver = false;
  #listeners = new Set<() => void>();

  constructor(command: string, args: readonly string[], options: ProgramOptions = {}) {
    // A group of its own, so that a test which fails leaves no grandchild behind.
    this.child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...cleanEnvironment(), ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    this.child.stdin!.on("error", () => {});
    this.child.stdin!.end(options.input ?? "");
    this.child.stdout!.setEncoding("utf8").on("data", (text: string) => this.#heard(() => (this.stdout += text)));
    this.child.stderr!.setEncoding("utf8").on("data", (text: string) => this.#heard(() => (this.stderr += text)));
    this.ended = once(this.child, "close").then(([code, signal]) => {
      this.#heard(() => (this.#isOver = true));
      return { code, signal, stdout: this.stdout, stderr: this.stderr };
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Both streams together: what a person would have seen. */
  get output(): string {
    return this.stdout + this.stderr;
  }

  /** Waits until the output matches, and answers with the match; fails when the program ends first. */
  async saw(pattern: RegExp): Promise<RegExpMatchArray> {
    return await this.until(() => this.output.match(pattern) ?? undefined, `say ${pattern}`);
  }

  /** Waits until `look` finds something in what the program has said. */
  async until<T>(look: () => T | undefined, what: string): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (this.#isOver) throw new Error(`The program ended and did not ${what}. It said:\n${this.output}`);
      await new Promise<void>((resolve) => this.#listeners.add(resolve));
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      process.kill(-this.pid, "SIGKILL");
    } catch {
      // The whole group has ended already.
    }
    await this.ended;
  }

  #heard(change: () => void): void {
    change();
    const listeners = this.#listeners;
    this.#listeners = new Set();
    for (const listener of listeners) listener();
  }
}

/** Runs a program to its end. */
export async function run(command: string, args: readonly string[], options: ProgramOptions = {}): Promise<Ended> {
  return await new Program(command, args, options).ended;
}

/** The environment without what the test runner and npm put into it, so that a program behaves as at a stranger's. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const clean: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (/^(npm_|VITEST|NODE_ENV$|NODE_OPTIONS$|TEST$|TORNADO_|FORCE_COLOR$|NO_COLOR$|INIT_CWD$)/.test(name)) continue;
    clean[name] = value;
  }
  return clean;
}
