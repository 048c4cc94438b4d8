/** Lets a template that does not wait print what is only promised: a mark stands in its place until the end. */

import { randomBytes } from "node:crypto";

let mark: string | undefined;

/** A mark that no text from outside can contain, for nobody can guess it. */
function placeholderMark(): string {
  mark ??= `\0tornado:${randomBytes(16).toString("hex")}:`;
  return mark;
}

/** The promises of one rendering. */
export class Placeholders {
  readonly #promises: Promise<string>[] = [];

  /** Prints a promise. It may reject before anybody awaits it, which is no unhandled rejection. */
  add(promise: Promise<string>): string {
    promise.catch(() => {});
    return `${placeholderMark()}${this.#promises.push(promise) - 1}\0`;
  }

  /** Says whether a text holds something promised. */
  isIn(text: string): boolean {
    return text.includes(placeholderMark());
  }

  /** Awaits what a text holds and puts it in its place. Rejects with the first rejection. */
  async resolve(text: string): Promise<string> {
    const [first = "", ...pieces] = text.split(placeholderMark());
    const parts = pieces.map((piece) => {
      const end = piece.indexOf("\0");
      return { promise: this.#promises[Number(piece.slice(0, end))], rest: piece.slice(end + 1) };
    });
    const values = await Promise.all(parts.map(({ promise }) => promise));
    return first + parts.map(({ rest }, index) => (values[index] ?? "") + rest).join("");
  }
}
