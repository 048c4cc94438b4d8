/** Writes the JavaScript of a compiled template, line by line, and merges neighbouring text. */

/** Collects lines with their indentation. */
export class CodeWriter {
  readonly #lines: string[] = [];
  /** Inside the generated function's `try`. */
  #indent = 3;
  #outputs: string[] = ["_tt_out"];
  #text = "";

  /** The variable that collects what is printed now. */
  get output(): string {
    return this.#outputs.at(-1)!;
  }

  /** Prints fixed text; pieces that follow each other become one statement. */
  text(text: string): void {
    this.#text += text;
  }

  /** Writes one line. */
  line(code: string): void {
    this.#flushText();
    this.#lines.push("  ".repeat(this.#indent) + code);
  }

  /** Writes a line that opens a block, what is inside, and nothing more: the next line closes or continues it. */
  indented(open: string, writeInside: () => void): void {
    this.line(open);
    this.#indent++;
    writeInside();
    this.#flushText();
    this.#indent--;
  }

  /** Collects what is printed meanwhile in a variable of its own, and returns its name. */
  collected(writeInside: () => void): string {
    const name = `_tt_out${this.#outputs.length}`;
    this.line(`let ${name} = "";`);
    this.#outputs.push(name);
    writeInside();
    this.#flushText();
    this.#outputs.pop();
    return name;
  }

  /** Everything written. */
  toString(): string {
    this.#flushText();
    return this.#lines.join("\n");
  }

  #flushText(): void {
    if (this.#text === "") return;
    const text = this.#text;
    this.#text = "";
    this.line(`${this.output} += ${JSON.stringify(text)};`);
  }
}
