/** Finds the UI modules that a template uses and the application does not have. */

import { descendantsOf } from "../core/template/descendants.js";
import { UnknownModuleError } from "../core/template/errors.js";
import { Loader } from "../core/template/loader.js";

/** Looks through one template that compiles, and not through what it extends and includes. */
export function unknownModules(folder: string, name: string, known: readonly string[]): UnknownModuleError[] {
  const { body, reader } = new Loader(folder).find(name).file!;
  const errors: UnknownModuleError[] = [];
  for (const node of descendantsOf(body)) {
    if (node.kind !== "module" || known.includes(node.name)) continue;
    errors.push(new UnknownModuleError(node.name, known, reader.locate(node.offset)));
  }
  return errors;
}
