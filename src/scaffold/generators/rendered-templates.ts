/** Finds the templates that the classes of a source render, where their names stand in the source. */

import { type AnyNode, parseSource, type SourcePlace } from "./source-tree.js";

/** A name given to `this.render` or `this.renderString`. */
export interface RenderedTemplate extends SourcePlace {
  readonly name: string;
  readonly method: string;
  /** The class in whose method it stands. */
  readonly className: string;
}

/** Names that are made at run time are left out, as are those in a function whose `this` may be anything. */
export function renderedTemplates(path: string, source: string): RenderedTemplate[] {
  const { program, placeOf } = parseSource(path, source);
  return [...callsIn(program, undefined)].flatMap(({ className, method, argument }) =>
    namesIn(argument).map(({ name, node }) => ({ name, method, className, ...placeOf(node) })),
  );
}

interface Call {
  readonly className: string;
  readonly method: string;
  readonly argument: AnyNode;
}

/** Goes through everything below a node; `owner` is the name of the class whose instance `this` is. */
function* callsIn(value: unknown, owner: string | undefined): Generator<Call> {
  if (typeof value !== "object" || value === null || value instanceof RegExp) return;
  const node = value as AnyNode;
  switch (node.type) {
    case "CallExpression":
      if (owner !== undefined) yield* renderCall(node, owner);
      break;
    case "ClassDeclaration":
    case "ClassExpression":
      yield* callsOfClass(node);
      return;
    case "FunctionDeclaration":
    case "FunctionExpression":
      owner = undefined;
      break;
  }
  for (const child of Object.values(node)) yield* callsIn(child, owner);
}

/** A class that extends none is no handler, whatever its methods are called. */
function* callsOfClass({ id, superClass, body }: AnyNode): Generator<Call> {
  // esbuild calls a class that has decorators, or mentions itself, by its name and an underscore.
  const name = superClass === null ? undefined : (id as { name: string } | null)?.name.replace(/^_/, "");
  for (const member of (body as { body: AnyNode[] }).body) {
    const owner = member.static === true ? undefined : name;
    const value = member.value as AnyNode | null | undefined;
    // A method is a function whose `this` is known.
    if (member.type === "MethodDefinition") yield* callsIn([value?.params, value?.body], owner);
    else yield* callsIn(member, owner);
  }
}

function* renderCall(call: AnyNode, className: string): Generator<Call> {
  const callee = call.callee as AnyNode;
  if (callee.type !== "MemberExpression" || callee.computed === true) return;
  const { type } = callee.object as AnyNode;
  const { name: method } = callee.property as { readonly name?: string };
  const [argument] = call.arguments as AnyNode[];
  const isOwn = type === "ThisExpression" || type === "Super";
  if (!isOwn || argument === undefined || (method !== "render" && method !== "renderString")) return;
  yield { className, method, argument };
}

/** A text, or those of both branches of a condition. */
function namesIn(node: AnyNode): { name: string; node: AnyNode }[] {
  if (node.type === "Literal") return typeof node.value === "string" ? [{ name: node.value, node }] : [];
  if (node.type === "ConditionalExpression") {
    return [...namesIn(node.consequent as AnyNode), ...namesIn(node.alternate as AnyNode)];
  }
  if (node.type !== "TemplateLiteral") return [];
  const quasis = node.quasis as readonly { readonly value: { readonly cooked: string } }[];
  return quasis.length === 1 ? [{ name: quasis[0]!.value.cooked, node }] : [];
}
