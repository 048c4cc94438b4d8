/** A JavaScript syntax tree, and the names that its patterns, blocks and functions declare. */

/** A node of the syntax tree, as acorn gives it (the ESTree form). */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** The names that a pattern declares. */
export function patternNames(node: SyntaxNode): string[] {
  switch (node.type) {
    case "Identifier":
      return [node.name as string];
    case "ObjectPattern":
      return (node.properties as SyntaxNode[]).flatMap((property) =>
        patternNames(child(property, property.type === "Property" ? "value" : "argument")),
      );
    case "ArrayPattern":
      return (node.elements as (SyntaxNode | null)[]).flatMap((element) =>
        element === null ? [] : patternNames(element),
      );
    case "RestElement":
      return patternNames(child(node, "argument"));
    case "AssignmentPattern":
      return patternNames(child(node, "left"));
    default:
      return [];
  }
}

/** What a block declares for itself: `let`, `const`, functions and classes directly in it. */
export function blockNames(node: SyntaxNode): string[] {
  const statements =
    node.type === "SwitchStatement"
      ? (node.cases as SyntaxNode[]).flatMap((one) => one.consequent as SyntaxNode[])
      : [...childrenOf(node)];
  return statements.flatMap((statement) => {
    if (statement.type === "VariableDeclaration") return declaredNames(statement);
    const isNamed = statement.type === "FunctionDeclaration" || statement.type === "ClassDeclaration";
    return isNamed ? [child(statement, "id").name as string] : [];
  });
}

/** What `var` declares anywhere in a function's body. */
export function hoistedNames(node: SyntaxNode): string[] {
  if (/Function|Class/.test(node.type)) return [];
  const own = node.type === "VariableDeclaration" && node.kind === "var" ? declaredNames(node) : [];
  return [...own, ...[...childrenOf(node)].flatMap(hoistedNames)];
}

function declaredNames(declaration: SyntaxNode): string[] {
  return (declaration.declarations as SyntaxNode[]).flatMap((one) => patternNames(child(one, "id")));
}

/** The nodes directly in a node, in the order of the source. */
export function* childrenOf(node: SyntaxNode): Generator<SyntaxNode> {
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) {
      for (const element of value) if (isSyntaxNode(element)) yield element;
    } else if (isSyntaxNode(value)) {
      yield value;
    }
  }
}

/** The node under a key which nodes of this type are sure to have. */
export function child(node: SyntaxNode, key: string): SyntaxNode {
  return node[key] as SyntaxNode;
}

function isSyntaxNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}
