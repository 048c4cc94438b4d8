/** Compiles a template file ahead of time, for the bundle of a production build. */

import { compileTemplate } from "./compiler.js";
import { Loader, type LoaderOptions } from "./loader.js";
import { referenceResolver } from "./template.js";

/** Which template to compile, and how. */
export interface CompileOptions extends Pick<LoaderOptions, "autoescape" | "whitespace"> {
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
export function compileTemplateToSource({ root, name, ...options }: CompileOptions): TemplateSource {
  const loader = new Loader(root, options);
  const { code, files } = compileTemplate(loader.find(name).file!, referenceResolver(loader));
  return { code, dependencies: files.map(({ reader }) => reader.file) };
}

export type { PrecompiledTemplate, TemplateContext, TemplateNamespace } from "./compiled-template.js";
