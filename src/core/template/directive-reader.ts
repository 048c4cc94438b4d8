/** Reads what stands between one pair of braces: the expression of `{{ }}`, a directive's word, and what it is given. */

import {
  type Expression,
  ExpressionSyntaxError,
  expressionError,
  findLoopWord,
  type Pattern,
  parseExpressionText,
  parsePatternText,
} from "./expression.js";
import type { ArgumentsType, ExpressionNode, ForNode, ModuleNode, SuperNode } from "./nodes.js";
import type { TemplateReader } from "./reader.js";
import type { SyntaxNode } from "./syntax-node.js";
import { checkBrackets, findTypeEnd, TypeTextError } from "./type-text.js";

/** A directive that has been read: its first word and the rest. */
export interface Directive {
  readonly word: string;
  readonly rest: string;
  readonly restOffset: number;
  /** Where its `{%` stands. */
  readonly offset: number;
}

type LoopHead = Pick<ForNode, "pattern" | "iterable">;

/** Reads from where the reader of the file stands, and leaves it behind the closing braces. */
export class DirectiveReader {
  readonly #reader: TemplateReader;

  constructor(reader: TemplateReader) {
    this.#reader = reader;
  }

  /** Reads `{{ e }}`, whose opening stands at the offset and has been read. */
  print(offset: number, inBlock: boolean): ExpressionNode | SuperNode {
    const reader = this.#reader;
    const start = reader.position;
    const firstEnd = this.#findCloser("}}", offset, "expression");
    if (reader.source.slice(start, firstEnd).trim() === "") {
      throw reader.error('"{{ }}" is empty. Write an expression in it, or "{{!" to print two braces.', offset);
    }
    return this.#untilItParses("}}", firstEnd, start, (text) => this.#printed(text, start, true, inBlock));
  }

  /** Reads `{% raw e %}`. */
  raw(directive: Directive, inBlock: boolean): ExpressionNode | SuperNode {
    return this.#parseRest(directive, "an expression", (text) =>
      this.#printed(text, directive.restOffset, false, inBlock),
    );
  }

  /** Reads a directive up to the `%}` that leaves its expression whole. */
  directive(offset: number): Directive {
    const reader = this.#reader;
    const end = this.#findCloser("%}", offset, "directive");
    const inside = reader.source.slice(reader.position, end);
    const [, blank = "", word = "", gap = ""] = /^(\s*)(\w*)(\s*)/.exec(inside) ?? [];
    if (inside.trim() === "") throw reader.error('"{% %}" is empty. Write a directive in it, or remove it.', offset);
    const restOffset = reader.position + blank.length + word.length + gap.length;
    reader.position = end + 2;
    return { word, rest: reader.source.slice(restOffset, end), restOffset, offset };
  }

  /** Passes over a comment, which opens at the offset. */
  comment(offset: number): void {
    this.#reader.position = this.#findCloser("#}", offset, "comment") + 2;
  }

  /** Reads a directive that has one expression. */
  expression(directive: Directive, expected: string): Expression {
    return this.#parseRest(directive, expected, (text) => parseExpressionText(text, directive.restOffset));
  }

  /** Refuses what follows the word of a directive that stands alone. */
  requireNothing({ word, rest, restOffset }: Directive): void {
    if (rest.trim() === "") return;
    throw this.#reader.error(`"{% ${word} %}" takes nothing, but has "${rest.trim()}". Remove it.`, restOffset);
  }

  /** Reads the name of a template. */
  fileName({ word, rest, offset }: Directive): string {
    const name = rest.trim().replace(/^(["'])(.*)\1$/, "$2");
    if (name === "")
      throw this.#reader.error(
        `"{% ${word} %}" needs the name of a template. Write {% ${word} "name.html" %}.`,
        offset,
      );
    return name;
  }

  /** Reads the type of `{% args %}`. */
  argumentsType({ restOffset, offset }: Directive): ArgumentsType {
    const reader = this.#reader;
    const end = findTypeEnd(reader.source, restOffset);
    const text = reader.source.slice(restOffset, end).trimEnd();
    if (end === -1 || text === "") {
      throw reader.error('"{% args %}" needs a type. Write "{% args { title: string } %}".', offset);
    }
    try {
      checkBrackets(text);
    } catch (error) {
      if (!(error instanceof TypeTextError)) throw error;
      throw reader.error(`${error.message} in the type of "{% args %}". Correct it.`, restOffset + error.at);
    }
    reader.position = end + 2;
    return { text, offset: restOffset };
  }

  /** Reads the assignments of `{% set %}`. */
  assignment(directive: Directive): Expression {
    const expression = this.expression(directive, 'an assignment such as "name = value"');
    const node = unwrapped(expression.node);
    const parts = node.type === "SequenceExpression" ? (node.expressions as SyntaxNode[]) : [node];
    for (const part of parts) {
      if (/^(?:Assignment|Update)Expression$/.test(unwrapped(part).type)) continue;
      const isTuple = parts.length > 1;
      const todo = isTuple
        ? 'To take a list apart, write "{% set [a, b] = list %}".'
        : 'Write "{% set name = value %}".';
      throw this.#reader.error(`"${expression.text}" is no assignment. ${todo}`, expression.offset);
    }
    return expression;
  }

  /** Reads the call of a UI module. */
  moduleCall(directive: Directive): ModuleNode {
    return this.#parseRest(directive, "a call of a UI module", (text) => {
      const call = /^\s*([\p{L}_$][\p{L}\p{N}_$]*)\s*\(/u.exec(text);
      const { node } = parseExpressionText(text, directive.restOffset);
      if (call === null || node.type !== "CallExpression" || (node.callee as { type: string }).type !== "Identifier") {
        const reason = `"${text.trim()}" is no call of a UI module. Write "{% module Name(values) %}".`;
        throw this.#reader.error(reason, directive.restOffset);
      }
      // Arguments are parsed one by one, as elements of an array, so that each keeps its own place.
      const values = (node.arguments as { start: number; end: number; type: string }[]).map((value) => {
        const isSpread = value.type === "SpreadElement";
        const start = isSpread ? value.start + 3 : value.start;
        const expression = parseExpressionText(text.slice(start, value.end), directive.restOffset + start);
        return { expression, isSpread };
      });
      return { kind: "module", name: call[1]!, values, offset: directive.offset };
    });
  }

  /** Reads the head of a loop. */
  loopHead(directive: Directive): LoopHead {
    return this.#parseRest(directive, '"item of items"', (text) => this.#loopHead(text, directive));
  }

  /** Reads the name that `{% except %}` gives to the error, if it does. */
  caught(directive: Directive): Pattern | undefined {
    const { rest, restOffset } = directive;
    if (rest.trim() === "") return undefined;
    if (/^[\w$.]+\s+as\s+[\w$]+\s*$/.test(rest)) {
      const reason =
        'JavaScript does not select errors by class. Write "{% except error %}" and test "error instanceof …" inside.';
      throw this.#reader.error(reason, restOffset);
    }
    return this.#parseRest(directive, "a name", (text) => parsePatternText(text, restOffset));
  }

  #loopHead(text: string, directive: Directive): LoopHead {
    const word = findLoopWord(text);
    if (word === undefined) {
      const reason = `"${text.trim()}" is no loop. Write "{% for item of items %}".`;
      throw this.#reader.error(reason, directive.restOffset);
    }
    const declaration = /^(?:const|let|var)\s+/.exec(text)?.[0].length ?? 0;
    const before = text.slice(declaration, word.start);
    const patternOffset = directive.restOffset + declaration;
    if (/^\s*[\w$]+\s*,/.test(before)) {
      const reason = `A loop has one variable. To take each value apart, write "{% for [${before.trim()}] of … %}".`;
      throw this.#reader.error(reason, patternOffset);
    }
    let pattern: Pattern;
    try {
      pattern = parsePatternText(before, patternOffset);
    } catch (error) {
      if (!(error instanceof ExpressionSyntaxError)) throw error;
      throw expressionError(this.#reader, error, before, patternOffset);
    }
    const rest = text.slice(word.end);
    try {
      return { pattern, iterable: parseExpressionText(rest, directive.restOffset + word.end) };
    } catch (error) {
      if (!(error instanceof ExpressionSyntaxError)) throw error;
      throw new ExpressionSyntaxError(error.message, error.at + word.end, error.incomplete);
    }
  }

  #printed(text: string, offset: number, isEscaped: boolean, inBlock: boolean): ExpressionNode | SuperNode {
    if (/^\s*super\s*\(\s*\)\s*$/.test(text)) {
      if (inBlock) return { kind: "super", offset: offset + text.indexOf("super") };
      throw this.#reader.error(
        '"super()" prints the parent\'s block. Use it inside a "{% block %}".',
        offset + text.indexOf("super"),
      );
    }
    try {
      return { kind: "expression", expression: parseExpressionText(text, offset), isEscaped };
    } catch (error) {
      if (!(error instanceof ExpressionSyntaxError) || !error.message.startsWith("'super'")) throw error;
      const reason =
        '"super()" stands alone in its braces. To change its text, put "{{ super() }}" into "{% apply function %}".';
      throw this.#reader.error(reason, offset + error.at);
    }
  }

  /** Parses what follows a directive's word; on failure tries whether a later `%}` is the real end. */
  #parseRest<T>(directive: Directive, expected: string, parse: (text: string) => T): T {
    if (directive.rest.trim() === "") {
      throw this.#reader.error(
        `"{% ${directive.word} %}" needs ${expected}. Write it after "${directive.word}".`,
        directive.offset,
      );
    }
    const firstEnd = directive.restOffset + directive.rest.length;
    return this.#untilItParses("%}", firstEnd, directive.restOffset, parse);
  }

  /**
   * Parses up to the first closing braces with which the text makes sense: JavaScript has braces of its own, as in
   * `{{ link({ to: { page: 1 }}) }}`.
   */
  #untilItParses<T>(closer: string, firstEnd: number, start: number, parse: (text: string) => T): T {
    const { source } = this.#reader;
    let firstError: ExpressionSyntaxError | undefined;
    for (let end = firstEnd; end !== -1; end = source.indexOf(closer, end + 1)) {
      try {
        const parsed = parse(source.slice(start, end));
        this.#reader.position = end + closer.length;
        return parsed;
      } catch (error) {
        if (!(error instanceof ExpressionSyntaxError)) throw error;
        firstError ??= error;
        if (!error.incomplete) break;
      }
    }
    throw expressionError(this.#reader, firstError!, source.slice(start, firstEnd), start);
  }

  #findCloser(closer: string, offset: number, what: string): number {
    const end = this.#reader.find(closer);
    if (end !== -1) return end;
    throw this.#reader.error(`The ${what} that opens here is not closed. Add "${closer}".`, offset);
  }
}

/** What stands in parentheses, as an object's parts do in `({ a } = b)`. */
function unwrapped(node: SyntaxNode): SyntaxNode {
  return node.type === "ParenthesizedExpression" ? unwrapped(node.expression as SyntaxNode) : node;
}
