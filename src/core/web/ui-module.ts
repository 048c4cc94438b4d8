/** UI modules: pieces of a page with a class of their own, and the styles and scripts that come with them. */

import { TornadoError } from "../errors.js";
import { type LinkifyOptions, linkify } from "../escape.js";
import type { HTTPServerRequest } from "../http/request.js";
import type { Locale } from "../locale/locale.js";
import type { NamesOfTemplate } from "../template/template-arguments.js";

/** What a UI module needs of the handler that it prints for. Every `RequestHandler` has it. */
export interface UIModuleHandler {
  readonly request: HTTPServerRequest;
  readonly locale: Locale;
  readonly currentUser: unknown;
  readonly ui: Readonly<Record<string, unknown>>;
  renderString(name: string, namespace?: Readonly<Record<string, unknown>>): string | Promise<string>;
  staticUrl(path: string): string;
  xsrfFormHtml(): string;
}

/** One file or several. */
export type ResourceFiles = string | readonly string[];

/**
 * A piece of a page, used in templates as `{% module Name(values) %}`.
 *
 * There is one instance for each name and handler, however often a page uses it. Its resources are asked for once, after
 * the page was rendered.
 *
 * ```ts
 * class Entry extends UIModule {
 *   render(entry: Story) {
 *     return this.renderString("modules/entry.html", { entry });
 *   }
 *   override cssFiles() {
 *     return "entry.css";
 *   }
 * }
 * ```
 */
export abstract class UIModule<Handler extends UIModuleHandler = UIModuleHandler> {
  readonly handler: Handler;

  constructor(handler: Handler) {
    this.handler = handler;
  }

  get request(): HTTPServerRequest {
    return this.handler.request;
  }

  /** UI modules, as `modules`, and UI methods, as templates see them. */
  get ui(): Readonly<Record<string, unknown>> {
    return this.handler.ui;
  }

  get locale(): Locale {
    return this.handler.locale;
  }

  get currentUser(): Handler["currentUser"] {
    return this.handler.currentUser;
  }

  /** Gives the HTML of the module; it is not escaped again. */
  abstract render(...values: never[]): string | Promise<string>;

  /** Renders a template for the module. */
  renderString<Name extends string>(name: Name, ...[namespace]: NamesOfTemplate<Name>): string | Promise<string> {
    return this.handler.renderString(name, namespace);
  }

  /** CSS that is put into the page's head. */
  embeddedCss(): string | null | undefined {
    return undefined;
  }

  /** JavaScript that is put at the end of the page's body. */
  embeddedJavascript(): string | null | undefined {
    return undefined;
  }

  /** Style sheets; a relative path is one of a static file. */
  cssFiles(): ResourceFiles | null | undefined {
    return undefined;
  }

  /** Scripts; a relative path is one of a static file. */
  javascriptFiles(): ResourceFiles | null | undefined {
    return undefined;
  }

  /** HTML that is put at the end of the page's head. */
  htmlHead(): string | null | undefined {
    return undefined;
  }

  /** HTML that is put at the end of the page's body. */
  htmlBody(): string | null | undefined {
    return undefined;
  }
}

/** A class that `uiModules` may name. */
export type UIModuleClass = new (handler: never) => UIModule;

/** `{% module linkify(text, options) %}` */
class LinkifyModule extends UIModule {
  render(text: string, options?: LinkifyOptions): string {
    return linkify(text, options);
  }
}

/** `{% module xsrfFormHtml() %}` */
class XsrfFormHtmlModule extends UIModule {
  render(): string {
    return this.handler.xsrfFormHtml();
  }
}

/** The resources that a template names with `setResources`. */
export interface TemplateResources {
  readonly embeddedCss?: string;
  readonly embeddedJavascript?: string;
  readonly cssFiles?: ResourceFiles;
  readonly javascriptFiles?: ResourceFiles;
  readonly htmlHead?: string;
  readonly htmlBody?: string;
}

/**
 * `{% module Template("path.html", { names }) %}`: a template as a UI module, without a class.
 *
 * It does not see the variables around it. It names its resources itself: `{{ setResources({ cssFiles: "a.css" }) }}`.
 */
export class TemplateModule extends UIModule {
  /** By template, in the order of their first use; a template that waits names its resources later than others. */
  readonly #resources = new Map<string, TemplateResources | undefined>();

  render(path: string, namespace: Readonly<Record<string, unknown>> = {}): string | Promise<string> {
    if (!this.#resources.has(path)) this.#resources.set(path, undefined);
    const setResources = (resources: TemplateResources): string => {
      const known = this.#resources.get(path);
      if (known === undefined) this.#resources.set(path, resources);
      else if (JSON.stringify(known) !== JSON.stringify(resources)) throw differentResources(path);
      return "";
    };
    return this.renderString(path, { setResources, ...namespace });
  }

  override embeddedCss(): string {
    return this.#all("embeddedCss").join("\n");
  }

  override embeddedJavascript(): string {
    return this.#all("embeddedJavascript").join("\n");
  }

  override cssFiles(): readonly string[] {
    return this.#all("cssFiles").flat();
  }

  override javascriptFiles(): readonly string[] {
    return this.#all("javascriptFiles").flat();
  }

  override htmlHead(): string {
    return this.#all("htmlHead").join("");
  }

  override htmlBody(): string {
    return this.#all("htmlBody").join("");
  }

  #all<Key extends keyof TemplateResources>(key: Key): NonNullable<TemplateResources[Key]>[] {
    return [...this.#resources.values()].map((one) => one?.[key]).filter((one) => one !== undefined && one !== null);
  }
}

function differentResources(path: string): TornadoError {
  return new TornadoError(
    "MODULE_RESOURCES",
    `The template module "${path}" calls setResources() with different resources on one page. Make them the same each time.`,
  );
}

/** The modules that every application has. */
export const builtInModules: Readonly<Record<string, UIModuleClass>> = {
  linkify: LinkifyModule,
  xsrfFormHtml: XsrfFormHtmlModule,
  Template: TemplateModule,
};

/** Says whether a value of the `uiModules` setting is a UI module. */
export function isUIModule(_name: string, value: unknown): boolean {
  return typeof value === "function" && value.prototype instanceof UIModule;
}
