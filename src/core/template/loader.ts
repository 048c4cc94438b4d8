/** Find templates by name and keep them: from files, from a dictionary, or compiled ahead of time. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, posix, resolve } from "node:path";
import { nearestName } from "../nearest-name.js";
import { runtime } from "../runtime.js";
import type { TemplateNamespace } from "./compiled-template.js";
import { TemplateNotFoundError } from "./errors.js";
import { defaultAutoescape, Template, type TemplateLoader } from "./template.js";
import type { WhitespaceMode } from "./whitespace.js";

/** What all templates of a loader have in common. */
export interface LoaderOptions {
  /** Name of the function that escapes `{{ }}`; `null` escapes nothing. Default `xhtmlEscape`. */
  readonly autoescape?: string | null;
  /** Names that all templates know. */
  readonly namespace?: TemplateNamespace;
  /** How white space is kept. Default by the name of each template. */
  readonly whitespace?: WhitespaceMode | undefined;
}

/** Finds templates and keeps them until `reset`. Subclasses say where they come from. */
export abstract class BaseLoader implements TemplateLoader {
  readonly autoescape: string | null;
  readonly namespace: TemplateNamespace;
  readonly whitespace: WhitespaceMode | undefined;
  protected readonly templates = new Map<string, Template>();

  constructor({ autoescape = defaultAutoescape, namespace = {}, whitespace }: LoaderOptions = {}) {
    this.autoescape = autoescape;
    this.namespace = namespace;
    this.whitespace = whitespace;
  }

  /**
   * Gives a template, ready to run.
   *
   * @param parentName - The template that names it; relative names count from its folder.
   * @throws TemplateNotFoundError or ParseError.
   */
  load(name: string, parentName?: string): Template {
    const template = this.find(name, parentName);
    template.compile();
    return template;
  }

  /** Gives a template that may not be compiled yet. */
  find(name: string, parentName?: string): Template {
    const resolved = this.resolvePath(name, parentName);
    let template = this.templates.get(resolved);
    if (template === undefined) {
      template = this.createTemplate(resolved);
      this.templates.set(resolved, template);
    }
    return template;
  }

  /** Forgets all templates. */
  reset(): void {
    this.templates.clear();
  }

  /** Gives the name of a template as seen from the root. */
  resolvePath(name: string, parentName?: string): string {
    if (isAbsolute(name) || name.startsWith("/") || name.includes("\0")) throw outside(name);
    const folder = parentName === undefined || parentName.startsWith("<") ? "" : posix.dirname(parentName);
    const resolved = posix.join(folder, name.replaceAll("\\", "/"));
    if (resolved === ".." || resolved.startsWith("../")) throw outside(name);
    return resolved;
  }

  /** Absolute path of a template's file, or its name. */
  pathOf(name: string): string {
    return name;
  }

  /** Makes the template of a name that `resolvePath` gave. Throws `TemplateNotFoundError`. */
  protected abstract createTemplate(name: string): Template;
}

/** Reads templates from the files of a folder, or takes those that `tornado build` has compiled from it. */
export class Loader extends BaseLoader {
  readonly #folder: string;
  /** What each file looked like when it was read. */
  readonly #stamps = new Map<string, string>();
  #isSuspect = false;
  /** The folder of a build's templates, of which this loader's may be a part: what was compiled names its files from there. */
  #builtRoot: string | undefined;

  /** @param root - The folder; a relative one lies in the app's root, wherever the process was started. */
  constructor(root: string, options: LoaderOptions = {}) {
    super(options);
    this.#folder = root;
  }

  /** Absolute path of the folder. Asked for late: a loader may be made before it is known where the app lies. */
  get root(): string {
    return resolve(runtime().appRoot, this.#folder);
  }

  override find(name: string, parentName?: string): Template {
    if (this.#isSuspect) this.#forgetIfChanged();
    return super.find(name, parentName);
  }

  /** Looks at the files again before the next use. Templates whose files have not changed stay compiled. */
  override reset(): void {
    this.#isSuspect = true;
  }

  override pathOf(name: string): string {
    return name.startsWith("<") ? name : join(this.#builtRoot ?? this.root, name);
  }

  protected override createTemplate(name: string): Template {
    const path = join(this.root, name);
    const { templates } = runtime();
    if (templates !== undefined) {
      const precompiled = templates.get(path.replaceAll("\\", "/"));
      if (precompiled === undefined) throw notBuilt(name);
      this.#builtRoot = path.slice(0, -precompiled.name.length);
      return new Template(precompiled, { loader: this });
    }
    let stamp: string;
    let source: string;
    try {
      // Stamped before it is read: a save in between then looks like a change.
      stamp = stampOf(path);
      source = readFileSync(path, "utf8");
    } catch (error) {
      throw this.#notFound(name, path, error);
    }
    this.#stamps.set(path, stamp);
    // A byte-order mark is the editor's, and would stand in the middle of a page that includes the file.
    return new Template(source.replace(/^\ufeff/, ""), { name, loader: this });
  }

  /** One changed file makes all templates suspect: which of them build on it is not worth knowing. */
  #forgetIfChanged(): void {
    this.#isSuspect = false;
    for (const [path, stamp] of this.#stamps) {
      if (stampOf(path) === stamp) continue;
      this.templates.clear();
      this.#stamps.clear();
      return;
    }
  }

  #notFound(name: string, path: string, cause: unknown): TemplateNotFoundError {
    const reason = `The template "${name}" is not in "${this.root}".${this.#suggestion(name, path)}`;
    return new TemplateNotFoundError(`${reason} Create it, or correct the name.`, { cause });
  }

  #suggestion(name: string, path: string): string {
    const file = posix.basename(name);
    const depth = name.split("/").length - 1;
    if (depth > 0 && file !== "" && isFile(join(this.root, file))) {
      const upwards = "../".repeat(depth) + file;
      return ` There is "${file}" in the template folder itself: write "${upwards}" in a template of this folder, and "${file}" in render().`;
    }
    let names: string[] = [];
    try {
      names = readdirSync(dirname(path));
    } catch {
      // The folder does not exist either: nothing to suggest.
    }
    const nearest = nearestName(
      file,
      names.filter((one) => one !== file),
    );
    return nearest === undefined ? "" : ` Did you mean "${posix.join(posix.dirname(name), nearest)}"?`;
  }
}

/** Takes templates from a dictionary of sources. */
export class DictLoader extends BaseLoader {
  readonly #sources: Readonly<Record<string, string>>;

  constructor(sources: Readonly<Record<string, string>>, options: LoaderOptions = {}) {
    super(options);
    this.#sources = sources;
  }

  protected override createTemplate(name: string): Template {
    if (!Object.hasOwn(this.#sources, name)) {
      const nearest = nearestName(name, Object.keys(this.#sources));
      const suggestion = nearest === undefined ? "" : ` Did you mean "${nearest}"?`;
      throw new TemplateNotFoundError(
        `The template "${name}" is not in the dictionary.${suggestion} Add it, or correct the name.`,
      );
    }
    return new Template(this.#sources[name]!, { name, loader: this });
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    // What cannot be looked at cannot be suggested either.
    return false;
  }
}

/** Tells two states of a file apart without reading it. */
function stampOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? "" : `${stats.mtimeMs} ${stats.size} ${stats.ino}`;
}

function outside(name: string): TemplateNotFoundError {
  return new TemplateNotFoundError(
    `The template name "${name}" leads out of the templates' folder. Name a file inside it, relative to the template that names it.`,
  );
}

function notBuilt(name: string): TemplateNotFoundError {
  return new TemplateNotFoundError(
    `The template "${name}" is not part of the build. Put it into the template folder and run "tornado build" again.`,
  );
}
