/**
 * From a template's source to something that runs, for development and for templates made of strings.
 *
 * This module alone leads to the parser and to `new Function`. A production build, whose templates are compiled ahead
 * of time, may leave it out.
 */

import type { FileResolver } from "./block-scope.js";
import type { PrecompiledTemplate } from "./compiled-template.js";
import { compileTemplate } from "./compiler.js";
import { generatedScript } from "./generated-frames.js";
import type { TemplateFile } from "./nodes.js";
import { type ParseOptions, parseTemplate } from "./parser.js";

/** A template ready to run. */
export interface CompiledTemplate {
  readonly compiled: PrecompiledTemplate;
  /** The files that take part, the template itself first. */
  readonly files: readonly TemplateFile[];
}

/** Parses a template's source. Throws `ParseError`. */
export function parseSource(options: ParseOptions): TemplateFile {
  return parseTemplate(options);
}

/** Compiles a parsed template and evaluates the result. Throws `ParseError`. */
export function compileSource(file: TemplateFile, resolve: FileResolver): CompiledTemplate {
  const { code, files } = compileTemplate(file, resolve);
  const script = `"use strict"; return ${code};\n//# sourceURL=${generatedScript}${file.name.replace(/\s/g, "%20")}`;
  return { compiled: new Function(script)() as PrecompiledTemplate, files };
}
