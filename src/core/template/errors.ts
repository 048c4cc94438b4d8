/** What goes wrong with templates, each at its place: file, line, column, and how the file came to be read. */

import { isAbsolute, relative } from "node:path";
import { TornadoError } from "../errors.js";
import { nearestName } from "../nearest-name.js";
import { runtime } from "../runtime.js";

/** A place in a template file. */
export interface TemplateFrame {
  /** Absolute path, or the template's name when it is not a file. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1; counts UTF-16 units, as JavaScript and editors do. */
  readonly column?: number;
}

/** A place with the text of its line, when the source is at hand; in a production build it is not. */
export interface TemplateLocation extends TemplateFrame {
  readonly column: number;
  readonly lineText?: string | undefined;
}

/** Something wrong at a place in a template. The message begins with `file:line:column`. */
export class TemplateError extends TornadoError {
  /** Absolute path, or the template's name when it is not a file. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly lineText: string | undefined;
  /** What is wrong and what to do, without the place. */
  readonly reason: string;
  #chain: TemplateFrame[] = [];

  constructor(code: string, reason: string, location: TemplateLocation, options?: ErrorOptions) {
    super(code, `${displayPath(location.file)}:${location.line}:${location.column}: ${reason}`, options);
    this.file = location.file;
    this.line = location.line;
    this.column = location.column;
    this.lineText = location.lineText;
    this.reason = reason;
  }

  /** The `extends` and `include` directives that led to the file, nearest first. */
  get chain(): readonly TemplateFrame[] {
    return this.#chain;
  }

  /** The line with a pointer under the column, in two lines; empty when the line is not known. */
  get excerpt(): string {
    if (this.lineText === undefined) return "";
    const gutter = `${this.line} | `;
    const indent = this.lineText.slice(0, this.column - 1).replace(/[^\t]/g, " ");
    return `${gutter}${this.lineText}\n${" ".repeat(gutter.length - 2)}| ${indent}^`;
  }

  /** Notes the directive through which the file was read. */
  addToChain(frame: TemplateFrame): void {
    this.#chain.push(frame);
  }
}

/** A template that cannot be compiled. */
export class ParseError extends TemplateError {
  constructor(reason: string, location: TemplateLocation, options?: ErrorOptions) {
    super("TEMPLATE_SYNTAX", reason, location, options);
    // How the parser got there is of no help; where in the templates it was is.
    this.stack = `${this.name}: ${this.message}\n${stackLine(this)}`;
  }

  override addToChain(frame: TemplateFrame): void {
    super.addToChain(frame);
    this.stack += `\n${stackLine(frame)}`;
  }
}

/** A template that uses a UI module which the application does not have. */
export class UnknownModuleError extends TemplateError {
  constructor(name: string, known: readonly string[], location: TemplateLocation) {
    const nearest = nearestName(name, known);
    const suggestion = nearest === undefined ? "" : ` Did you mean "${nearest}"?`;
    const reason = `No UI module is named "${name}".${suggestion} Add it to the "uiModules" setting of the application.`;
    super("TEMPLATE_UNKNOWN_MODULE", reason, location);
  }
}

/** A template that is not where it is looked for, or whose name leads out of the template folder. */
export class TemplateNotFoundError extends TornadoError {
  constructor(message: string, options?: ErrorOptions) {
    super("TEMPLATE_NOT_FOUND", message, options);
  }
}

/** The path as a person at the app's root would type it. */
export function displayPath(file: string): string {
  if (!isAbsolute(file)) return file;
  const shown = relative(runtime().appRoot, file).replaceAll("\\", "/");
  return shown === "" || shown.startsWith("../") || isAbsolute(shown) ? file : shown;
}

/** A place in a template as a line of a stack. */
export function stackLine({ file, line, column }: TemplateFrame): string {
  return `    at template (${displayPath(file)}:${line}:${column})`;
}

const framesByError = new WeakMap<object, TemplateFrame[]>();

/**
 * Returns where in the templates an exception was thrown: the innermost place first, then the directives that led there.
 *
 * @returns Empty when the exception did not pass through a template.
 */
export function templateFramesOf(error: unknown): readonly TemplateFrame[] {
  if (typeof error !== "object" || error === null) return [];
  const noted = framesByError.get(error);
  if (noted !== undefined) return noted;
  if (!(error instanceof TemplateError)) return [];
  const { file, line, column, chain } = error;
  return [{ file, line, column }, ...chain];
}

/**
 * Adds the places that an exception passed through on its way out of a template.
 *
 * @returns Whether they are new: an exception that is kept and thrown again, as by a promise, must not grow each time.
 */
export function addTemplateFrames(error: object, frames: readonly TemplateFrame[]): boolean {
  const known = framesByError.get(error);
  if (known === undefined) framesByError.set(error, [...frames]);
  else if (known.some((_, start) => frames.every((frame, index) => isSamePlace(frame, known[start + index]))))
    return false;
  else known.push(...frames);
  return true;
}

function isSamePlace(one: TemplateFrame, other: TemplateFrame | undefined): boolean {
  return one.file === other?.file && one.line === other.line && one.column === other.column;
}
