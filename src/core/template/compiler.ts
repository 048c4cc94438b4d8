/**
 * Compiles a parsed template, with all that it extends and includes, to one JavaScript function.
 *
 * The function appends to a string and notes, before each dynamic part, its position as a number in a local variable:
 * measured, that costs next to nothing, for only an exception ever reads it. Everything is inlined, so that an included
 * template and an overriding block see the variables around them.
 */

import { type BlockScope, blockScopeOf, type FileResolver } from "./block-scope.js";
import { CodeWriter } from "./code-writer.js";
import type { Expression } from "./expression.js";
import { FileGraph } from "./file-graph.js";
import { NameBinding } from "./name-binding.js";
import type {
  ApplyNode,
  BlockNode,
  Branch,
  ExpressionNode,
  ForNode,
  IfNode,
  IncludeNode,
  JumpNode,
  ModuleNode,
  SuperNode,
  TemplateFile,
  TemplateNode,
  TryNode,
  WhileNode,
} from "./nodes.js";
import { PositionTable } from "./position-table.js";
import { type Escaper, writeProgram } from "./template-program.js";
import { optionalNames } from "./type-text.js";

/** A template as JavaScript source. */
export interface CompiledSource {
  /** An expression whose value is a `PrecompiledTemplate`. */
  readonly code: string;
  /** The files that take part, the template itself first. */
  readonly files: readonly TemplateFile[];
}

/** Compiles a template. Throws `ParseError` for what only shows when the files come together. */
export function compileTemplate(file: TemplateFile, resolve: FileResolver): CompiledSource {
  return new Compiler(file, resolve).compile();
}

/** Where in the tree of templates code is written for. */
interface Place {
  readonly file: TemplateFile;
  /** Position of the directive that brought the file in, or -1. */
  readonly via: number;
  readonly scope: BlockScope;
  /** The block being printed, and which of its definitions. */
  readonly block: { readonly name: string; readonly level: number } | undefined;
}

class Compiler {
  readonly #file: TemplateFile;
  readonly #resolve: FileResolver;
  readonly #graph: FileGraph;
  readonly #files: readonly TemplateFile[];
  readonly #names: NameBinding;
  readonly #code = new CodeWriter();
  readonly #positions: PositionTable;
  /** By the name of the escaping function. */
  readonly #escapers = new Map<string | undefined, Escaper>();
  /** For each loop around this point the variable that tells whether it ran to its end, if it has an `else`. */
  #loops: (string | undefined)[] = [];
  /** What is being inlined, to notice what contains itself. */
  readonly #inlined: string[] = [];
  #awaits = false;
  #counter = 0;

  constructor(file: TemplateFile, resolve: FileResolver) {
    this.#file = file;
    this.#resolve = resolve;
    this.#graph = new FileGraph(file, resolve);
    this.#files = this.#graph.files;
    this.#positions = new PositionTable(this.#files);
    this.#names = new NameBinding({
      variables: new Set(this.#files.flatMap(({ assignedNames }) => [...assignedNames])),
      optionalNames: optionalNames(this.#files.flatMap(({ args }) => (args === undefined ? [] : [args.text]))),
    });
  }

  compile(): CompiledSource {
    this.#graph.explain(() => this.#template(this.#file, -1));
    const code = writeProgram({
      name: this.#file.name,
      files: this.#files.map(({ name }) => name),
      positions: this.#positions.values,
      awaits: this.#awaits,
      names: this.#names,
      escapers: this.#escapers.values(),
      statements: this.#code.toString(),
    });
    return { code, files: this.#files };
  }

  /** Prints a template with all that it extends. */
  #template(template: TemplateFile, includedVia: number): void {
    const scope = blockScopeOf(template, this.#resolve);
    let file = template;
    let via = includedVia;
    while (file.parent !== undefined) {
      via = this.#position(file.parent.offset, { file, via });
      file = this.#resolve(file.parent, file);
    }
    this.#body(file.body, { file, via, scope, block: undefined });
  }

  #body(nodes: readonly TemplateNode[], place: Place): void {
    for (const node of nodes) this.#node(node, place);
  }

  #node(node: TemplateNode, place: Place): void {
    switch (node.kind) {
      case "text":
        this.#code.text(node.text);
        break;
      case "expression":
        this.#expression(node, place);
        break;
      case "super":
        this.#super(node, place);
        break;
      case "if":
        this.#if(node, place);
        break;
      case "for":
        this.#for(node, place);
        break;
      case "while":
        this.#while(node, place);
        break;
      case "try":
        this.#try(node, place);
        break;
      case "break":
      case "continue":
        this.#jump(node, place);
        break;
      case "set":
        this.#at(node.expression.offset, place);
        this.#noteAwait(node.expression);
        this.#code.line(this.#names.assign(node.expression, (offset) => this.#position(offset, place)));
        break;
      case "apply":
        this.#apply(node, place);
        break;
      case "module":
        this.#module(node, place);
        break;
      case "include":
        this.#include(node, place);
        break;
      case "block":
        this.#block(node, place);
        break;
    }
  }

  #expression({ expression, isEscaped }: ExpressionNode, place: Place): void {
    this.#at(expression.offset, place);
    const print = isEscaped ? this.#escaper(place) : "_tt_text";
    this.#code.print(`${print}(${this.#read(expression, place, true)})`);
  }

  #if({ branches, otherwise }: IfNode, place: Place): void {
    const [first, ...others] = branches as [Branch, ...Branch[]];
    this.#branch("if", first, place);
    // Later tests are only evaluated when earlier ones failed.
    this.#names.conditional(() => {
      for (const branch of others) this.#branch("} else if", branch, place);
      if (otherwise !== undefined) {
        this.#code.indented("} else {", () => this.#names.conditional(() => this.#body(otherwise, place)));
      }
    });
    this.#code.line("}");
  }

  #branch(word: string, { test, body }: Branch, place: Place): void {
    const condition = this.#test(test, place);
    this.#code.indented(`${word} (${condition}) {`, () => this.#names.conditional(() => this.#body(body, place)));
  }

  #for({ pattern, iterable, body, otherwise }: ForNode, place: Place): void {
    this.#at(iterable.offset, place);
    let values = `_tt_iterable(${this.#read(iterable, place, true)})`;
    if (iterable.names.some(({ name }) => pattern.declared.includes(name))) {
      // "for x of x.children": inside the head of a JavaScript loop, the outer x is already hidden by the inner one.
      const variable = this.#fresh("values");
      this.#code.line(`const ${variable} = ${values};`);
      values = variable;
    }
    const keyword = pattern.declared.some((name) => this.#names.variables.has(name)) ? "let" : "const";
    const isName = pattern.declared[0] === pattern.text;
    const item = isName ? pattern.text : this.#fresh("item");
    this.#loop(`for (${isName ? keyword : "const"} ${item} of ${values}) {`, otherwise, place, () => {
      this.#names.withLocals(pattern.declared, () => {
        if (!isName) {
          this.#at(pattern.offset, place);
          const target = this.#names.pattern(pattern, (offset) => this.#position(offset, place));
          this.#code.line(`${keyword} ${target} = ${item};`);
        }
        this.#body(body, place);
      });
    });
  }

  #while({ test, body, otherwise }: WhileNode, place: Place): void {
    this.#loop(`while (${this.#test(test, place)}) {`, otherwise, place, () => this.#body(body, place));
  }

  #loop(open: string, otherwise: readonly TemplateNode[] | undefined, place: Place, writeBody: () => void): void {
    const flag = otherwise === undefined ? undefined : this.#fresh("finished");
    if (flag !== undefined) this.#code.line(`let ${flag} = true;`);
    this.#loops.push(flag);
    this.#code.indented(open, () => this.#names.conditional(writeBody));
    this.#code.line("}");
    this.#loops.pop();
    if (otherwise === undefined) return;
    this.#code.indented(`if (${flag}) {`, () => this.#names.conditional(() => this.#body(otherwise, place)));
    this.#code.line("}");
  }

  #jump({ kind, offset }: JumpNode, place: Place): void {
    if (this.#loops.length === 0) {
      // The parser has seen a loop around it, but the block is printed in another place as well.
      throw place.file.reader.error(
        `"{% ${kind} %}" is not in a loop everywhere its block is printed. Remove it.`,
        offset,
      );
    }
    const flag = this.#loops.at(-1);
    if (kind === "break" && flag !== undefined) this.#code.line(`${flag} = false;`);
    this.#code.line(`${kind};`);
  }

  #try({ body, handler, otherwise, finalizer }: TryNode, place: Place): void {
    const write = (nodes: readonly TemplateNode[]) => () => this.#names.conditional(() => this.#body(nodes, place));
    const writeInner = (): void => {
      // What "else" throws must not be caught here, so it stands behind the catch.
      const flag = otherwise === undefined ? undefined : this.#fresh("succeeded");
      if (flag !== undefined) this.#code.line(`let ${flag} = false;`);
      this.#code.indented("try {", () => {
        write(body)();
        if (flag !== undefined) this.#code.line(`${flag} = true;`);
      });
      const parameter = handler!.parameter;
      const caught =
        parameter === undefined
          ? ""
          : ` (${this.#names.pattern(parameter, (offset) => this.#position(offset, place))})`;
      this.#code.indented(`} catch${caught} {`, () =>
        this.#names.withLocals(parameter?.declared ?? [], write(handler!.body)),
      );
      this.#code.line("}");
      if (otherwise === undefined) return;
      this.#code.indented(`if (${flag}) {`, write(otherwise));
      this.#code.line("}");
    };
    if (finalizer === undefined) {
      writeInner();
      return;
    }
    this.#code.indented("try {", handler === undefined ? write(body) : writeInner);
    this.#code.indented("} finally {", write(finalizer));
    this.#code.line("}");
  }

  #apply({ transform, body }: ApplyNode, place: Place): void {
    this.#code.indented("{", () => {
      const loops = this.#loops;
      this.#loops = [];
      const collected = this.#code.collected(() => this.#body(body, place));
      this.#loops = loops;
      const at = this.#at(transform.offset, place);
      const called = this.#calledFunction(transform, place);
      this.#code.line(`${this.#code.output} += _tt_.apply(${called}, ${collected}, ${at});`);
    });
    this.#code.line("}");
  }

  /** A function as a value; a method keeps its object. */
  #calledFunction(transform: Expression, place: Place): string {
    const code = this.#read(transform, place, true);
    const { type, computed, object } = transform.node as {
      type: string;
      computed?: boolean;
      object?: { type: string };
    };
    if (type !== "MemberExpression" || object?.type === "Super") return code;
    if (computed && !transform.awaits) return `(_tt_text) => ${code}(_tt_text)`;
    if (computed) return code;
    const dot = code.lastIndexOf(".");
    return `_tt_.method(${code.slice(0, dot)}, ${JSON.stringify(code.slice(dot + 1).trim())})`;
  }

  #module({ name, values, offset }: ModuleNode, place: Place): void {
    const at = this.#at(offset, place);
    const list = values.map(({ expression, isSpread }) => {
      return (isSpread ? "..." : "") + this.#read(expression, place, false);
    });
    this.#code.line(`${this.#code.output} += _tt_.module(${JSON.stringify(name)}, [${list.join(", ")}], ${at});`);
  }

  #include({ reference }: IncludeNode, place: Place): void {
    const included = this.#resolve(reference, place.file);
    const key = `"${included.name}"`;
    this.#inlining(key, place, reference.offset, () => {
      const via = this.#position(reference.offset, place);
      if (included.parent !== undefined) this.#template(included, via);
      else this.#body(included.body, { ...place, file: included, via, block: undefined });
    });
  }

  #block({ name, offset }: BlockNode, place: Place): void {
    this.#definition(name, 0, offset, place);
  }

  #super({ offset }: SuperNode, place: Place): void {
    const { block, scope } = place;
    const isTop = block === undefined || scope.definitions.get(block.name)![block.level + 1] === undefined;
    if (isTop) throw place.file.reader.error('"super()" has no parent block to print. Remove it.', offset);
    this.#definition(block.name, block.level + 1, offset, place);
  }

  /** Prints one definition of a block in the place where it is named. */
  #definition(name: string, level: number, offset: number, place: Place): void {
    const { block, file } = place.scope.definitions.get(name)![level]!;
    this.#inlining(`block "${name}" of "${file.name}"`, place, offset, () => {
      // In its own file, a block is read where it is printed; only then no directive lies between.
      const via = file === place.file ? place.via : this.#position(offset, place);
      this.#body(block.body, { ...place, file, via, block: { name, level } });
    });
  }

  #inlining(what: string, place: Place, offset: number, write: () => void): void {
    if (this.#inlined.includes(what)) {
      const trail = [...this.#inlined.slice(this.#inlined.indexOf(what)), what].join(", ");
      const reason = `This never ends: ${trail}. For something recursive, write a UI module.`;
      throw place.file.reader.error(reason, offset);
    }
    this.#inlined.push(what);
    write();
    this.#inlined.pop();
  }

  #test(expression: Expression, place: Place): string {
    return `_tt_at = ${this.#position(expression.offset, place)}, ${this.#read(expression, place, false)}`;
  }

  #read(expression: Expression, place: Place, isOnlyArgument: boolean): string {
    this.#noteAwait(expression);
    const code = this.#names.read(expression, place.file.reader, (offset) => this.#position(offset, place));
    const isLoose =
      expression.node.type === "SequenceExpression" || (!isOnlyArgument && expression.node.type !== "Identifier");
    return isLoose ? `(${code})` : code;
  }

  #noteAwait({ awaits }: Expression): void {
    if (awaits) this.#awaits = true;
  }

  #escaper({ file }: Place): string {
    const functionName = file.autoescape;
    if (functionName === null) return "_tt_text";
    const known = this.#escapers.get(functionName);
    if (known !== undefined) return known.variable;
    const variable = this.#escapers.size === 0 ? "_tt_escape" : `_tt_escape${this.#escapers.size}`;
    const at = this.#position(file.autoescapeOffset, { file, via: -1 });
    this.#escapers.set(functionName, { variable, functionName, at });
    return variable;
  }

  /** Notes the position of what comes next. */
  #at(offset: number, place: Place): number {
    const at = this.#position(offset, place);
    this.#code.line(`_tt_at = ${at};`);
    return at;
  }

  #position(offset: number, { file, via }: Pick<Place, "file" | "via">): number {
    return this.#positions.numberOf({ file, offset, via });
  }

  #fresh(word: string): string {
    this.#counter++;
    return `_tt_${word}${this.#counter}`;
  }
}
