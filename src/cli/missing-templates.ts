/** Finds the templates that handlers and UI modules render by name and that are not there. */

import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { appEntry } from "../core/app-root.js";
import { TemplateError, TemplateNotFoundError } from "../core/template/errors.js";
import { Loader } from "../core/template/loader.js";
import type { Application } from "../core/web/application.js";
import { type RenderedTemplate, renderedTemplates } from "../scaffold/generators/rendered-templates.js";
import { sourcesBelow } from "../scaffold/generators/source-tree.js";

/** A class as it is at run time: with all that it has from those above it. */
type AnyClass = abstract new (...values: never[]) => object;

/**
 * Looks through the app's sources. A name is wrong only when it is in no folder that its class looks in: what a handler decides
 * at run time, by its own loader or rendering, is left to it.
 */
export function missingTemplates(root: string, app: Application): TemplateError[] {
  // A loader of the app's own knows itself what it has.
  if (app.settings.templateLoader !== undefined) return [];
  const folders = foldersByMethod(app);
  const errors: TemplateError[] = [];
  for (const file of sourcesBelow(dirname(appEntry(root)))) {
    const source = readFileSync(file, "utf8");
    for (const rendered of templatesIn(file, source)) {
      const reason = reasonAgainst(rendered.name, folders.get(methodOf(rendered.className, rendered.method)));
      if (reason === undefined) continue;
      const lineText = source.split(/\r?\n/)[rendered.line - 1];
      errors.push(new TemplateError("TEMPLATE_NOT_FOUND", reason, { ...rendered, file, lineText }));
    }
  }
  return errors;
}

function templatesIn(file: string, source: string): RenderedTemplate[] {
  try {
    return renderedTemplates(file, source);
  } catch {
    // A source that cannot be read is the compiler's to report.
    return [];
  }
}

/** What the loader says when none of the folders has the template; `undefined` when one has, or when there may be others. */
function reasonAgainst(name: string, folders: ReadonlySet<string | undefined> | undefined): string | undefined {
  let reason: string | undefined;
  for (const folder of folders ?? []) {
    if (folder === undefined) return undefined;
    try {
      new Loader(folder).find(name);
      return undefined;
    } catch (error) {
      // Any other error is the template's own, which is there.
      if (!(error instanceof TemplateNotFoundError)) return undefined;
      reason ??= error.message;
    }
  }
  return reason;
}

/** By the method of each class: the folders that it, and those that extend it, look in. `undefined` is one that only they know. */
function foldersByMethod(app: Application): Map<string, Set<string | undefined>> {
  const folders = new Map<string, Set<string | undefined>>();
  const note = (one: AnyClass, method: string, folder: string | undefined) => {
    for (const { name } of lineage(one)) {
      const key = methodOf(name, method);
      folders.set(key, (folders.get(key) ?? new Set()).add(folder));
    }
  };
  const handlers = app.handlerClasses() as readonly AnyClass[];
  const modules = Object.values(app.uiModules) as AnyClass[];
  for (const handler of handlers) {
    const folder = folderOf(handler, app.settings.templatePath);
    note(handler, "renderString", folder);
    note(handler, "render", overrides(handler, "render") ? undefined : folder);
    // A module renders with the folder of whichever handler prints it; its own `render` is no handler's.
    for (const module of modules) note(module, "renderString", overrides(module, "renderString") ? undefined : folder);
  }
  return folders;
}

function methodOf(className: string, method: string): string {
  return `${className}.${method}`;
}

function folderOf(handler: AnyClass, usual: string | undefined): string | undefined {
  if (overrides(handler, "renderString") || overrides(handler, "createTemplateLoader")) return undefined;
  if (!overrides(handler, "getTemplatePath")) return usual;
  // Only what can be nothing but one folder.
  const { getTemplatePath } = handler.prototype as { getTemplatePath: unknown };
  return /^getTemplatePath\(\)\s*\{\s*return "([^"\\]+)";?\s*\}$/.exec(String(getTemplatePath))?.[1];
}

/** Whether a class, or one between it and the framework's, has a method of its own of this name. */
function overrides(one: AnyClass, name: string): boolean {
  return lineage(one)
    .slice(0, -1)
    .some(({ prototype }) => Object.hasOwn(prototype, name));
}

/** The class and those above it, up to the one that extends nothing: the framework's, in whichever copy the app has it. */
function lineage(one: AnyClass): AnyClass[] {
  const parent = Object.getPrototypeOf(one) as AnyClass | null;
  return typeof parent === "function" && parent !== Function.prototype ? [one, ...lineage(parent)] : [one];
}
