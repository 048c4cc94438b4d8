/** Writes the JavaScript of a compiled template, line by line, and merges neighbouring text. */

/** Collects lines with their indentation. */
export class CodeWriter {
  readonly #lines: string[] = [];
  /** Inside the generated function's `try`. */
  #indent = 3;
  #outputs: string[] = ["_tt_out"];
  #expression = "";
  #text = "";

  /** The variable that collects what is printed now. */
  get output(): string {
    return this.#outputs.at(-1)!;
  }

  /** Prints fixed text; pieces that follow each other become one statement. */
  text(text: string): void {
    this.#text += text;
  }

  /** Prints the value of an expression; text that follows it goes into the same statement. */
  print(expression: string): void {
    this.#flush();
    this.#expression = expression;
  }

  /** Writes one line. */
  line(code: string): void {
    this.#flush();
    this.#lines.push("  ".repeat(this.#indent) + code);
  }

  /** Writes a line that opens a block, what is inside, and nothing more: the next line closes or continues it. */
  indented(open: string, writeInside: () => void): void {
    this.line(open);
    this.#indent++;
    writeInside();
    this.#flush();
    this.#indent--;
  }

  /** Collects what is printed meanwhile in a variable of its own, and returns its name. */
  collected(writeInside: () => void): string {
    const name = `_tt_out${this.#outputs.length}`;
    this.line(`let ${name} = "";`);
    this.#outputs.push(name);
    writeInside();
    this.#flush();
    this.#outputs.pop();
    return name;
  }

  /** Everything written. */
  toString(): string {
    this.#flush();
    return this.#lines.join("\n");
  }

  #flush(): void {
    const pieces = this.#expression === "" ? [] : [this.#expression];
    if (this.#text !== "") pieces.push(JSON.stringify(this.#text));
    this.#expression = "";
    this.#text = "";
    // Text before an expression is printed even if the expression throws; text after it is not.
    if (pieces.length > 0) this.#lines.push(`${"  ".repeat(this.#indent)}${this.output} += ${pieces.join(" + ")};`);
  }
}
