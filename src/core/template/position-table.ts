/** Numbers the places of the template files that generated code may name when something goes wrong. */

import type { TemplateFile } from "./nodes.js";

/** Where a dynamic part stands, and the number of the position that brought its file in, or -1. */
export interface Position {
  readonly file: TemplateFile;
  readonly offset: number;
  readonly via: number;
}

/** Gives each position one number; see `PrecompiledTemplate.positions`. */
export class PositionTable {
  readonly #files: readonly TemplateFile[];
  readonly #values: number[] = [];
  readonly #numbers = new Map<string, number>();

  constructor(files: readonly TemplateFile[]) {
    this.#files = files;
  }

  /** Four numbers a position. */
  get values(): readonly number[] {
    return this.#values;
  }

  numberOf({ file, offset, via }: Position): number {
    const { line, column } = file.reader.locate(offset);
    const position = [this.#files.indexOf(file), line, column, via];
    const key = position.join();
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    this.#numbers.set(key, number);
    this.#values.push(...position);
    return number;
  }
}
