/** A real terminal for tests: tmux holds the screen, and keys go in as a person types them. */

import { execFileSync } from "node:child_process";

/** A program in a terminal of 100 by 40. */
export class Terminal {
  readonly #socket = `tornado-test-${process.pid}-${Math.random().toString(36).slice(2)}`;

  constructor(command: string, cwd: string) {
    const environment = { ...process.env, TERM: "xterm-256color", CI: "", NO_COLOR: "" };
    const line = `${command}; echo "exit code $?"; exec sleep 60`;
    execFileSync(
      "tmux",
      ["-L", this.#socket, "-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "40", "-c", cwd, line],
      {
        env: environment,
      },
    );
  }

  /** Everything on the screen, without the empty lines at its end. */
  screen({ withEscapes = false } = {}): string {
    return this.#tmux("capture-pane", "-p", "-S", "-200", ...(withEscapes ? ["-e"] : [])).trimEnd();
  }

  /** Types keys by tmux's names, such as `Enter`, `C-c`, `Down`, or text. */
  type(...keys: string[]): void {
    this.#tmux("send-keys", ...keys);
  }

  /** Waits until the screen shows a text. */
  async shows(text: string, timeoutMs = 10_000): Promise<string> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const screen = this.screen();
      if (screen.includes(text)) return screen;
      if (Date.now() > end) throw new Error(`The terminal never showed ${JSON.stringify(text)}. It shows:\n${screen}`);
      await new Promise((again) => setTimeout(again, 20));
    }
  }

  close(): void {
    this.#tmux("kill-server");
  }

  #tmux(...tmuxArguments: string[]): string {
    return execFileSync("tmux", ["-L", this.#socket, ...tmuxArguments], { encoding: "utf8" });
  }
}
