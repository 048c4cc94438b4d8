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
/** Where the marked column stands in a line that had to be cut before it. */
const COLUMN_AT = 0.6;

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
  // Behind the line feed at the end of a file there is no line, unless it is the one that is meant.
  const count = lines.at(-1) === "" && line < lines.length ? lines.length - 1 : lines.length;
  const first = Math.max(1, line - around);
  const last = Math.min(count, line + around);
  const cut: ExcerptLine[] = [];
  for (let number = first; number <= last; number += 1) {
    cut.push({ number, text: lines[number - 1]!, isMarked: number === line });
  }
  return fitted({ lines: cut, column, length: length ?? wordLength(marked, column) }, MAX_LINE_LENGTH);
}

/** Cuts lines that are longer than `width` characters so that the marked column stays; `…` stands where something is missing. */
export function fitted({ lines, column, length }: CodeExcerpt, width: number): CodeExcerpt {
  const start = column + length - 1 < width ? 0 : Math.max(0, column - 1 - Math.floor(width * COLUMN_AT));
  const cut = lines.map((line) => {
    const begun = start > 0 && line.text.length > start ? `…${line.text.slice(start + 1)}` : line.text.slice(start);
    return { ...line, text: begun.length > width ? `${begun.slice(0, width - 1)}…` : begun };
  });
  const left = width - (column - start) + 1;
  return { lines: cut, column: column - start, length: Math.max(1, Math.min(length, left)) };
}

/** Underlines the whole name that begins at the column: `user` of `user.name`. */
function wordLength(text: string, column: number): number {
  return /^[\p{L}\p{N}_$#]+/u.exec(text.slice(column - 1))?.[0].length ?? 1;
}

/**
 * Writes an excerpt as text: line numbers, a `>` before the marked line, and a caret under its column.
 *
 * @param columns - The lines are cut to fit into so many. Default: they are as long as they are.
 */
export function excerptText(excerpt: CodeExcerpt, columns = Number.POSITIVE_INFINITY): string {
  const width = String(excerpt.lines.at(-1)?.number ?? 0).length;
  const room = Math.max(MIN_WIDTH, columns - width - MARGIN.length);
  const { lines, column, length } = room === Number.POSITIVE_INFINITY ? excerpt : fitted(withoutTabs(excerpt), room);
  return lines
    .flatMap(({ number, text, isMarked }) => {
      const written = `${isMarked ? ">" : " "} ${String(number).padStart(width)} | ${text}`.trimEnd();
      return isMarked ? [written, `  ${" ".repeat(width)} | ${caretLine(text, column, length)}`] : [written];
    })
    .join("\n");
}

/** What stands around the number of a line. */
const MARGIN = ">  | ";
const MIN_WIDTH = 16;
const TAB = "    ";

/** How wide a tab is, only the terminal knows. */
function withoutTabs({ lines, column, length }: CodeExcerpt): CodeExcerpt {
  const marked = lines.find(({ isMarked }) => isMarked)?.text ?? "";
  const tabs = marked.slice(0, column - 1).split("\t").length - 1;
  const expanded = lines.map((line) => ({ ...line, text: line.text.replaceAll("\t", TAB) }));
  return { lines: expanded, column: column + tabs * (TAB.length - 1), length };
}

/** Spaces up to the column, tabs kept so that the caret stands where the terminal shows the character, and carets. */
export function caretLine(text: string, column: number, length: number): string {
  return text.slice(0, column - 1).replaceAll(/[^\t]/g, " ") + "^".repeat(length);
}
