/** Parses the JavaScript in a template and finds which of its names come from outside. */

import { type Node as AcornNode, parseExpressionAt, tokenizer, tokTypes } from "acorn";
import { type FreeName, findFreeNames } from "./free-names.js";
import type { TemplateReader } from "./reader.js";
import type { SyntaxNode } from "./syntax-node.js";

/** An expression of a template. Offsets of its names count from its own start. */
export interface Expression {
  /** As written, without blanks around it. */
  readonly text: string;
  /** Where it starts in the template file. */
  readonly offset: number;
  readonly node: SyntaxNode;
  /** Every use of a name that the expression does not declare itself, from left to right. */
  readonly names: readonly FreeName[];
  /** Whether it waits for a promise, outside of any function in it. */
  readonly awaits: boolean;
}

/** What stands before `in` of a loop, or after `except`: a name, or a pattern that takes a value apart. */
export interface Pattern {
  readonly text: string;
  readonly offset: number;
  /** The names that it declares. */
  readonly declared: readonly string[];
  /** Names from outside used in its default values. */
  readonly names: readonly FreeName[];
}

/** Why a text is no expression, and where. */
export class ExpressionSyntaxError extends Error {
  /** Offset into the text. */
  readonly at: number;
  /** Whether more text might make it one: the parser stopped at the end, or inside a string. */
  readonly incomplete: boolean;

  constructor(message: string, at: number, incomplete: boolean) {
    super(message);
    this.at = at;
    this.incomplete = incomplete;
  }
}

const options = {
  ecmaVersion: "latest",
  sourceType: "module",
  allowAwaitOutsideFunction: true,
  preserveParens: true,
} as const;

/** Parses a text that must be one whole expression. Throws `ExpressionSyntaxError`. */
export function parseExpressionText(text: string, offset: number): Expression {
  const node = parse(text);
  const { names, awaits, refusals } = findFreeNames(node, {});
  for (const { what, start } of refusals) throw new ExpressionSyntaxError(`A template has no ${what}`, start, false);
  refuseReservedNames(text, names);
  return {
    text: text.slice(node.start, node.end),
    offset: offset + node.start,
    node,
    names: shift(names, node.start),
    awaits,
  };
}

/** Parses a text that must be something a value can be assigned to. Throws `ExpressionSyntaxError`. */
export function parsePatternText(text: string, offset: number): Pattern {
  const before = "(";
  let arrow: SyntaxNode;
  try {
    arrow = parse(`${before}${text}) => 0`);
  } catch (error) {
    if (!(error instanceof ExpressionSyntaxError)) throw error;
    throw new ExpressionSyntaxError(error.message, Math.min(Math.max(error.at - 1, 0), text.length), error.incomplete);
  }
  const parameters = arrow.params as SyntaxNode[] | undefined;
  const first = parameters?.[0];
  if (arrow.type !== "ArrowFunctionExpression" || first === undefined || parameters!.length !== 1) {
    throw new ExpressionSyntaxError("Expected one name or pattern", 0, false);
  }
  if (first.type === "RestElement" || first.type === "AssignmentPattern") {
    throw new ExpressionSyntaxError("Expected a name or a pattern", 0, false);
  }
  const { names, declared } = findFreeNames(first, { asPattern: true });
  refuseReservedNames(text, shift(names, before.length));
  return {
    text: text.slice(first.start - 1, first.end - 1),
    offset: offset + first.start - 1,
    declared,
    names: shift(names, first.start),
  };
}

/** Names of the generated code's own, and names that strict code cannot declare. */
function refuseReservedNames(text: string, names: readonly FreeName[]): void {
  const own = text.search(/\b_tt_/);
  if (own !== -1) throw new ExpressionSyntaxError('Names that begin with "_tt_" are reserved', own, false);
  const strict = names.find(({ name }) => name === "eval" || name === "arguments");
  if (strict !== undefined) throw new ExpressionSyntaxError(`A template has no "${strict.name}"`, strict.start, false);
}

function shift(names: readonly FreeName[], by: number): FreeName[] {
  return names.map((name) => ({ ...name, start: name.start - by, end: name.end - by }));
}

function parse(text: string): SyntaxNode {
  let node: AcornNode;
  try {
    node = parseExpressionAt(text, 0, options);
    const rest = tokenizer(text.slice(node.end), options).getToken();
    if (rest.type !== tokTypes.eof) {
      const at = node.end + rest.start;
      throw new ExpressionSyntaxError(`Unexpected "${text.slice(at, node.end + rest.end)}"`, at, false);
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const at = "pos" in error && typeof error.pos === "number" ? error.pos : 0;
    const message = error.message.replace(/ \(\d+:\d+\)$/, "");
    const end = text.trimEnd().length;
    const isAtEnd = at >= end;
    throw new ExpressionSyntaxError(
      message === "Unexpected token" ? (isAtEnd ? "Unexpected end" : `Unexpected "${text[at]}"`) : message,
      Math.min(at, end),
      isAtEnd || message.startsWith("Unterminated"),
    );
  }
  return node as SyntaxNode;
}

/**
 * Finds the offset of the word that divides a loop's head, `in` or `of`, outside of any bracket.
 *
 * @returns Start and end of the word, or `undefined`.
 */
export function findLoopWord(text: string): { readonly start: number; readonly end: number } | undefined {
  let depth = 0;
  try {
    for (const token of tokenizer(text, options)) {
      if (token.type === tokTypes.parenL || token.type === tokTypes.bracketL || token.type === tokTypes.braceL) depth++;
      else if (token.type === tokTypes.parenR || token.type === tokTypes.bracketR || token.type === tokTypes.braceR)
        depth--;
      else if (depth === 0 && token.start > 0) {
        const word = text.slice(token.start, token.end);
        if (word === "in" || word === "of") return { start: token.start, end: token.end };
      }
    }
  } catch {
    // The caller says what is wrong with a head that has no such word.
  }
  return undefined;
}

/** As much of an expression as an error repeats; the line itself is shown below it. */
const longestShown = 100;

/** Makes the error at the place in the template where an expression goes wrong. */
export function expressionError(
  reader: TemplateReader,
  error: ExpressionSyntaxError,
  text: string,
  offset: number,
): Error {
  const whole = text.trim();
  const shown = whole.length > longestShown ? `${whole.slice(0, longestShown)}…` : whole;
  return reader.error(`${error.message} in the expression "${shown}". Correct it.`, offset + error.at);
}
