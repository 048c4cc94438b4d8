/** One rendering of a template: what the generated code calls while it runs. */

import { toError } from "../errors.js";
import { xhtmlEscape } from "../escape/xhtml.js";
import { nearestName } from "../nearest-name.js";
import type { PrecompiledTemplate, TemplateContext, TemplateNamespace } from "./compiled-template.js";
import { hasName, knownNames, lookUp, unknown } from "./default-namespace.js";
import {
  addTemplateFrames,
  TemplateError,
  type TemplateFrame,
  type TemplateLocation,
  UnknownModuleError,
} from "./errors.js";
import { rewriteStack } from "./generated-frames.js";
import { Placeholders } from "./placeholders.js";
import { boundMethod, escapedTextOf, isPromise, iterableOf, textOf } from "./printing.js";

/** What a rendering needs to know of its template. */
export interface RenderedTemplate {
  readonly compiled: PrecompiledTemplate;
  /** Name of the function that escapes where a file does not say, or `null`. */
  readonly autoescape: string | null;
  /** Names of the loader. */
  readonly loaderNamespace: TemplateNamespace;
  /** Gives the absolute path of one of the template's files, or its name. */
  pathOf(file: string): string;
  /** Gives the text of a line, if the source is at hand. */
  lineTextOf(file: string, line: number): string | undefined;
}

/** Marks a variable of a template that no `{% set %}` has reached yet. */
const unset: unique symbol = Symbol("unset variable");

/** See `TemplateContext`, which documents what the generated code may rely on. */
export class Rendering implements TemplateContext {
  readonly text = textOf;
  readonly iterable = iterableOf;
  readonly method = boundMethod;
  readonly #template: RenderedTemplate;
  readonly #namespace: TemplateNamespace;
  #modules: TemplateNamespace | undefined;
  #placeholders: Placeholders | undefined;
  /** The error whose place is already noted. */
  #located: unknown;

  constructor(template: RenderedTemplate, namespace: TemplateNamespace) {
    this.#template = template;
    this.#namespace = namespace;
  }

  name(name: string, at: number): unknown {
    const value = this.#lookUp(name);
    if (value === unknown) throw this.#unknownName(name, at);
    return value;
  }

  optionalName(name: string): unknown {
    const value = this.#lookUp(name);
    return value === unknown ? undefined : value;
  }

  variable(name: string): unknown {
    const value = this.#lookUp(name);
    return value === unknown ? unset : value;
  }

  optional(value: unknown): unknown {
    return value === unset ? undefined : value;
  }

  known(value: unknown, name: string, at: number): unknown {
    if (value === unset) throw this.#unknownName(name, at);
    return value;
  }

  escaper(given: string | undefined, at: number): (value: unknown) => string {
    const functionName = given ?? this.#template.autoescape;
    if (functionName === null) return textOf;
    const transform = this.name(functionName, at);
    if (transform === xhtmlEscape) return escapedTextOf;
    if (typeof transform !== "function")
      throw this.#error("TEMPLATE_AUTOESCAPE", `"${functionName}" is no function.`, at);
    return (value) => textOf(transform(textOf(value)));
  }

  apply(transform: unknown, text: string, at: number): string {
    if (typeof transform !== "function") {
      throw this.#error("TEMPLATE_APPLY", '"{% apply %}" needs a function, and this is none.', at);
    }
    if (this.#placeholders?.isIn(text)) {
      return this.#promised(
        this.#placeholders.resolve(text).then((whole) => transform(whole)),
        at,
      );
    }
    return this.#printed(transform(text), at);
  }

  module(name: string, values: readonly unknown[], at: number): string {
    this.#modules ??= this.name("modules", at) as TemplateNamespace;
    const modules = this.#modules;
    const render = hasName(modules, name) ? modules[name] : undefined;
    if (typeof render !== "function") {
      throw this.#placed((location) => new UnknownModuleError(name, namesOf(modules), location), at);
    }
    return this.#printed(render.apply(modules, values), at);
  }

  finish(text: string): string | Promise<string> {
    return this.#placeholders === undefined ? text : this.#placeholders.resolve(text);
  }

  failed(thrown: unknown, at: number): unknown {
    if (thrown !== undefined && thrown === this.#located) return thrown;
    const error = toError(thrown);
    const frames = this.#framesAt(at);
    if (addTemplateFrames(error, frames)) rewriteStack(error, frames);
    this.#located = error;
    return error;
  }

  #lookUp(name: string): unknown {
    return lookUp(name, this.#namespace, this.#template.loaderNamespace);
  }

  #printed(value: unknown, at: number): string {
    return isPromise(value) ? this.#promised(value, at) : textOf(value);
  }

  #promised(promise: PromiseLike<unknown>, at: number): string {
    this.#placeholders ??= new Placeholders();
    const settled = Promise.resolve(promise).then(textOf);
    return this.#placeholders.add(
      settled.catch((error: unknown) => {
        throw this.failed(error, at);
      }),
    );
  }

  #unknownName(name: string, at: number): TemplateError {
    const nearest = nearestName(name, knownNames(this.#namespace, this.#template.loaderNamespace));
    const suggestion = nearest === undefined ? "" : ` Did you mean "${nearest}"?`;
    const reason = `"${name}" is not known here.${suggestion} Pass it to render(), or ask "typeof ${name}" if it may be missing.`;
    return this.#error("TEMPLATE_UNKNOWN_NAME", reason, at);
  }

  #error(code: string, reason: string, at: number): TemplateError {
    return this.#placed((location) => new TemplateError(code, reason, location), at);
  }

  #placed(make: (location: TemplateLocation) => TemplateError, at: number): TemplateError {
    const [place, ...chain] = this.#framesAt(at);
    const { file = "", line = 1, column = 1 } = place ?? {};
    const error = make({ file, line, column, lineText: this.#template.lineTextOf(file, line) });
    for (const frame of chain) error.addToChain(frame);
    return this.failed(error, at) as TemplateError;
  }

  /** The place itself, then the directives that brought its file in. */
  #framesAt(at: number): TemplateFrame[] {
    const { files, positions } = this.#template.compiled;
    const frames: TemplateFrame[] = [];
    for (let index = at; index >= 0; index = positions[index * 4 + 3] ?? -1) {
      const [file = 0, line = 1, column = 1] = positions.slice(index * 4, index * 4 + 3);
      frames.push({ file: this.#template.pathOf(files[file]!), line, column });
    }
    return frames;
  }
}

function namesOf(object: object): string[] {
  const names: string[] = [];
  for (const name in object) names.push(name);
  return names;
}
