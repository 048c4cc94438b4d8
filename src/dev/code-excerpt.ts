/** Cuts the lines around a place out of a source, for pages and terminals. */

/** One line of an excerpt. */
export interface ExcerptLine {
  readonly number: number;
  readonly text: string;
  /** True for the line that is meant. */
  readonly isMarked: boolean;
}

/** Lines of code around a place. */
export interface CodeExcerpt {
  readonly lines: readonly ExcerptLine[];
  /** Where the caret goes, from 1. */
  readonly column: number;
  /** How many characters it underlines, at least 1. */
  readonly length: number;
}

const MAX_LINE_LENGTH = 400;

/** Cuts out up to `around` lines on each side; `undefined` when the source has no such line. */
export function excerptOf(
  source: string,
  line: number,
  column: number,
  around: number,
  length?: number,
): CodeExcerpt | undefined {
  const lines = source.split(/\r?\n/);
  const marked = lines[line - 1];
  if (marked === undefined) return undefined;
  const first = Math.max(1, line - around);
  const last = Math.min(lines.length, line + around);
  const cut: ExcerptLine[] = [];
  for (let number = first; number <= last; number += 1) {
    cut.push({ number, text: lines[number - 1]!.slice(0, MAX_LINE_LENGTH), isMarked: number === line });
  }
  return { lines: cut, column, length: length ?? wordLength(marked, column) };
}

/** Underlines the whole name that begins at the column: `user` of `user.name`. */
function wordLength(text: string, column: number): number {
  return /^[\p{L}\p{N}_$#]+/u.exec(text.slice(column - 1))?.[0].length ?? 1;
}

/** Writes an excerpt as text: line numbers, a `>` before the marked line, and a caret under its column. */
export function excerptText({ lines, column, length }: CodeExcerpt): string {
  const width = String(lines.at(-1)?.number ?? 0).length;
  return lines
    .flatMap(({ number, text, isMarked }) => {
      const written = `${isMarked ? ">" : " "} ${String(number).padStart(width)} | ${text}`.trimEnd();
      return isMarked ? [written, `  ${" ".repeat(width)} | ${caretLine(text, column, length)}`] : [written];
    })
    .join("\n");
}

/** Spaces up to the column, tabs kept so that the caret stands where the terminal shows the character, and carets. */
export function caretLine(text: string, column: number, length: number): string {
  return text.slice(0, column - 1).replaceAll(/[^\t]/g, " ") + "^".repeat(length);
}
