/** A template: source that was compiled once and prints as often as asked. */

import type { FileResolver } from "./block-scope.js";
import type { PrecompiledTemplate, TemplateNamespace } from "./compiled-template.js";
import { TemplateNotFoundError } from "./errors.js";
import type { TemplateFile } from "./nodes.js";
import { type RenderedTemplate, Rendering } from "./rendering.js";
import { compileSource, parseSource } from "./source-compiler.js";
import { defaultWhitespace, type WhitespaceMode } from "./whitespace.js";

/** How a template is compiled, unless its own directives say otherwise. */
export interface TemplateOptions {
  /** Shown in errors; its ending chooses the white space. Default `<string>`. */
  readonly name?: string;
  /** Finds what the template extends and includes; gives the defaults of the options below. */
  readonly loader?: TemplateLoader;
  /** Name of the function that escapes `{{ }}`; `null` escapes nothing. Default `xhtmlEscape`. */
  readonly autoescape?: string | null;
  /** How white space is kept. Default `single` for `.html` and `.js`, `all` for others. */
  readonly whitespace?: WhitespaceMode;
}

/** What a template needs of its loader. */
export interface TemplateLoader {
  readonly autoescape: string | null;
  readonly whitespace: WhitespaceMode | undefined;
  readonly namespace: TemplateNamespace;
  /** Gives a template that another one names. Throws if there is none. */
  find(name: string, parentName: string): Template;
  /** Absolute path of a template's file, or its name. */
  pathOf(name: string): string;
}

/** The autoescape function when nobody chooses another. */
export const defaultAutoescape = "xhtmlEscape";

const noNames: TemplateNamespace = Object.create(null);

/**
 * A compiled template.
 *
 * ```ts
 * new Template("<p>{{ greeting }}</p>").generate({ greeting: "Hello" }); // <p>Hello</p>
 * ```
 */
export class Template {
  readonly name: string;
  readonly #loader: TemplateLoader | undefined;
  readonly #file: TemplateFile | undefined;
  #rendered: RenderedTemplate | undefined;

  /**
   * Compiles a template.
   *
   * @throws ParseError at the first thing that is wrong, with its file, line and column.
   */
  constructor(source: string | Uint8Array | PrecompiledTemplate, options: TemplateOptions = {}) {
    const { name = "<string>", loader } = options;
    this.#loader = loader;
    if (typeof source === "object" && !(source instanceof Uint8Array)) {
      this.name = source.name;
      this.#rendered = this.#renderedFrom(source, []);
      return;
    }
    this.name = name;
    this.#file = parseSource({
      name,
      file: loader?.pathOf(name) ?? name,
      source: typeof source === "string" ? source : Buffer.from(source).toString(),
      autoescape: options.autoescape,
      whitespace: options.whitespace ?? loader?.whitespace ?? defaultWhitespace(name),
    });
    // A loader compiles what is asked of it, not what is only extended or included.
    if (loader === undefined) this.compile();
  }

  /**
   * Prints the template with the given names.
   *
   * @returns A promise if the template awaits something, or uses a UI module that does; the text otherwise.
   */
  generate(namespace: TemplateNamespace = noNames): string | Promise<string> {
    const rendered = this.#rendered ?? this.compile();
    return rendered.compiled.render(new Rendering(rendered, namespace));
  }

  /** Compiles what is only parsed. Loaders call it; it does nothing the second time. */
  compile(): RenderedTemplate {
    if (this.#rendered !== undefined) return this.#rendered;
    const { compiled, files } = compileSource(this.#file!, referenceResolver(this.#loader));
    this.#rendered = this.#renderedFrom(compiled, files);
    return this.#rendered;
  }

  /** The parsed file, for templates that extend or include this one. */
  get file(): TemplateFile | undefined {
    return this.#file;
  }

  #renderedFrom(compiled: PrecompiledTemplate, files: readonly TemplateFile[]): RenderedTemplate {
    const loader = this.#loader;
    return {
      compiled,
      autoescape: loader === undefined ? defaultAutoescape : loader.autoescape,
      loaderNamespace: loader?.namespace ?? noNames,
      pathOf: (name) => loader?.pathOf(name) ?? name,
      lineTextOf: (path, line) => files.find(({ reader }) => reader.file === path)?.reader.lineText(line),
    };
  }
}

/** Finds what a template extends or includes with a loader; what goes wrong is an error at the directive. */
export function referenceResolver(loader: TemplateLoader | undefined): FileResolver {
  return (reference, from) => {
    if (loader === undefined) {
      const reason = `"${reference.name}" cannot be found without a loader. Pass { loader } to the Template.`;
      throw from.reader.error(reason, reference.offset);
    }
    let found: Template;
    try {
      found = loader.find(reference.name, from.name);
    } catch (error) {
      if (!(error instanceof TemplateNotFoundError)) throw error;
      throw from.reader.error(error.message, reference.offset, { cause: error });
    }
    if (found.file !== undefined) return found.file;
    throw from.reader.error(`"${reference.name}" exists in compiled form only. Compile both.`, reference.offset);
  };
}
