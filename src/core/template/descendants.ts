/** Walks through what a template consists of. */

import type { Reference, TemplateNode } from "./nodes.js";

/** Nodes and all that stands inside them, at whatever depth, from the top down. */
export function* descendantsOf(nodes: readonly TemplateNode[]): Generator<TemplateNode> {
  for (const node of nodes) {
    yield node;
    for (const body of bodiesOf(node)) yield* descendantsOf(body);
  }
}

/** What nodes include. */
export function* includesOf(nodes: readonly TemplateNode[]): Generator<Reference> {
  for (const node of descendantsOf(nodes)) if (node.kind === "include") yield node.reference;
}

function bodiesOf(node: TemplateNode): (readonly TemplateNode[])[] {
  const bodies: (readonly TemplateNode[] | undefined)[] = [];
  if (node.kind === "if") bodies.push(...node.branches.map(({ body }) => body), node.otherwise);
  else if (node.kind === "for" || node.kind === "while") bodies.push(node.body, node.otherwise);
  else if (node.kind === "try") bodies.push(node.body, node.handler?.body, node.otherwise, node.finalizer);
  else if (node.kind === "apply" || node.kind === "block") bodies.push(node.body);
  return bodies.filter((body) => body !== undefined);
}
