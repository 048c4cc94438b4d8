/** `tornado/template`: templates, their loaders and their errors. */

// What goes wrong.
export {
  ParseError,
  TemplateError,
  type TemplateFrame,
  TemplateNotFoundError,
  templateFramesOf,
} from "./errors.js";
// Where templates come from.
export { BaseLoader, DictLoader, Loader, type LoaderOptions } from "./loader.js";
export type { PrecompiledTemplate, TemplateContext, TemplateNamespace } from "./precompiled.js";
// Compiled ahead of time.
export { type CompileOptions, compileTemplateToSource, type TemplateSource } from "./precompiled.js";
// The language.
export { Template, type TemplateOptions } from "./template.js";
// What templates need, for the type checker.
export type { NamesOfTemplate, TemplateArguments, TemplateNames } from "./template-arguments.js";
export { filterWhitespace, type WhitespaceMode } from "./whitespace.js";
