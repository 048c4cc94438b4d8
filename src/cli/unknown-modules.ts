/** Finds the UI modules that a template uses and the application does not have. */

import { descendantsOf } from "../core/template/descendants.js";
import { UnknownModuleError } from "../core/template/errors.js";
import type { TemplateFile } from "../core/template/nodes.js";

/** Looks through one template, and not through what it extends and includes. */
export function unknownModules({ body, reader }: TemplateFile, known: readonly string[]): UnknownModuleError[] {
  const errors: UnknownModuleError[] = [];
  for (const node of descendantsOf(body)) {
    if (node.kind !== "module" || known.includes(node.name)) continue;
    errors.push(new UnknownModuleError(node.name, known, reader.locate(node.offset)));
  }
  return errors;
}
