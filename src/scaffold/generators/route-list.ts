/** Registers a handler in an app's list of routes. */

import { SourceEdit, Uncertain } from "./source-edit.js";

/** A route to add. */
export interface NewRoute {
  /** Source of the new element. */
  readonly element: string;
  /** Source of the import that it needs. */
  readonly importLine: string;
  readonly className: string;
  readonly path: string;
  readonly name: string;
}

/**
 * Gives the source of a module with one route more in its exported `routes`.
 *
 * @throws Uncertain when the list is not there or not plain, and when the new route could not be reached.
 */
export function addRoute(source: string, route: NewRoute): string {
  const edit = new SourceEdit(source);
  const open = openingOfRoutes(edit);
  const close = edit.closingOf(open);
  const texts = edit.tokens.slice(open, close).filter(({ kind }) => kind === "text");
  if (!edit.imports("url")) throw new Uncertain("it does not import url");
  if (edit.mentions(route.className)) throw new Uncertain(`it has a ${route.className} already`);
  if (texts.some(({ text }) => [route.path, route.name].includes(text.slice(1, -1)))) {
    throw new Uncertain(`it has a route with the path "${route.path}" or the name "${route.name}" already`);
  }
  // What stands below a route that matches everything is never asked.
  if (texts.some(({ text }) => /^.\/?(?:\(\??:?)?\.[*+]/.test(text))) {
    throw new Uncertain("it has a route that matches every path, above which the new one belongs");
  }
  edit.addElement(open, route.element);
  edit.addImport(route.importLine);
  return edit.toString();
}

/** Finds `export const routes = [`, with or without a type. */
function openingOfRoutes(edit: SourceEdit): number {
  const { tokens } = edit;
  const name = tokens.findIndex(
    ({ text, depth }, index) =>
      text === "routes" && depth === 0 && tokens[index - 1]?.text === "const" && tokens[index - 2]?.text === "export",
  );
  const equals = tokens.findIndex(({ text, depth }, index) => index > name && text === "=" && depth === 0);
  const open = equals + 1;
  if (name === -1 || equals === -1 || tokens[open]?.text !== "[")
    throw new Uncertain("it has no exported list of routes");
  const isTyped = tokens[name + 1]?.text === ":";
  const after = tokens[edit.closingOf(open) + 1];
  const isWhole = after === undefined || [";", "as", "satisfies", "export", "const", "function"].includes(after.text);
  if ((!isTyped && equals !== name + 1) || !isWhole) throw new Uncertain("its routes are more than one list");
  return open;
}
