/** Finds the templates that a template builds on, and which block of which of them is printed where. */

import { includesOf } from "./descendants.js";
import type { BlockNode, Reference, TemplateFile } from "./nodes.js";

/** Finds a template named in another one. */
export type FileResolver = (reference: Reference, from: TemplateFile) => TemplateFile;

/** One definition of a block. */
export interface BlockDefinition {
  readonly block: BlockNode;
  readonly file: TemplateFile;
}

/** The blocks of a template and of all that it extends. */
export interface BlockScope {
  /** Definitions by name: that of the template itself first, then its parents'. */
  readonly definitions: ReadonlyMap<string, readonly BlockDefinition[]>;
}

/** Follows `extends` to its end and collects the blocks on the way, those of included templates as well. */
export function blockScopeOf(file: TemplateFile, resolve: FileResolver): BlockScope {
  const chain = [file];
  for (let current = file; current.parent !== undefined; current = chain.at(-1)!) {
    const parent = resolve(current.parent, current);
    if (chain.includes(parent)) {
      const names = [...chain, parent].map(({ name }) => `"${name}"`).join(", ");
      throw current.reader.error(
        `The template extends itself: ${names}. Remove one "{% extends %}".`,
        current.parent.offset,
      );
    }
    chain.push(parent);
  }
  const definitions = new Map<string, BlockDefinition[]>();
  for (const one of chain) {
    for (const [name, definition] of blocksOf(one, resolve, new Set())) {
      const known = definitions.get(name);
      if (known === undefined) definitions.set(name, [definition]);
      else known.push(definition);
    }
  }
  return { definitions };
}

/** The blocks of a file and of what it includes; its own win. */
function blocksOf(file: TemplateFile, resolve: FileResolver, visited: Set<TemplateFile>): Map<string, BlockDefinition> {
  const found = new Map<string, BlockDefinition>();
  visited.add(file);
  for (const reference of includesOf(file.body)) {
    const included = resolve(reference, file);
    // A template that extends another is printed whole, with its own blocks.
    if (visited.has(included) || included.parent !== undefined) continue;
    for (const [name, definition] of blocksOf(included, resolve, visited)) found.set(name, definition);
  }
  for (const [name, block] of file.blocks) found.set(name, { block, file });
  return found;
}
