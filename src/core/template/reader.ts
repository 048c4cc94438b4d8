/** Reads a template's source from left to right, and knows the line and column of every place in it. */

import { ParseError, type TemplateLocation } from "./errors.js";

/** A cursor over the text of one template file. */
export class TemplateReader {
  /** Absolute path, or the template's name. */
  readonly file: string;
  readonly source: string;
  /** Offset of what is read next. */
  position = 0;
  #lineStarts: number[] | undefined;

  constructor(file: string, source: string) {
    this.file = file;
    this.source = source;
  }

  /** Offset of the next occurrence, or -1. */
  find(text: string, from: number = this.position): number {
    return this.source.indexOf(text, from);
  }

  /** Reads up to an offset. */
  consumeTo(offset: number): string {
    const text = this.source.slice(this.position, offset);
    this.position = offset;
    return text;
  }

  /** Line, column and the line's text of an offset. */
  locate(offset: number): TemplateLocation {
    const starts = this.#lines();
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    const column = offset - starts[low]! + 1;
    return { file: this.file, line: low + 1, column, lineText: this.lineText(low + 1) };
  }

  /** Text of a line, counted from 1. */
  lineText(line: number): string {
    const starts = this.#lines();
    const end = line < starts.length ? starts[line]! - 1 : this.source.length;
    return this.source.slice(starts[line - 1], end).replace(/\r$/, "");
  }

  /** Makes the error for what is wrong at an offset. */
  error(reason: string, offset: number, options?: ErrorOptions): ParseError {
    return new ParseError(reason, this.locate(offset), options);
  }

  #lines(): number[] {
    if (this.#lineStarts !== undefined) return this.#lineStarts;
    const starts = [0];
    for (let at = this.source.indexOf("\n"); at !== -1; at = this.source.indexOf("\n", at + 1)) starts.push(at + 1);
    this.#lineStarts = starts;
    return starts;
  }
}
