/** Compiles a template file ahead of time, for the bundle of a production build. */

import { compileTemplate } from "./compiler.js";
import { Loader, type LoaderOptions } from "./loader.js";
import type { TemplateFile } from "./nodes.js";
import { referenceResolver } from "./template.js";

/** Which template to compile, and how. */
export interface CompileOptions extends Pick<LoaderOptions, "whitespace"> {
  /** Absolute path of the template folder. */
  readonly root: string;
  /** Name of the template, relative to the folder. */
  readonly name: string;
}

/** A template as source code. */
export interface TemplateSource {
  /** A JavaScript expression whose value is a `PrecompiledTemplate`; it imports and evaluates nothing. */
  readonly code: string;
  /** Absolute paths of the files that it was made from, its own first. */
  readonly dependencies: readonly string[];
}

/**
 * Compiles a template file to JavaScript source.
 *
 * @throws ParseError with the place of what is wrong; TemplateNotFoundError.
 */
export function compileTemplateToSource({ name, ...options }: CompileOptions): TemplateSource {
  return new AheadOfTimeCompiler(options).compile(name);
}

/** Compiles the templates of a folder; what many of them extend and include is parsed once. */
export class AheadOfTimeCompiler {
  readonly #loader: Loader;

  constructor({ root, ...options }: Omit<CompileOptions, "name">) {
    this.#loader = new Loader(root, options);
  }

  /** Compiles one. Throws as `compileTemplateToSource` does. */
  compile(name: string): TemplateSource {
    const { code, files } = compileTemplate(this.parsed(name), referenceResolver(this.#loader));
    return { code, dependencies: files.map(({ reader }) => reader.file) };
  }

  /** Gives one as it is parsed, alone. */
  parsed(name: string): TemplateFile {
    return this.#loader.find(name).file!;
  }
}

export type { PrecompiledTemplate, TemplateContext, TemplateNamespace } from "./compiled-template.js";
