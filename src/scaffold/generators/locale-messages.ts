/** Finds the messages of an app that are to be translated: in the calls of `_`, `translate` and `pgettext`. */

import type { Node } from "acorn";
import { TornadoError, toError } from "../../core/errors.js";
import { type DateMessage, dateMessages, dayMessages } from "../../core/locale/format-date.js";
import { listMessage } from "../../core/locale/locale.js";
import type { Expression } from "../../core/template/expression.js";
import { parseTemplate } from "../../core/template/parser.js";
import { type AnyNode, parseSource } from "./source-tree.js";

/** A message as one call has it. */
export interface FoundMessage {
  /** `""` for none. */
  readonly context: string;
  readonly message: string;
  readonly plural: string | undefined;
  /** Counted from 1. */
  readonly line: number;
}

/** What was found in a file. */
export interface FoundMessages {
  readonly messages: readonly FoundMessage[];
  /** Lines of calls whose message is made at run time, which nobody can translate ahead. */
  readonly unreadable: readonly number[];
}

/**
 * Finds the messages of a template, in all of its expressions.
 *
 * @throws ParseError when it is no template.
 */
export function templateMessages(name: string, file: string, source: string): FoundMessages {
  const { body, reader } = parseTemplate({ name, file, source, whitespace: "all" });
  const calls = new Calls();
  for (const { node, offset } of expressionsIn(body)) {
    // Within an expression, offsets count from its braces, and `offset` is that of its own start.
    calls.visit(node as unknown as Node, ({ start }) => reader.locate(offset + start - node.start).line);
  }
  return calls.found();
}

/**
 * Finds the messages of a source in TypeScript or JavaScript.
 *
 * @throws TornadoError `BAD_SOURCE` when it cannot be parsed.
 */
export function sourceMessages(path: string, source: string): FoundMessages {
  const calls = new Calls();
  try {
    const { program, placeOf } = parseSource(path, source);
    calls.visit(program, (node) => placeOf(node).line);
  } catch (thrown) {
    const [reason = ""] = toError(thrown).message.split("\n").slice(-1);
    throw new TornadoError("BAD_SOURCE", `The messages of "${path}" cannot be read: ${reason}. Correct the file.`, {
      cause: thrown,
    });
  }
  return calls.found();
}

function* expressionsIn(value: unknown): Generator<Expression> {
  if (typeof value !== "object" || value === null) return;
  if ("node" in value && "names" in value && "offset" in value) yield value as Expression;
  else for (const child of Object.values(value)) yield* expressionsIn(child);
}

class Calls {
  readonly #messages: FoundMessage[] = [];
  readonly #unreadable: number[] = [];

  found(): FoundMessages {
    return { messages: this.#messages, unreadable: this.#unreadable };
  }

  /** Looks at every call below a node. */
  visit(value: unknown, lineOf: (node: Node) => number): void {
    if (typeof value !== "object" || value === null || value instanceof RegExp) return;
    const node = value as AnyNode;
    if (node.type === "CallExpression") {
      this.#call(node, lineOf);
      for (const one of builtInMessages(node.callee as AnyNode)) {
        this.#messages.push({ context: "", plural: undefined, ...one, line: lineOf(node) });
      }
    }
    for (const child of Object.values(value)) this.visit(child, lineOf);
  }

  #call(node: AnyNode, lineOf: (node: Node) => number): void {
    const name = calledName(node.callee as AnyNode);
    if (name === undefined) return;
    const texts = (node.arguments as AnyNode[]).slice(0, name === "pgettext" ? 3 : 2).map(textOf);
    const [message, plural] = name === "pgettext" ? texts.slice(1) : texts;
    const context = name === "pgettext" ? texts[0] : "";
    if (texts.length === 0) return;
    // A plural that is no text makes the call unreadable as well; one that is left out does not.
    const isReadable = context !== undefined && message !== undefined && texts.every((text) => text !== undefined);
    if (!isReadable) this.#unreadable.push(lineOf(node));
    else if (message !== "") this.#messages.push({ context, message, plural, line: lineOf(node) });
  }
}

/** `_(…)`, `pgettext(…)`, and `locale.translate(…)` or `pgettext` of whatever object. */
function calledName(callee: AnyNode): string | undefined {
  const isMember = callee.type === "MemberExpression" && callee.computed === false;
  const { type, name } = (isMember ? callee.property : unwrapped(callee)) as AnyNode & { name: string };
  if (type !== "Identifier") return undefined;
  return name === "pgettext" || name === (isMember ? "translate" : "_") ? name : undefined;
}

/** What the methods of a locale translate themselves: `….formatDate()`, `….formatDay()`, `….locale.list()`. */
function builtInMessages(callee: AnyNode): readonly DateMessage[] {
  if (callee.type !== "MemberExpression" || callee.computed !== false) return [];
  const method = (callee.property as AnyNode & { name?: string }).name;
  if (method === "formatDate") return dateMessages;
  if (method === "formatDay") return dayMessages;
  const { name, property } = callee.object as AnyNode & { name?: string; property?: { readonly name?: string } };
  return method === "list" && (name ?? property?.name) === "locale" ? [{ message: listMessage }] : [];
}

/** The text of a literal, of a template without expressions, and of such ones joined by `+`. */
function textOf(argument: AnyNode): string | undefined {
  const node = unwrapped(argument) as AnyNode & { value: unknown; operator: string; left: AnyNode; right: AnyNode };
  if (node.type === "Literal") return typeof node.value === "string" ? node.value : undefined;
  if (node.type === "TemplateLiteral") {
    const quasis = node.quasis as readonly { readonly value: { readonly cooked: string } }[];
    return quasis.length === 1 ? quasis[0]!.value.cooked : undefined;
  }
  if (node.type !== "BinaryExpression" || node.operator !== "+") return undefined;
  const [left, right] = [textOf(node.left), textOf(node.right)];
  return left === undefined || right === undefined ? undefined : left + right;
}

function unwrapped(node: AnyNode): AnyNode {
  return node.type === "ParenthesizedExpression" ? unwrapped(node.expression as AnyNode) : node;
}
