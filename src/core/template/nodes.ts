/** What a parsed template consists of. */

import type { Expression, Pattern } from "./expression.js";
import type { TemplateReader } from "./reader.js";

/** One template file, parsed. */
export interface TemplateFile {
  /** Name relative to the root of its loader. */
  readonly name: string;
  readonly reader: TemplateReader;
  readonly body: readonly TemplateNode[];
  /** The template that this one fills in. */
  readonly parent: Reference | undefined;
  /** The blocks by name; of two with the same name the later one. */
  readonly blocks: ReadonlyMap<string, BlockNode>;
  /** Name of the function that escapes `{{ }}`, or `null`; `undefined` leaves it to who renders. */
  readonly autoescape: string | null | undefined;
  /** Where the file says so, or 0. */
  readonly autoescapeOffset: number;
  /** Names that the file sets. */
  readonly assignedNames: ReadonlySet<string>;
  /** The type of what it needs, if it says so. */
  readonly args: ArgumentsType | undefined;
}

/** The TypeScript type of `{% args %}`: only `tornado check` looks at it. */
export interface ArgumentsType {
  readonly text: string;
  /** Where the type begins. */
  readonly offset: number;
}

/** A template named by another. */
export interface Reference {
  readonly name: string;
  /** Where it is named. */
  readonly offset: number;
}

/** Text that is printed as it is; its white space is already treated. */
export interface TextNode {
  readonly kind: "text";
  readonly text: string;
}

/** `{{ e }}` and `{% raw e %}`. */
export interface ExpressionNode {
  readonly kind: "expression";
  readonly expression: Expression;
  readonly isEscaped: boolean;
}

/** `{{ super() }}`: the same block in the parent template. */
export interface SuperNode {
  readonly kind: "super";
  readonly offset: number;
}

/** One `if` or `elif` with what it prints. */
export interface Branch {
  readonly test: Expression;
  readonly body: readonly TemplateNode[];
}

export interface IfNode {
  readonly kind: "if";
  readonly branches: readonly Branch[];
  readonly otherwise: readonly TemplateNode[] | undefined;
}

export interface ForNode {
  readonly kind: "for";
  readonly pattern: Pattern;
  readonly iterable: Expression;
  readonly body: readonly TemplateNode[];
  /** Printed when the loop was not left by `break`. */
  readonly otherwise: readonly TemplateNode[] | undefined;
}

export interface WhileNode {
  readonly kind: "while";
  readonly test: Expression;
  readonly body: readonly TemplateNode[];
  /** Printed when the loop was not left by `break`. */
  readonly otherwise: readonly TemplateNode[] | undefined;
}

export interface TryNode {
  readonly kind: "try";
  readonly body: readonly TemplateNode[];
  readonly handler: { readonly parameter: Pattern | undefined; readonly body: readonly TemplateNode[] } | undefined;
  /** Printed when the body did not throw; what it throws itself is not caught. */
  readonly otherwise: readonly TemplateNode[] | undefined;
  readonly finalizer: readonly TemplateNode[] | undefined;
}

export interface JumpNode {
  readonly kind: "break" | "continue";
  readonly offset: number;
}

export interface SetNode {
  readonly kind: "set";
  readonly expression: Expression;
}

export interface ApplyNode {
  readonly kind: "apply";
  readonly transform: Expression;
  readonly body: readonly TemplateNode[];
}

/** An argument of a UI module; `isSpread` for `...values`. */
export interface ModuleArgument {
  readonly expression: Expression;
  readonly isSpread: boolean;
}

export interface ModuleNode {
  readonly kind: "module";
  readonly name: string;
  readonly values: readonly ModuleArgument[];
  readonly offset: number;
}

export interface IncludeNode {
  readonly kind: "include";
  readonly reference: Reference;
}

export interface BlockNode {
  readonly kind: "block";
  readonly name: string;
  readonly body: readonly TemplateNode[];
  readonly offset: number;
}

export type TemplateNode =
  | TextNode
  | ExpressionNode
  | SuperNode
  | IfNode
  | ForNode
  | WhileNode
  | TryNode
  | JumpNode
  | SetNode
  | ApplyNode
  | ModuleNode
  | IncludeNode
  | BlockNode;
