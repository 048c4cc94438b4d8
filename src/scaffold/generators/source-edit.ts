/** Adds a line to a list or an object in a source file, and an import to its top, and touches nothing else in it. */

import { sourceTokens, type Token } from "./source-tokens.js";

/** Why a file is better edited by the person whose it is; continues the sentence "…, because". */
export class Uncertain extends Error {}

/** A source file that is being edited. Its methods throw `Uncertain` where a program cannot be sure. */
export class SourceEdit {
  readonly tokens: readonly Token[];
  readonly #source: string;
  readonly #newline: string;
  readonly #insertions: { readonly position: number; readonly text: string }[] = [];

  constructor(source: string) {
    const tokens = sourceTokens(source);
    if (tokens === undefined) throw new Uncertain("it cannot be read with certainty");
    this.tokens = tokens;
    this.#source = source;
    this.#newline = source.includes("\r\n") ? "\r\n" : "\n";
  }

  /** Whether a name is used anywhere, be it declared, imported or only mentioned. */
  mentions(word: string): boolean {
    return this.tokens.some((token) => token.kind === "word" && token.text === word);
  }

  /** Whether a name is imported as it is. */
  imports(word: string): boolean {
    return this.#imports().some((tokens) =>
      tokens.some(({ text }, index) => text === word && [",", "}"].includes(tokens[index + 1]?.text ?? "")),
    );
  }

  /** Gives the index of the bracket that closes the one at `open`. */
  closingOf(open: number): number {
    const { depth } = this.tokens[open]!;
    const isBracket = ({ kind, text }: Token) => kind === "mark" && /^[)\]}]$/.test(text);
    return this.tokens.findIndex((token, index) => index > open && token.depth === depth && isBracket(token));
  }

  /** Adds an element before the bracket that closes the one at `open`. */
  addElement(open: number, element: string): void {
    const close = this.closingOf(open);
    const closing = this.tokens[close]!;
    const last = close - 1 === open ? undefined : this.tokens[close - 1]!;
    const lineStart = this.#source.lastIndexOf("\n", closing.start) + 1;
    const indent = this.#source.slice(lineStart, closing.start);
    const isOnOwnLine = /^[ \t]*$/.test(indent);
    if (last !== undefined && last.text !== ",") this.#insert(last.end, ",");
    if (isOnOwnLine) this.#insert(lineStart, `${this.#elementIndent(open, indent)}${element},${this.#newline}`);
    else {
      const isSpaced = /\s/.test(this.#source[closing.start - 1]!);
      const isEmptyObject = last === undefined && closing.text === "}";
      const before = isSpaced || (last === undefined && !isEmptyObject) ? "" : " ";
      this.#insert(closing.start, `${before}${element}${isSpaced || isEmptyObject ? " " : ""}`);
    }
  }

  /** Adds an import below the others. */
  addImport(line: string): void {
    const end = this.#endOfImports();
    if (end === undefined) throw new Uncertain("it imports nothing yet");
    this.#insert(end, `${this.#newline}${line}`);
  }

  /** Gives the file as it is to be. */
  toString(): string {
    let text = this.#source;
    // From the end, so that positions stay true; of two at one place, the later one first.
    const ordered = this.#insertions.map((insertion, index) => ({ ...insertion, index }));
    ordered.sort((a, b) => b.position - a.position || b.index - a.index);
    for (const insertion of ordered) {
      text = text.slice(0, insertion.position) + insertion.text + text.slice(insertion.position);
    }
    return text;
  }

  #insert(position: number, text: string): void {
    this.#insertions.push({ position, text });
  }

  /** Elements stand as deep as the first one does. */
  #elementIndent(open: number, closingIndent: string): string {
    const first = this.tokens[open + 1]!;
    const lineStart = this.#source.lastIndexOf("\n", first.start) + 1;
    const before = this.#source.slice(lineStart, first.start);
    const isElement = !/^[)\]}]$/.test(first.text) && /^[ \t]*$/.test(before);
    return isElement ? before : `${closingIndent}${closingIndent.includes("\t") ? "\t" : "  "}`;
  }

  #endOfImports(): number | undefined {
    const last = this.#imports().at(-1)?.at(-1);
    if (last === undefined) return undefined;
    const comment = /^[ \t]*(?:\/\/[^\r\n]*)?(?=\r?\n|$)/.exec(this.#source.slice(last.end));
    return last.end + (comment?.[0].length ?? 0);
  }

  /** The tokens of each import declaration. */
  #imports(): Token[][] {
    return this.tokens.flatMap((token, index) => {
      const next = this.tokens[index + 1]?.text;
      if (token.text !== "import" || token.depth > 0 || next === "(" || next === ".") return [];
      const source = this.tokens.findIndex((each, at) => at > index && each.kind === "text");
      const after = this.tokens[source + 1]?.text;
      // `import old = require("…")` and import attributes are rare enough to be left to the person.
      const isPlain = ["from", "import"].includes(this.tokens[source - 1]?.text ?? "") && after !== "with";
      if (!isPlain) throw new Uncertain("of its imports");
      return [this.tokens.slice(index, source + (after === ";" ? 2 : 1))];
    });
  }
}
