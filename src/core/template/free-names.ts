/** Scope analysis of a JavaScript expression: which names does it use that it does not declare itself? */

import { blockNames, child, childrenOf, hoistedNames, patternNames, type SyntaxNode } from "./syntax-node.js";

/** One use of a name from outside. */
export interface FreeName {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** Whether the use is sure to be evaluated, and first: not behind `&&`, `?:`, or in a function. */
  readonly certain: boolean;
  /** `{ name }`, which must become `{ name: … }` when the name is replaced. */
  readonly shorthand: boolean;
  /** How the use assigns to it: `=`, an operator that needs the old value, or one that asks whether there is a value. */
  readonly assigned: Assignment | undefined;
  /** `typeof name`, which asks about names that need not exist. */
  readonly typeofOperand: boolean;
}

/** Ways to assign to a name. */
export type Assignment = "write" | "update" | "logical";

/** Something in an expression that a template cannot have. */
export interface Refusal {
  readonly what: string;
  readonly start: number;
}

interface Analysis {
  readonly names: FreeName[];
  readonly declared: string[];
  readonly refusals: Refusal[];
  awaits: boolean;
}

/** Names that the expression itself declares, from the inside out. */
interface Scope {
  readonly names: Set<string>;
  readonly outer: Scope | undefined;
}

interface Place {
  readonly scope: Scope | undefined;
  readonly certain: boolean;
  /** Inside a function of the expression's own, where `await` is that function's affair. */
  readonly inFunction: boolean;
  /** Inside a function that has a `this` and `arguments` of its own. */
  readonly inOrdinaryFunction: boolean;
}

/**
 * Finds the free names of an expression, or of a pattern.
 *
 * @param options - `asPattern`: the identifiers of the pattern are declared, not used.
 */
export function findFreeNames(node: SyntaxNode, options: { readonly asPattern?: boolean }): Readonly<Analysis> {
  const analysis: Analysis = { names: [], declared: [], refusals: [], awaits: false };
  const place: Place = { scope: undefined, certain: true, inFunction: false, inOrdinaryFunction: false };
  if (options.asPattern) {
    analysis.declared.push(...patternNames(node));
    visitPatternDefaults(node, place, analysis);
  } else {
    visit(node, place, analysis);
  }
  analysis.names.sort((a, b) => a.start - b.start);
  return analysis;
}

function visit(node: SyntaxNode, place: Place, analysis: Analysis): void {
  switch (node.type) {
    case "Identifier":
      use(node, place, analysis, {});
      return;
    case "MemberExpression":
      visit(child(node, "object"), place, analysis);
      if (node.computed) visit(child(node, "property"), maybe(place), analysis);
      return;
    case "Property":
    case "PropertyDefinition":
    case "MethodDefinition":
      visitProperty(node, place, analysis);
      return;
    case "LogicalExpression":
      visit(child(node, "left"), place, analysis);
      visit(child(node, "right"), maybe(place), analysis);
      return;
    case "ConditionalExpression":
      visit(child(node, "test"), place, analysis);
      visit(child(node, "consequent"), maybe(place), analysis);
      visit(child(node, "alternate"), maybe(place), analysis);
      return;
    case "ChainExpression":
      visitChildren(node, maybe(place), analysis);
      return;
    case "UnaryExpression": {
      const operand = child(node, "argument");
      if (node.operator === "typeof" && operand.type === "Identifier") {
        use(operand, place, analysis, { typeofOperand: true });
      } else {
        visit(operand, place, analysis);
      }
      return;
    }
    case "AssignmentExpression":
      visitAssigned(child(node, "left"), place, analysis, { assigned: assignmentOf(node.operator as string) });
      visit(child(node, "right"), node.operator === "=" ? place : maybe(place), analysis);
      return;
    case "UpdateExpression":
      visitAssigned(child(node, "argument"), place, analysis, { assigned: "update" });
      return;
    case "ArrowFunctionExpression":
    case "FunctionExpression":
    case "FunctionDeclaration":
      visitFunction(node, place, analysis);
      return;
    case "ClassExpression":
    case "ClassDeclaration":
      visitClass(node, place, analysis);
      return;
    case "BlockStatement":
    case "StaticBlock":
    case "ForStatement":
    case "ForInStatement":
    case "ForOfStatement":
    case "SwitchStatement":
      visitChildren(node, { ...maybe(place), scope: openScope(blockNames(node), place.scope) }, analysis);
      return;
    case "CatchClause": {
      const parameter = node.param as SyntaxNode | null;
      const names = parameter === null ? [] : patternNames(parameter);
      const inside = { ...maybe(place), scope: openScope(names, place.scope) };
      if (parameter !== null) visitPatternDefaults(parameter, inside, analysis);
      visit(child(node, "body"), inside, analysis);
      return;
    }
    case "VariableDeclarator": {
      visitPatternDefaults(child(node, "id"), place, analysis);
      const value = node.init as SyntaxNode | null;
      if (value !== null) visit(value, place, analysis);
      return;
    }
    case "LabeledStatement":
      visit(child(node, "body"), place, analysis);
      return;
    case "BreakStatement":
    case "ContinueStatement":
    case "MetaProperty":
      if (node.type === "MetaProperty" && !place.inOrdinaryFunction)
        refuse(node, "import.meta and new.target", analysis);
      return;
    case "AwaitExpression":
      if (!place.inFunction) analysis.awaits = true;
      visitChildren(node, place, analysis);
      return;
    case "ThisExpression":
      if (!place.inOrdinaryFunction) refuse(node, '"this"', analysis);
      return;
    case "ImportExpression":
      refuse(node, "import()", analysis);
      return;
    default:
      visitChildren(node, place, analysis);
  }
}

function use(node: SyntaxNode, place: Place, analysis: Analysis, how: Partial<FreeName>): void {
  const name = node.name as string;
  if (isDeclared(name, place.scope) || (name === "arguments" && place.inOrdinaryFunction)) return;
  const { shorthand = false, assigned, typeofOperand = false } = how;
  const certain = place.certain && !place.inFunction;
  analysis.names.push({ name, start: node.start, end: node.end, certain, shorthand, assigned, typeofOperand });
}

function visitProperty(node: SyntaxNode, place: Place, analysis: Analysis): void {
  if (node.computed) visit(child(node, "key"), place, analysis);
  const value = node.value as SyntaxNode | null;
  if (value === null) return;
  if (node.shorthand && value.type === "Identifier") use(value, place, analysis, { shorthand: true });
  else visit(value, node.type === "PropertyDefinition" ? insideFunction(place, true) : place, analysis);
}

function assignmentOf(operator: string): Assignment {
  if (operator === "=") return "write";
  return operator === "??=" || operator === "||=" || operator === "&&=" ? "logical" : "update";
}

/** Visits the target of an assignment: its identifiers are written, its members and defaults are read. */
function visitAssigned(
  node: SyntaxNode,
  place: Place,
  analysis: Analysis,
  how: { readonly assigned: Assignment; readonly shorthand?: boolean },
): void {
  const { assigned } = how;
  switch (node.type) {
    case "Identifier":
      use(node, place, analysis, how);
      return;
    case "ObjectPattern":
      for (const property of node.properties as SyntaxNode[]) {
        if (property.type === "RestElement") {
          visitAssigned(child(property, "argument"), place, analysis, { assigned });
          continue;
        }
        if (property.computed) visit(child(property, "key"), place, analysis);
        visitAssigned(child(property, "value"), place, analysis, { assigned, shorthand: property.shorthand === true });
      }
      return;
    case "ArrayPattern":
      for (const element of node.elements as (SyntaxNode | null)[]) {
        if (element !== null) visitAssigned(element, place, analysis, { assigned });
      }
      return;
    case "RestElement":
      visitAssigned(child(node, "argument"), place, analysis, { assigned });
      return;
    case "ParenthesizedExpression":
      visitAssigned(child(node, "expression"), place, analysis, { assigned });
      return;
    case "AssignmentPattern":
      visitAssigned(child(node, "left"), place, analysis, how);
      visit(child(node, "right"), maybe(place), analysis);
      return;
    default:
      visit(node, place, analysis);
  }
}

function visitFunction(node: SyntaxNode, place: Place, analysis: Analysis): void {
  const parameters = node.params as SyntaxNode[];
  const body = child(node, "body");
  const ownName = node.type === "FunctionExpression" ? (node.id as SyntaxNode | null) : null;
  const names = [...parameters.flatMap(patternNames), ...hoistedNames(body)];
  if (ownName !== null) names.push(ownName.name as string);
  const isOrdinary = node.type !== "ArrowFunctionExpression";
  const inside = { ...insideFunction(place, isOrdinary), scope: openScope(names, place.scope) };
  for (const parameter of parameters) visitPatternDefaults(parameter, inside, analysis);
  visit(body, inside, analysis);
}

function visitClass(node: SyntaxNode, place: Place, analysis: Analysis): void {
  const ownName = node.id as SyntaxNode | null;
  const inside = { ...place, scope: openScope(ownName === null ? [] : [ownName.name as string], place.scope) };
  const parent = node.superClass as SyntaxNode | null;
  if (parent !== null) visit(parent, inside, analysis);
  visitChildren(child(node, "body"), inside, analysis);
}

/** Visits what a declaring pattern reads: its default values and computed keys. */
function visitPatternDefaults(node: SyntaxNode, place: Place, analysis: Analysis): void {
  switch (node.type) {
    case "ObjectPattern":
      for (const property of node.properties as SyntaxNode[]) {
        if (property.type === "Property" && property.computed) visit(child(property, "key"), place, analysis);
        visitPatternDefaults(child(property, property.type === "Property" ? "value" : "argument"), place, analysis);
      }
      return;
    case "ArrayPattern":
      for (const element of node.elements as (SyntaxNode | null)[]) {
        if (element !== null) visitPatternDefaults(element, place, analysis);
      }
      return;
    case "RestElement":
      visitPatternDefaults(child(node, "argument"), place, analysis);
      return;
    case "AssignmentPattern":
      visitPatternDefaults(child(node, "left"), place, analysis);
      visit(child(node, "right"), maybe(place), analysis);
      return;
    default:
  }
}

function visitChildren(node: SyntaxNode, place: Place, analysis: Analysis): void {
  for (const one of childrenOf(node)) visit(one, place, analysis);
}

function openScope(names: readonly string[], outer: Scope | undefined): Scope {
  return { names: new Set(names), outer };
}

function isDeclared(name: string, scope: Scope | undefined): boolean {
  for (let one = scope; one !== undefined; one = one.outer) if (one.names.has(name)) return true;
  return false;
}

function maybe(place: Place): Place {
  return place.certain ? { ...place, certain: false } : place;
}

function insideFunction(place: Place, isOrdinary: boolean): Place {
  return { ...place, inFunction: true, inOrdinaryFunction: place.inOrdinaryFunction || isOrdinary };
}

function refuse(node: SyntaxNode, what: string, analysis: Analysis): void {
  analysis.refusals.push({ what, start: node.start });
}
