/** Finds all templates that take part in one, and remembers how each was reached. */

import type { FileResolver } from "./block-scope.js";
import { includesOf } from "./descendants.js";
import { TemplateError } from "./errors.js";
import type { Reference, TemplateFile } from "./nodes.js";

/** The directive that first led to a file. */
interface Origin {
  readonly from: TemplateFile;
  readonly reference: Reference;
}

/** A template with every other that it names, directly or through others. */
export class FileGraph {
  /** The template itself first. */
  readonly files: readonly TemplateFile[];
  readonly #origins = new Map<string, Origin>();

  /** @throws ParseError of any of the files, with the directives that led there. */
  constructor(root: TemplateFile, resolve: FileResolver) {
    const found = new Set<TemplateFile>();
    const visit = (file: TemplateFile): void => {
      if (found.has(file)) return;
      found.add(file);
      const references = file.parent === undefined ? [] : [file.parent];
      for (const reference of [...references, ...includesOf(file.body)]) {
        visit(this.#reached(file, reference, resolve));
      }
    };
    visit(root);
    this.files = [...found];
  }

  /** Runs something, and tells an error of it how its file was reached. */
  explain<Value>(action: () => Value): Value {
    try {
      return action();
    } catch (error) {
      if (error instanceof TemplateError && error.chain.length === 0) this.#addChain(error);
      throw error;
    }
  }

  #reached(from: TemplateFile, reference: Reference, resolve: FileResolver): TemplateFile {
    return this.explain(() => {
      try {
        const file = resolve(reference, from);
        this.#note(file.reader.file, { from, reference });
        return file;
      } catch (error) {
        // A file that cannot be parsed is known by its error only.
        if (error instanceof TemplateError && error.file !== from.reader.file)
          this.#note(error.file, { from, reference });
        throw error;
      }
    });
  }

  #note(path: string, origin: Origin): void {
    if (!this.#origins.has(path)) this.#origins.set(path, origin);
  }

  #addChain(error: TemplateError): void {
    const passed = new Set<string>();
    for (let path = error.file; !passed.has(path); ) {
      passed.add(path);
      const origin = this.#origins.get(path);
      if (origin === undefined) return;
      const { file, line, column } = origin.from.reader.locate(origin.reference.offset);
      error.addToChain({ file, line, column });
      path = file;
    }
  }
}
