/** Parses a template file: text, `{{ expressions }}`, `{% directives %}` and `{# comments #}` become nodes. */

import {
  type Expression,
  ExpressionSyntaxError,
  expressionError,
  findLoopWord,
  type Pattern,
  parseExpressionText,
  parsePatternText,
} from "./expression.js";
import type { ArgumentsType, BlockNode, Branch, Reference, TemplateFile, TemplateNode, TryNode } from "./nodes.js";
import { TemplateReader } from "./reader.js";
import { checkBrackets, findTypeEnd, TypeTextError } from "./type-text.js";
import { filterWhitespace, isWhitespaceMode, type WhitespaceMode } from "./whitespace.js";

/** What is parsed, and how, unless the file says otherwise. */
export interface ParseOptions {
  /** Name relative to the root of its loader. */
  readonly name: string;
  /** Absolute path, or the name again when it is not a file. */
  readonly file: string;
  readonly source: string;
  readonly autoescape: string | null;
  readonly whitespace: WhitespaceMode;
}

/** A directive that has been read: its first word and the rest. */
interface Directive {
  readonly word: string;
  readonly rest: string;
  readonly restOffset: number;
  /** Where its `{%` stands. */
  readonly offset: number;
}

/** What surrounds a body while it is parsed. */
interface Surroundings {
  /** The directive to close with `{% end %}`; `undefined` for the file itself. */
  readonly opener: Directive | undefined;
  readonly inLoop: boolean;
  /** The blocks around it. */
  readonly inBlock: boolean;
}

/** A body, and the `else`, `elif`, `except` or `finally` that ended it; `undefined` after `{% end %}` or the file's end. */
interface Section {
  readonly body: TemplateNode[];
  readonly next: Directive | undefined;
}

/** Which directives an intermediate one may belong to. */
const intermediateOf: ReadonlyMap<string, readonly string[]> = new Map([
  ["else", ["if", "for", "while", "try"]],
  ["elif", ["if"]],
  ["except", ["try"]],
  ["finally", ["try"]],
]);

/** What people write who come from other template languages. */
const noImport =
  "A template cannot import. Pass what it needs to render(), or as a UI method or UI module of the application.";
const writeSet = 'Write "{% set name = value %}".';
const hints: ReadonlyMap<string, string> = new Map([
  ["elseif", 'Write "{% elif … %}".'],
  ["catch", 'Write "{% except error %}".'],
  ["import", noImport],
  ["from", noImport],
  ["let", writeSet],
  ["const", writeSet],
  ["var", writeSet],
  ["macro", "Write a UI module instead."],
  ["foreach", 'Write "{% for item of items %}".'],
  ["switch", 'Write "{% if … %}" and "{% elif … %}".'],
]);

/** Parses a template. Throws `ParseError` at the first thing that is wrong. */
export function parseTemplate(options: ParseOptions): TemplateFile {
  return new Parser(options).parse();
}

class Parser {
  readonly #name: string;
  readonly #reader: TemplateReader;
  readonly #blocks = new Map<string, BlockNode>();
  readonly #assignedNames = new Set<string>();
  #whitespace: WhitespaceMode;
  #autoescape: string | null;
  #autoescapeOffset = 0;
  #parent: Reference | undefined;
  #args: ArgumentsType | undefined;

  constructor(options: ParseOptions) {
    this.#name = options.name;
    this.#reader = new TemplateReader(options.file, options.source);
    this.#autoescape = options.autoescape;
    this.#whitespace = options.whitespace;
  }

  parse(): TemplateFile {
    const { body } = this.#section({ opener: undefined, inLoop: false, inBlock: false });
    return {
      name: this.#name,
      reader: this.#reader,
      body,
      parent: this.#parent,
      blocks: this.#blocks,
      autoescape: this.#autoescape,
      autoescapeOffset: this.#autoescapeOffset,
      assignedNames: this.#assignedNames,
      args: this.#args,
    };
  }

  /** Reads nodes up to what closes or continues the surrounding directive. */
  #section(surroundings: Surroundings): Section {
    const reader = this.#reader;
    const body: TemplateNode[] = [];
    for (;;) {
      const offset = this.#findOpener();
      if (offset === -1) {
        this.#text(body, reader.consumeTo(reader.source.length));
        if (surroundings.opener === undefined) return { body, next: undefined };
        throw this.#unclosed(surroundings.opener);
      }
      this.#text(body, reader.consumeTo(offset));
      const opener = reader.consumeTo(offset + 2);
      if (reader.source[reader.position] === "!") {
        reader.position++;
        this.#text(body, opener);
      } else if (opener === "{#") {
        const end = this.#findCloser("#}", offset, "comment");
        reader.position = end + 2;
      } else if (opener === "{{") {
        body.push(this.#print(offset, surroundings));
      } else {
        const directive = this.#directive(offset);
        if (directive.word === "end") {
          this.#end(directive, surroundings);
          return { body, next: undefined };
        }
        if (intermediateOf.has(directive.word)) {
          this.#checkIntermediate(directive, surroundings);
          return { body, next: directive };
        }
        const node = this.#node(directive, surroundings);
        if (node !== undefined) body.push(node);
      }
    }
  }

  /** Offset of the next `{{`, `{%` or `{#`, or -1. Of three or more braces in a row the innermost two count. */
  #findOpener(): number {
    const { source } = this.#reader;
    for (let at = this.#reader.find("{"); at !== -1; at = source.indexOf("{", at + 1)) {
      const next = source[at + 1];
      if (next === "%" || next === "#") return at;
      if (next === "{" && source[at + 2] !== "{") return at;
    }
    return -1;
  }

  #text(body: TemplateNode[], text: string): void {
    if (text === "") return;
    body.push({ kind: "text", text: text.includes("<pre>") ? text : filterWhitespace(this.#whitespace, text) });
  }

  #findCloser(closer: string, offset: number, what: string): number {
    const end = this.#reader.find(closer);
    if (end !== -1) return end;
    throw this.#reader.error(`The ${what} that opens here is not closed. Add "${closer}".`, offset);
  }

  #print(offset: number, surroundings: Surroundings): TemplateNode {
    const reader = this.#reader;
    const start = reader.position;
    const firstEnd = this.#findCloser("}}", offset, "expression");
    if (reader.source.slice(start, firstEnd).trim() === "") {
      throw reader.error('"{{ }}" is empty. Write an expression in it, or "{{!" to print two braces.', offset);
    }
    return this.#untilItParses("}}", firstEnd, start, (text) => this.#expressionNode(text, start, true, surroundings));
  }

  #expressionNode(text: string, offset: number, isEscaped: boolean, surroundings: Surroundings): TemplateNode {
    const trimmed = text.trim();
    if (/^super\s*\(\s*\)$/.test(trimmed)) {
      if (surroundings.inBlock) return { kind: "super", offset: offset + text.indexOf("super") };
      throw this.#reader.error(
        '"super()" prints the parent\'s block. Use it inside a "{% block %}".',
        offset + text.indexOf("super"),
      );
    }
    if (/\bsuper\s*\(/.test(trimmed)) {
      const reason =
        '"super()" stands alone in its braces. To change its text, put "{{ super() }}" into "{% apply function %}".';
      throw this.#reader.error(reason, offset + text.indexOf("super"));
    }
    return { kind: "expression", expression: parseExpressionText(text, offset), isEscaped };
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

  /** Reads a directive up to the `%}` that leaves its expression whole. */
  #directive(offset: number): Directive {
    const reader = this.#reader;
    const end = this.#findCloser("%}", offset, "directive");
    const inside = reader.source.slice(reader.position, end);
    const [, blank = "", word = "", gap = ""] = /^(\s*)(\w*)(\s*)/.exec(inside) ?? [];
    if (inside.trim() === "") throw reader.error('"{% %}" is empty. Write a directive in it, or remove it.', offset);
    const restOffset = reader.position + blank.length + word.length + gap.length;
    reader.position = end + 2;
    return { word, rest: reader.source.slice(restOffset, end), restOffset, offset };
  }

  #unclosed(opener: Directive): Error {
    const { line } = this.#reader.locate(opener.offset);
    const reason = `The "{% ${opener.word} %}" of line ${line} is not closed. Add "{% end %}".`;
    return this.#reader.error(reason, this.#reader.source.length);
  }

  #end(directive: Directive, { opener }: Surroundings): void {
    if (opener === undefined) {
      throw this.#reader.error('"{% end %}" closes nothing. Remove it, or open a block above it.', directive.offset);
    }
  }

  #checkIntermediate(directive: Directive, { opener }: Surroundings): void {
    const { word } = directive;
    const owners = intermediateOf.get(word)!;
    if (word === "else" && /^if\b/.test(directive.rest)) {
      throw this.#reader.error('"{% else if %}" is no directive. Write "{% elif … %}".', directive.offset);
    }
    if (opener !== undefined && owners.includes(opener.word)) return;
    const list = owners.map((owner) => `"{% ${owner} %}"`).join(", ");
    const where = opener === undefined ? "stands alone" : `cannot belong to "{% ${opener.word} %}"`;
    throw this.#reader.error(`"{% ${word} %}" ${where}. It belongs to ${list}.`, directive.offset);
  }

  #node(directive: Directive, surroundings: Surroundings): TemplateNode | undefined {
    const { word, offset } = directive;
    switch (word) {
      case "comment":
        return undefined;
      case "extends":
        this.#extends(directive, surroundings);
        return undefined;
      case "args":
        this.#setArgs(directive, surroundings);
        return undefined;
      case "autoescape":
        this.#setAutoescape(directive);
        return undefined;
      case "whitespace":
        this.#setWhitespace(directive);
        return undefined;
      case "include":
        return { kind: "include", reference: { name: this.#fileName(directive), offset } };
      case "raw":
        return this.#parseRest(directive, "an expression", (text) =>
          this.#expressionNode(text, directive.restOffset, false, surroundings),
        );
      case "set":
        return this.#set(directive);
      case "module":
        return this.#module(directive);
      case "break":
      case "continue":
        this.#requireNothing(directive);
        if (surroundings.inLoop) return { kind: word, offset };
        throw this.#reader.error(`"{% ${word} %}" is not in a loop. Put it into "{% for %}" or "{% while %}".`, offset);
      case "if":
        return this.#if(directive, surroundings);
      case "for":
        return this.#for(directive, surroundings);
      case "while":
        return this.#while(directive, surroundings);
      case "try":
        return this.#try(directive, surroundings);
      case "apply":
        return this.#apply(directive, surroundings);
      case "block":
        return this.#block(directive, surroundings);
      default:
        throw this.#unknown(directive);
    }
  }

  #unknown({ word, rest, offset }: Directive): Error {
    const written = word === "" ? rest.trim() : word;
    const isEnd = /^end\w+$/.test(word);
    const hint = isEnd
      ? 'Everything closes with "{% end %}".'
      : (hints.get(word) ?? "See the template guide for the directives.");
    return this.#reader.error(`"{% ${written} %}" is no directive. ${hint}`, offset);
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

  #wholeExpression(directive: Directive, expected: string): Expression {
    return this.#parseRest(directive, expected, (text) => parseExpressionText(text, directive.restOffset));
  }

  #requireNothing({ word, rest, restOffset }: Directive): void {
    if (rest.trim() === "") return;
    throw this.#reader.error(`"{% ${word} %}" takes nothing, but has "${rest.trim()}". Remove it.`, restOffset);
  }

  #fileName({ word, rest, offset }: Directive): string {
    const name = rest.trim().replace(/^(["'])(.*)\1$/, "$2");
    if (name === "")
      throw this.#reader.error(
        `"{% ${word} %}" needs the name of a template. Write {% ${word} "name.html" %}.`,
        offset,
      );
    return name;
  }

  #extends(directive: Directive, { opener }: Surroundings): void {
    const { offset } = directive;
    if (opener !== undefined)
      throw this.#reader.error('"{% extends %}" stands inside another directive. Put it at the top.', offset);
    if (this.#parent !== undefined)
      throw this.#reader.error('A template extends one other only. Remove this "{% extends %}".', offset);
    this.#parent = { name: this.#fileName(directive), offset };
  }

  #setArgs({ restOffset, offset }: Directive, { opener }: Surroundings): void {
    const reader = this.#reader;
    if (opener !== undefined) {
      throw reader.error('"{% args %}" stands inside another directive. Put it at the top.', offset);
    }
    if (this.#args !== undefined) {
      throw reader.error('A template declares what it needs once. Join both "{% args %}".', offset);
    }
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
    this.#args = { text, offset: restOffset };
  }

  #setAutoescape({ rest, restOffset, offset }: Directive): void {
    const name = rest.trim();
    if (!/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name)) {
      throw this.#reader.error(
        '"{% autoescape %}" needs the name of a function, or None.',
        name === "" ? offset : restOffset,
      );
    }
    this.#autoescape = name === "None" || name === "null" ? null : name;
    this.#autoescapeOffset = offset;
  }

  #setWhitespace({ rest, offset }: Directive): void {
    const mode = rest.trim();
    if (!isWhitespaceMode(mode)) {
      throw this.#reader.error(`"{% whitespace ${mode} %}" is unknown. Write "all", "single" or "oneline".`, offset);
    }
    this.#whitespace = mode;
  }

  #set(directive: Directive): TemplateNode {
    const expression = this.#wholeExpression(directive, 'an assignment such as "name = value"');
    const { node } = expression;
    const parts = node.type === "SequenceExpression" ? (node.expressions as { type: string }[]) : [node];
    for (const part of parts) {
      if (part.type === "AssignmentExpression" || part.type === "UpdateExpression") continue;
      const isTuple = parts.length > 1;
      const todo = isTuple
        ? 'To take a list apart, write "{% set [a, b] = list %}".'
        : 'Write "{% set name = value %}".';
      throw this.#reader.error(`"${expression.text}" is no assignment. ${todo}`, expression.offset);
    }
    for (const { name, assigned } of expression.names) if (assigned) this.#assignedNames.add(name);
    return { kind: "set", expression };
  }

  #module(directive: Directive): TemplateNode {
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

  #if(directive: Directive, surroundings: Surroundings): TemplateNode {
    const branches: Branch[] = [];
    let otherwise: TemplateNode[] | undefined;
    let current = directive;
    for (;;) {
      const isElse = current.word === "else";
      if (isElse) this.#requireNothing(current);
      const test = isElse ? undefined : this.#wholeExpression(current, "a condition");
      const { body, next } = this.#section({ ...surroundings, opener: directive });
      if (test === undefined) otherwise = body;
      else branches.push({ test, body });
      if (next === undefined) return { kind: "if", branches, otherwise };
      if (isElse) throw this.#afterElse(next);
      current = next;
    }
  }

  #afterElse(directive: Directive): Error {
    return this.#reader.error(`"{% ${directive.word} %}" comes after "{% else %}". Put it before.`, directive.offset);
  }

  #for(directive: Directive, surroundings: Surroundings): TemplateNode {
    const { pattern, iterable } = this.#parseRest(directive, '"item of items"', (text) =>
      this.#loopHead(text, directive),
    );
    const { body, otherwise } = this.#loopBody(directive, surroundings);
    return { kind: "for", pattern, iterable, body, otherwise };
  }

  #loopHead(text: string, directive: Directive): { pattern: Pattern; iterable: Expression } {
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

  #while(directive: Directive, surroundings: Surroundings): TemplateNode {
    const test = this.#wholeExpression(directive, "a condition");
    const { body, otherwise } = this.#loopBody(directive, surroundings);
    return { kind: "while", test, body, otherwise };
  }

  #loopBody(
    directive: Directive,
    surroundings: Surroundings,
  ): { readonly body: TemplateNode[]; readonly otherwise: TemplateNode[] | undefined } {
    const { body, next } = this.#section({ ...surroundings, opener: directive, inLoop: true });
    if (next === undefined) return { body, otherwise: undefined };
    this.#requireNothing(next);
    const last = this.#section({ ...surroundings, opener: directive });
    if (last.next !== undefined) throw this.#afterElse(last.next);
    return { body, otherwise: last.body };
  }

  #try(directive: Directive, surroundings: Surroundings): TryNode {
    this.#requireNothing(directive);
    const inside = { ...surroundings, opener: directive };
    const first = this.#section(inside);
    let handler: TryNode["handler"];
    let otherwise: TemplateNode[] | undefined;
    let finalizer: TemplateNode[] | undefined;
    for (let part = first.next; part !== undefined; ) {
      if (finalizer !== undefined) {
        throw this.#reader.error(`"{% ${part.word} %}" comes after "{% finally %}". Put it before.`, part.offset);
      }
      const parameter = part.word === "except" ? this.#caught(part) : this.#requireNothing(part);
      if (part.word === "except" && (handler !== undefined || otherwise !== undefined)) {
        const reason = 'A "{% try %}" has one "{% except %}", before "{% else %}". Tell the errors apart inside it.';
        throw this.#reader.error(reason, part.offset);
      }
      if (part.word === "else" && (handler === undefined || otherwise !== undefined)) {
        throw this.#reader.error('"{% else %}" of a "{% try %}" comes once, after "{% except %}".', part.offset);
      }
      const { body, next } = this.#section(inside);
      if (part.word === "except") handler = { parameter: parameter as Pattern | undefined, body };
      else if (part.word === "else") otherwise = body;
      else finalizer = body;
      part = next;
    }
    if (handler === undefined && finalizer === undefined) {
      throw this.#reader.error('"{% try %}" needs "{% except %}" or "{% finally %}". Add one.', directive.offset);
    }
    return { kind: "try", body: first.body, handler, otherwise, finalizer };
  }

  #caught(directive: Directive): Pattern | undefined {
    const { rest, restOffset } = directive;
    if (rest.trim() === "") return undefined;
    if (/^[\w$.]+\s+as\s+[\w$]+\s*$/.test(rest)) {
      const reason =
        'JavaScript does not select errors by class. Write "{% except error %}" and test "error instanceof …" inside.';
      throw this.#reader.error(reason, restOffset);
    }
    return this.#parseRest(directive, "a name", (text) => parsePatternText(text, restOffset));
  }

  #apply(directive: Directive, surroundings: Surroundings): TemplateNode {
    const transform = this.#wholeExpression(directive, "a function");
    // What apply prints is collected apart, so a jump out of it would lose text.
    const { body } = this.#section({ ...surroundings, opener: directive, inLoop: false });
    return { kind: "apply", transform, body };
  }

  #block(directive: Directive, surroundings: Surroundings): TemplateNode {
    const name = directive.rest.trim();
    if (!/^[\p{L}\p{N}_$-]+$/u.test(name)) {
      const reason = name === "" ? '"{% block %}" needs a name.' : `"${name}" is no name for a block.`;
      throw this.#reader.error(`${reason} Write "{% block title %}".`, directive.offset);
    }
    // The block that opens last wins, even over one that it stands in, as in Tornado.
    this.#blocks.delete(name);
    const { body } = this.#section({ ...surroundings, opener: directive, inBlock: true });
    const block: BlockNode = { kind: "block", name, body, offset: directive.offset };
    if (!this.#blocks.has(name)) this.#blocks.set(name, block);
    return block;
  }
}
