/** Writes source code that remembers which place of which template each part of it comes from. */

import type { TemplateFile } from "./nodes.js";

/** A place in a template. */
export interface TemplatePlace {
  readonly file: TemplateFile;
  readonly offset: number;
}

/** A part of the code: where it starts, and the place that it comes from. */
interface Segment extends TemplatePlace {
  readonly start: number;
  readonly end: number;
  /** Whether it is the template's own text, so that every character has a place of its own. */
  readonly isVerbatim: boolean;
  /** The name that this part looks up. */
  readonly looksUp: string | undefined;
}

/** What a place in the code comes from. */
export interface Origin extends TemplatePlace {
  /** The name of the template that is looked up there, if that is what the code does. */
  readonly looksUp: string | undefined;
}

/** Collects code. */
export class MappedWriter {
  #code = "";
  readonly #segments: Segment[] = [];

  get code(): string {
    return this.#code;
  }

  /** Writes code of ours. */
  write(code: string): void {
    this.#code += code;
  }

  /** Writes text that stands in a template. */
  copy(text: string, file: TemplateFile, offset: number): void {
    this.#add(text, { file, offset, isVerbatim: true, looksUp: undefined });
  }

  /** Writes code of ours that one place of a template is responsible for. */
  blame(code: string, { file, offset }: TemplatePlace, looksUp?: string): void {
    this.#add(code, { file, offset, isVerbatim: false, looksUp });
  }

  /** Writes what another writer has collected. */
  append(other: MappedWriter): void {
    const shift = this.#code.length;
    for (const segment of other.#segments) {
      this.#segments.push({ ...segment, start: segment.start + shift, end: segment.end + shift });
    }
    this.#code += other.code;
  }

  /** Finds what a place in the code, line and column from 1, comes from: the part there, or else the last one before it. */
  originOf(line: number, column: number): Origin | undefined {
    const lineStart = this.#code.split("\n", line - 1).reduce((sum, { length }) => sum + length + 1, 0);
    const at = lineStart + column - 1;
    const segment = this.#segments.findLast(({ start }) => start <= at) ?? this.#segments[0];
    if (segment === undefined) return undefined;
    const { file, offset, isVerbatim, looksUp, start, end } = segment;
    const into = isVerbatim ? Math.min(at, end) - start : 0;
    return { file, offset: offset + into, looksUp };
  }

  #add(code: string, { file, offset, isVerbatim, looksUp }: Omit<Segment, "start" | "end">): void {
    const start = this.#code.length;
    this.#code += code;
    this.#segments.push({ start, end: this.#code.length, file, offset, isVerbatim, looksUp });
  }
}
