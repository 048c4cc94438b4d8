/** Parses a template file: text, `{{ expressions }}`, `{% directives %}` and `{# comments #}` become nodes. */

import { type Directive, DirectiveReader } from "./directive-reader.js";
import type { Pattern } from "./expression.js";
import type { ArgumentsType, BlockNode, Branch, Reference, TemplateFile, TemplateNode, TryNode } from "./nodes.js";
import { TemplateReader } from "./reader.js";
import { filterWhitespace, isWhitespaceMode, type WhitespaceMode } from "./whitespace.js";

/** What is parsed, and how, unless the file says otherwise. */
export interface ParseOptions {
  /** Name relative to the root of its loader. */
  readonly name: string;
  /** Absolute path, or the name again when it is not a file. */
  readonly file: string;
  readonly source: string;
  /** Left out, it is the affair of who renders. */
  readonly autoescape?: string | null | undefined;
  readonly whitespace: WhitespaceMode;
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

function hintFor(written: string): string {
  if (/^end\w+$/.test(written)) return 'Everything closes with "{% end %}".';
  if (written.startsWith("-")) return 'White space is kept by file. Write "{% whitespace oneline %}".';
  return hints.get(written) ?? "See the template guide for the directives.";
}

/** Parses a template. Throws `ParseError` at the first thing that is wrong. */
export function parseTemplate(options: ParseOptions): TemplateFile {
  return new Parser(options).parse();
}

class Parser {
  readonly #name: string;
  readonly #reader: TemplateReader;
  readonly #directives: DirectiveReader;
  readonly #blocks = new Map<string, BlockNode>();
  readonly #assignedNames = new Set<string>();
  #whitespace: WhitespaceMode;
  #autoescape: string | null | undefined;
  #autoescapeOffset = 0;
  #parent: Reference | undefined;
  #args: ArgumentsType | undefined;

  constructor(options: ParseOptions) {
    this.#name = options.name;
    this.#reader = new TemplateReader(options.file, options.source);
    this.#directives = new DirectiveReader(this.#reader);
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
        this.#directives.comment(offset);
      } else if (opener === "{{") {
        body.push(this.#directives.print(offset, surroundings.inBlock));
      } else {
        const directive = this.#directives.directive(offset);
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
        return { kind: "include", reference: { name: this.#directives.fileName(directive), offset } };
      case "raw":
        return this.#directives.raw(directive, surroundings.inBlock);
      case "set":
        return this.#set(directive);
      case "module":
        return this.#directives.moduleCall(directive);
      case "break":
      case "continue":
        this.#directives.requireNothing(directive);
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
    return this.#reader.error(`"{% ${written} %}" is no directive. ${hintFor(written)}`, offset);
  }

  #extends(directive: Directive, { opener }: Surroundings): void {
    const { offset } = directive;
    if (opener !== undefined)
      throw this.#reader.error('"{% extends %}" stands inside another directive. Put it at the top.', offset);
    if (this.#parent !== undefined)
      throw this.#reader.error('A template extends one other only. Remove this "{% extends %}".', offset);
    this.#parent = { name: this.#directives.fileName(directive), offset };
  }

  #setArgs(directive: Directive, { opener }: Surroundings): void {
    const { offset } = directive;
    if (opener !== undefined) {
      throw this.#reader.error('"{% args %}" stands inside another directive. Put it at the top.', offset);
    }
    if (this.#args !== undefined) {
      throw this.#reader.error('A template declares what it needs once. Join both "{% args %}".', offset);
    }
    this.#args = this.#directives.argumentsType(directive);
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
    const expression = this.#directives.assignment(directive);
    for (const { name, assigned } of expression.names) if (assigned) this.#assignedNames.add(name);
    return { kind: "set", expression };
  }

  #if(directive: Directive, surroundings: Surroundings): TemplateNode {
    const branches: Branch[] = [];
    let otherwise: TemplateNode[] | undefined;
    let current = directive;
    for (;;) {
      const isElse = current.word === "else";
      if (isElse) this.#directives.requireNothing(current);
      const test = isElse ? undefined : this.#directives.expression(current, "a condition");
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
    const { pattern, iterable } = this.#directives.loopHead(directive);
    const { body, otherwise } = this.#loopBody(directive, surroundings);
    return { kind: "for", pattern, iterable, body, otherwise };
  }

  #while(directive: Directive, surroundings: Surroundings): TemplateNode {
    const test = this.#directives.expression(directive, "a condition");
    const { body, otherwise } = this.#loopBody(directive, surroundings);
    return { kind: "while", test, body, otherwise };
  }

  #loopBody(
    directive: Directive,
    surroundings: Surroundings,
  ): { readonly body: TemplateNode[]; readonly otherwise: TemplateNode[] | undefined } {
    const { body, next } = this.#section({ ...surroundings, opener: directive, inLoop: true });
    if (next === undefined) return { body, otherwise: undefined };
    this.#directives.requireNothing(next);
    const last = this.#section({ ...surroundings, opener: directive });
    if (last.next !== undefined) throw this.#afterElse(last.next);
    return { body, otherwise: last.body };
  }

  #try(directive: Directive, surroundings: Surroundings): TryNode {
    this.#directives.requireNothing(directive);
    const inside = { ...surroundings, opener: directive };
    const first = this.#section(inside);
    let handler: TryNode["handler"];
    let otherwise: TemplateNode[] | undefined;
    let finalizer: TemplateNode[] | undefined;
    for (let part = first.next; part !== undefined; ) {
      if (finalizer !== undefined) {
        throw this.#reader.error(`"{% ${part.word} %}" comes after "{% finally %}". Put it before.`, part.offset);
      }
      const parameter = part.word === "except" ? this.#directives.caught(part) : this.#directives.requireNothing(part);
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

  #apply(directive: Directive, surroundings: Surroundings): TemplateNode {
    const transform = this.#directives.expression(directive, "a function");
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
