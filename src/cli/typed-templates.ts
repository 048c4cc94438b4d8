/**
 * Writes an app's templates as TypeScript below `.tornado/check/`, and leads what the compiler says about that back to the
 * templates.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { removeWorkFolder } from "../bundle/work-folder.js";
import { TemplateError } from "../core/template/errors.js";
import { Loader } from "../core/template/loader.js";
import { MappedWriter } from "../core/template/mapped-writer.js";
import type { TemplateFile } from "../core/template/nodes.js";
import { referenceResolver } from "../core/template/template.js";
import {
  declaresArguments,
  type TypedSourceOptions,
  writeArgumentsType,
  writeTypedSource,
} from "../core/template/typed-source.js";
import type { TypeDiagnostic } from "./type-check.js";

/** Which templates are meant. */
export interface TypedTemplatesOptions {
  /** The app's root. */
  readonly root: string;
  /** Absolute path of the template folder. */
  readonly folder: string;
  /** Names of the templates that compile. */
  readonly names: readonly string[];
  readonly uiMethods: readonly string[];
}

/** What a template's author cannot change: a template has no syntax for types of its own, and code of ours uses nothing. */
const notTheirs = new Set([
  ...["TS7005", "TS7006", "TS7019", "TS7022", "TS7023", "TS7027", "TS7031", "TS7034", "TS4111"],
  ...["TS6133", "TS6192", "TS6196", "TS6198", "TS6199"],
]);

/** The templates of an app that declare what they need. */
export class TypedTemplates {
  readonly #root: string;
  readonly #folder: string;
  /** Generated code by absolute path. */
  readonly #modules = new Map<string, MappedWriter>();

  constructor({ root, folder, names, uiMethods }: TypedTemplatesOptions) {
    this.#root = root;
    this.#folder = join(root, ".tornado", "check");
    const loader = new Loader(folder);
    const resolveFile = referenceResolver(loader);
    const files = names.map((name) => loader.find(name).file!).filter((file) => declaresArguments(file, resolveFile));
    const optionsFor = (path: string): TypedSourceOptions => ({
      resolve: resolveFile,
      uiMethods,
      importPath: (imported, name) => relativeImport(path, resolve(folder, dirname(name), imported)),
    });
    for (const file of files) {
      if (file.args === undefined) continue;
      const path = join(this.#folder, "templates", `${file.name}.check.ts`);
      this.#modules.set(path, writeTypedSource(file, optionsFor(path)));
    }
    if (files.length === 0) return;
    const path = join(this.#folder, "templates.d.ts");
    this.#modules.set(path, writeDeclarations(files, optionsFor(path)));
  }

  /** Whether no template declares anything. */
  get isEmpty(): boolean {
    return this.#modules.size === 0;
  }

  /** How many templates are checked. */
  get count(): number {
    return Math.max(0, this.#modules.size - 1);
  }

  /**
   * Writes the code, in place of what an earlier run left there.
   *
   * @param sources - The files that the app's own tsconfig.json takes in.
   * @returns Path of the tsconfig.json that takes in both.
   */
  write(sources: readonly string[]): string {
    this.remove();
    for (const [path, { code }] of this.#modules) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, `// Written by "tornado check".\n${code}`);
    }
    const project = join(this.#folder, "tsconfig.json");
    const configuration = {
      extends: "../../tsconfig.json",
      compilerOptions: {
        noEmit: true,
        composite: false,
        incremental: false,
        tsBuildInfoFile: null,
        rootDir: this.#root,
      },
      files: [...new Set([...sources, ...this.#modules.keys()])],
      include: [],
    };
    writeFileSync(project, `${JSON.stringify(configuration, null, 2)}\n`);
    return project;
  }

  /** Removes what an earlier run has written. */
  remove(): void {
    removeWorkFolder(this.#folder);
  }

  /**
   * Says what an error of the compiler means for a template.
   *
   * @returns The error at its place in the template; `undefined` when it is of no concern to anybody; the diagnostic
   * itself when it is about another file.
   */
  translate(diagnostic: TypeDiagnostic): TemplateError | TypeDiagnostic | undefined {
    const module = this.#modules.get(diagnostic.file);
    if (module === undefined) return diagnostic;
    if (notTheirs.has(diagnostic.code)) return undefined;
    const origin = module.originOf(diagnostic.line - 1, diagnostic.column);
    if (origin === undefined) return diagnostic;
    const { file, offset, looksUp } = origin;
    const reason = looksUp === undefined ? diagnostic.message : unknownName(looksUp, diagnostic.message);
    return new TemplateError("TEMPLATE_TYPE", reason, file.reader.locate(offset));
  }
}

/** Tells the checker which names each template needs, so that it can check every call of `render`. */
function writeDeclarations(files: readonly TemplateFile[], options: TypedSourceOptions): MappedWriter {
  const writer = new MappedWriter();
  writer.write('import "tornado/template";\n\ndeclare module "tornado/template" {\n  interface TemplateArguments {\n');
  for (const file of files) {
    writer.write(`    ${JSON.stringify(file.name)}: `);
    writeArgumentsType(writer, file, options);
    writer.write(";\n");
  }
  writer.write("  }\n}\n");
  return writer;
}

function unknownName(name: string, message: string): string {
  const nearest = /Did you mean '([^']+)'/.exec(message)?.[1];
  const suggestion = nearest === undefined ? "" : ` Did you mean "${nearest}"?`;
  return `"${name}" is not known here.${suggestion} Declare it in "{% args %}", or correct it.`;
}

function relativeImport(from: string, to: string): string {
  const path = relative(dirname(from), to).split(sep).join("/");
  return path.startsWith(".") ? path : `./${path}`;
}
