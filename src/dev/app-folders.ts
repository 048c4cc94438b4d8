/** Knows where the running app keeps its templates and static files: the usual folders, and those that it names itself. */

import { isAbsolute, join, relative } from "node:path";
import type { ServeDetail } from "./worker-task.js";

/** The folders of one app; paths are relative to its root where they lie in it, with forward slashes. */
export class AppFolders {
  readonly #root: string;
  #templates: readonly string[] = ["templates"];
  #static: readonly string[] = ["static"];

  /** @param root - Absolute path of the app's root. */
  constructor(root: string) {
    this.#root = root;
  }

  get templates(): readonly string[] {
    return this.#templates;
  }

  get static(): readonly string[] {
    return this.#static;
  }

  /** Takes over what a worker told when it was ready. */
  learn({ templatePath, staticPath }: ServeDetail): void {
    this.#templates = this.#with("templates", templatePath);
    this.#static = this.#with("static", staticPath);
  }

  /** The path of a static file as its URL ends with it. */
  belowStatic(file: string): string {
    const folder = this.#static.find((one) => file.startsWith(`${one}/`));
    return folder === undefined ? file : file.slice(folder.length + 1);
  }

  #with(usual: string, named: string | undefined): string[] {
    if (named === undefined) return [usual];
    const absolute = isAbsolute(named) ? named : join(this.#root, named);
    return [...new Set([usual, relative(this.#root, absolute).replaceAll("\\", "/")])];
  }
}
