/** Knows where the running app keeps its templates, static files and translations: the usual folders, and those that it names itself. */

import { isAbsolute, join, relative } from "node:path";
import type { ServeDetail } from "./worker-task.js";

/** The folders of one app; paths are relative to its root where they lie in it, with forward slashes. */
export class AppFolders {
  readonly #root: string;
  #templates: readonly string[] = ["templates"];
  #static: readonly string[] = ["static"];
  #translations: readonly string[] = ["locale"];

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

  get translations(): readonly string[] {
    return this.#translations;
  }

  get all(): readonly string[] {
    return [...this.#templates, ...this.#static, ...this.#translations];
  }

  /** Takes over what a worker told when it was ready. */
  learn({ templatePath, staticPath, translationFolders }: ServeDetail): void {
    this.#templates = this.#with("templates", templatePath);
    this.#static = this.#with("static", staticPath);
    this.#translations = [...new Set(["locale", ...translationFolders.map((folder) => this.#relative(folder))])];
  }

  /** The path of a static file as its URL ends with it. */
  belowStatic(file: string): string {
    const folder = this.#static.find((one) => file.startsWith(`${one}/`));
    return folder === undefined ? file : file.slice(folder.length + 1);
  }

  #with(usual: string, named: string | undefined): string[] {
    if (named === undefined) return [usual];
    return [...new Set([usual, this.#relative(isAbsolute(named) ? named : join(this.#root, named))])];
  }

  #relative(folder: string): string {
    return relative(this.#root, folder).replaceAll("\\", "/");
  }
}
