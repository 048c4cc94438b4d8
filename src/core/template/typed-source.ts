/**
 * Writes a template as TypeScript that is never run: its expressions stand in it as they are, with the types that
 * `{% args %}` gives to their names, so that the compiler of the app can check them.
 *
 * It follows the same paths as the compiler: what a template extends, and includes without args of its own, is written in
 * its place, for it sees the variables around it.
 */

import { type BlockScope, blockScopeOf, type FileResolver } from "./block-scope.js";
import { isJavaScriptName } from "./default-namespace.js";
import { includesOf } from "./descendants.js";
import type { Expression, Pattern } from "./expression.js";
import { MappedWriter, type TemplatePlace } from "./mapped-writer.js";
import type { ModuleNode, TemplateFile, TemplateNode } from "./nodes.js";
import { relativeImports, type TypeMember, typeMembers } from "./type-text.js";

/** How the code of a template is written. */
export interface TypedSourceOptions {
  readonly resolve: FileResolver;
  /** Turns the relative path of an `import("…")` type, which counts from the template's folder, into one from the code's. */
  importPath(path: string, templateName: string): string;
  /** Names of the application's UI methods. */
  readonly uiMethods: readonly string[];
}

/** Says whether a template, or one that it extends, declares what it needs. */
export function declaresArguments(file: TemplateFile, resolve: FileResolver): boolean {
  return chainOf(file, resolve).some(({ args }) => args !== undefined);
}

/** Writes the type of what must be passed to `render`: what the template declares, and what those that it extends do. */
export function writeArgumentsType(writer: MappedWriter, file: TemplateFile, options: TypedSourceOptions): void {
  const declaring = chainOf(file, options.resolve).filter(({ args }) => args !== undefined);
  declaring.forEach((one, index) => {
    writer.write(index === 0 ? "(" : " & (");
    writeType(writer, one, options);
    writer.write(")");
  });
  // It needs names that it does not list.
  if (file.args === undefined) writer.write(" & Readonly<Record<string, unknown>>");
}

/** Writes a module that checks one template which declares its arguments. */
export function writeTypedSource(file: TemplateFile, options: TypedSourceOptions): MappedWriter {
  return new TypedSource(file, options).write();
}

const constants = new Set(["undefined", "NaN", "Infinity"]);

interface Place {
  readonly file: TemplateFile;
  readonly scope: BlockScope;
  readonly block: { readonly name: string; readonly level: number } | undefined;
}

/** A name from outside, and where it is used first. */
interface OuterName extends TemplatePlace {
  /** Whether every use only asks, by `typeof`, if there is such a name. */
  isAsked: boolean;
}

class TypedSource {
  readonly #file: TemplateFile;
  readonly #options: TypedSourceOptions;
  readonly #body = new MappedWriter();
  readonly #outer = new Map<string, OuterName>();
  readonly #variables = new Set<string>();
  readonly #locals: (readonly string[])[] = [];
  /** Variables that are read before anything is assigned to them, and those that are not. */
  readonly #readFirst = new Set<string>();
  readonly #written = new Set<string>();
  readonly #members: readonly TypeMember[] | undefined;

  constructor(file: TemplateFile, options: TypedSourceOptions) {
    this.#file = file;
    this.#options = options;
    this.#members = membersOf(chainOf(file, options.resolve));
  }

  write(): MappedWriter {
    this.#collectVariables(this.#file, new Set());
    this.#template(this.#file);
    const writer = new MappedWriter();
    writer.write('import type { HandlerTemplateNames } from "tornado/web";\n');
    writer.write('import type { NamesOfTemplate, TemplateNames } from "tornado/template";\n');
    writer.write("type Arguments = ");
    writeArgumentsType(writer, this.#file, this.#options);
    writer.write(";\n");
    const methods = this.#options.uiMethods.map((name) => `${name}(...values: any[]): any; `).join("");
    writer.write(`type Known = Omit<HandlerTemplateNames & { ${methods}}, keyof TemplateNames> & TemplateNames;\n`);
    writer.write("type Names = Omit<Known, keyof Arguments> & Arguments;\n");
    writer.write("declare const _tt_names: Names;\n");
    writer.write("declare function _tt_maybe(): boolean;\n");
    writer.write(
      "declare function _tt_value<Name extends string>(name: Name): Name extends keyof Names ? Names[Name] : any;\n",
    );
    writer.write("declare function _tt_apply(transform: (text: string) => unknown): void;\n");
    writer.write("declare function _tt_module(...values: unknown[]): void;\n");
    writer.write(
      "declare function _tt_template<Name extends string>(name: Name, ...names: NamesOfTemplate<Name>): void;\n",
    );
    writer.write("export async function check(): Promise<void> {\n");
    this.#writeNames(writer);
    writer.append(this.#body);
    writer.write("}\n");
    return writer;
  }

  /** Every name becomes a constant of the function: an unknown one is one error, at its first use. */
  #writeNames(writer: MappedWriter): void {
    for (const [name, { file, offset, isAsked }] of this.#outer) {
      if (this.#variables.has(name)) continue;
      writer.write(`const ${name} = `);
      if (isAsked) writer.write(`_tt_value(${JSON.stringify(name)})`);
      else writer.blame(`_tt_names.${name}`, { file, offset }, name);
      writer.write(";\n");
    }
    // A variable begins with what its name means outside; one that is written first takes the types that it is given.
    for (const name of this.#variables) {
      writer.write(
        this.#readFirst.has(name) ? `let ${name} = _tt_value(${JSON.stringify(name)});\n` : `let ${name};\n`,
      );
    }
  }

  #collectVariables(file: TemplateFile, visited: Set<TemplateFile>): void {
    if (visited.has(file)) return;
    visited.add(file);
    for (const name of file.assignedNames) this.#variables.add(name);
    if (file.parent !== undefined) this.#collectVariables(this.#options.resolve(file.parent, file), visited);
    for (const reference of includesOf(file.body)) {
      const included = this.#options.resolve(reference, file);
      if (included.args === undefined) this.#collectVariables(included, visited);
    }
  }

  #template(template: TemplateFile): void {
    const scope = blockScopeOf(template, this.#options.resolve);
    const top = chainOf(template, this.#options.resolve).at(-1)!;
    this.#nodes(top.body, { file: top, scope, block: undefined });
  }

  #nodes(nodes: readonly TemplateNode[], place: Place): void {
    for (const node of nodes) this.#node(node, place);
  }

  #node(node: TemplateNode, place: Place): void {
    const body = this.#body;
    switch (node.kind) {
      case "text":
        return;
      case "expression":
        body.write("void (");
        this.#read(node.expression, place);
        body.write(");\n");
        return;
      case "set":
        body.write("(");
        this.#read(node.expression, place);
        body.write(");\n");
        return;
      case "if":
        node.branches.forEach((branch, index) => {
          body.write(index === 0 ? "if (" : "} else if (");
          this.#read(branch.test, place);
          body.write(") {\n");
          this.#nodes(branch.body, place);
        });
        if (node.otherwise !== undefined) {
          body.write("} else {\n");
          this.#nodes(node.otherwise, place);
        }
        body.write("}\n");
        return;
      case "for":
        this.#for(node, place);
        return;
      case "while":
        body.write("while (");
        this.#read(node.test, place);
        body.write(") {\n");
        this.#nodes(node.body, place);
        body.write("}\n");
        this.#otherwise(node.otherwise, place);
        return;
      case "try":
        body.write("try {\n");
        this.#nodes(node.body, place);
        if (node.handler !== undefined) {
          const { parameter } = node.handler;
          body.write("} catch ");
          if (parameter !== undefined) {
            body.write("(");
            this.#pattern(parameter, place);
            body.write(": any) ");
          }
          body.write("{\n");
          this.#withLocals(parameter?.declared ?? [], () => this.#nodes(node.handler!.body, place));
        }
        if (node.finalizer !== undefined) {
          body.write("} finally {\n");
          this.#nodes(node.finalizer, place);
        }
        body.write("}\n");
        this.#otherwise(node.otherwise, place);
        return;
      case "break":
      case "continue":
        body.write(`if (_tt_maybe()) ${node.kind};\n`);
        return;
      case "apply":
        body.write("{\n");
        this.#nodes(node.body, place);
        body.write("_tt_apply(");
        this.#read(node.transform, place);
        body.write(");\n}\n");
        return;
      case "module":
        this.#module(node, place);
        return;
      case "include":
        this.#include(node.reference, place);
        return;
      case "block":
        this.#definition(node.name, 0, place);
        return;
      case "super":
        this.#definition(place.block!.name, place.block!.level + 1, place);
        return;
    }
  }

  #for(node: Extract<TemplateNode, { kind: "for" }>, place: Place): void {
    const body = this.#body;
    // The loop's own variable must not hide a name in what it goes over.
    body.write("{ const _tt_values = (");
    this.#read(node.iterable, place);
    body.write(");\nfor (");
    body.write(node.pattern.declared.some((name) => this.#variables.has(name)) ? "let " : "const ");
    this.#pattern(node.pattern, place);
    body.write(" of ");
    body.blame("_tt_values", { file: place.file, offset: node.iterable.offset });
    body.write(") {\n");
    this.#withLocals(node.pattern.declared, () => this.#nodes(node.body, place));
    body.write("} }\n");
    this.#otherwise(node.otherwise, place);
  }

  #otherwise(nodes: readonly TemplateNode[] | undefined, place: Place): void {
    if (nodes === undefined) return;
    this.#body.write("if (_tt_maybe()) {\n");
    this.#nodes(nodes, place);
    this.#body.write("}\n");
  }

  #module({ name, values, offset }: ModuleNode, place: Place): void {
    const [first] = values;
    const isTemplate = name === "Template" && first?.expression.node.type === "Literal";
    this.#body.blame(isTemplate ? "_tt_template" : "_tt_module", { file: place.file, offset });
    this.#body.write("(");
    for (const { expression, isSpread } of values) {
      if (isSpread) this.#body.write("...");
      this.#body.write("(");
      this.#read(expression, place);
      this.#body.write("), ");
    }
    this.#body.write(");\n");
  }

  #include(reference: { readonly name: string; readonly offset: number }, place: Place): void {
    const included = this.#options.resolve(reference, place.file);
    const { args } = included;
    if (args === undefined) {
      if (included.parent !== undefined) this.#template(included);
      else this.#nodes(included.body, { ...place, file: included, block: undefined });
      return;
    }
    // It is checked on its own; here it is asked for what it needs.
    const at = { file: place.file, offset: reference.offset };
    const members = typeMembers(args.text);
    this.#body.write("{ const ");
    this.#body.blame("_tt_needed", at);
    this.#body.write(": ");
    writeType(this.#body, included, this.#options);
    if (members === undefined) {
      this.#body.blame(" = _tt_names; void _tt_needed; }\n", at);
      return;
    }
    for (const { name, isOptional } of members) {
      if (!this.#isLocal(name) && !this.#variables.has(name)) this.#use(name, at, isOptional);
    }
    this.#body.write(" = { ");
    for (const { name } of members) this.#body.blame(`${name}, `, at);
    this.#body.write("}; void _tt_needed; }\n");
  }

  #definition(name: string, level: number, place: Place): void {
    const { block, file } = place.scope.definitions.get(name)![level]!;
    this.#nodes(block.body, { ...place, file, block: { name, level } });
  }

  #read({ text, offset, names }: Expression, { file }: Place): void {
    this.#useAll(names, file, offset);
    this.#body.copy(text, file, offset);
  }

  #pattern({ text, offset, names }: Pattern, { file }: Place): void {
    this.#useAll(names, file, offset);
    this.#body.copy(text, file, offset);
  }

  #useAll(names: Expression["names"], file: TemplateFile, offset: number): void {
    for (const { name, start, assigned, typeofOperand } of names) {
      if (constants.has(name) || this.#isLocal(name)) continue;
      if (!this.#variables.has(name)) this.#use(name, { file, offset: offset + start }, typeofOperand);
      else if (assigned !== "write" && !this.#written.has(name)) this.#readFirst.add(name);
    }
    for (const { name, assigned } of names) if (assigned !== undefined) this.#written.add(name);
  }

  #use(name: string, place: TemplatePlace, isAsked: boolean): void {
    const known = this.#outer.get(name);
    // After `typeof name` a template may use the name as if it were there.
    if (known !== undefined) known.isAsked ||= isAsked;
    else if (!isJavaScriptName(name) || this.#members?.some((member) => member.name === name)) {
      this.#outer.set(name, { ...place, isAsked });
    }
  }

  #withLocals(names: readonly string[], write: () => void): void {
    this.#locals.push(names);
    write();
    this.#locals.pop();
  }

  #isLocal(name: string): boolean {
    return this.#locals.some((names) => names.includes(name));
  }
}

/** A template, and what it extends, up to the last. */
function chainOf(file: TemplateFile, resolve: FileResolver): TemplateFile[] {
  const chain = [file];
  for (let one = file; one.parent !== undefined; one = chain.at(-1)!) chain.push(resolve(one.parent, one));
  return chain;
}

/** The names that types list; `undefined` when one of them is not written out. */
function membersOf(files: readonly TemplateFile[]): readonly TypeMember[] | undefined {
  const lists = files.flatMap(({ args }) => (args === undefined ? [] : [typeMembers(args.text)]));
  return lists.includes(undefined) ? undefined : lists.flatMap((list) => list ?? []);
}

function writeType(writer: MappedWriter, file: TemplateFile, { importPath }: TypedSourceOptions): void {
  const { text, offset } = file.args!;
  let copied = 0;
  for (const { path, start, end } of relativeImports(text)) {
    writer.copy(text.slice(copied, start), file, offset + copied);
    writer.blame(importPath(path, file.name), { file, offset: offset + start });
    copied = end;
  }
  writer.copy(text.slice(copied), file, offset + copied);
}
