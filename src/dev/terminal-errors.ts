/** Prints errors to a terminal, each distinct one once: at every request it would push everything else away. */

import { terminalStyle } from "../core/terminal-style.js";
import { leadingFrame, type ReportedError } from "./error-report.js";
import { escapeControls, place, terminalText } from "./error-text.js";

/** Remembers what was printed, as long as it lives. */
export class TerminalErrors {
  readonly #stream: NodeJS.WriteStream;
  readonly #shown = new Set<string>();

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  /** Prints an error under a title, unless the same one was printed before. */
  show(title: string, errors: readonly ReportedError[]): void {
    const [first] = errors;
    if (first === undefined) return;
    const leading = leadingFrame(first);
    const identity = `${first.name}\n${first.message}\n${leading === undefined ? "" : place(leading)}`;
    if (this.#shown.has(identity)) return;
    this.#shown.add(identity);
    const style = terminalStyle(this.#stream);
    this.#stream.write(
      `\n${style.dim(escapeControls(title))}\n${terminalText(errors, style, this.#stream.columns)}\n\n`,
    );
  }

  /** Forgets: the same error after a good moment is news. */
  forget(): void {
    this.#shown.clear();
  }
}
