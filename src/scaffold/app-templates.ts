/** The app templates inside this package: what there is, and what each says of itself. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TornadoError } from "../core/errors.js";
import { nearestName } from "../core/nearest-name.js";

/** The template that is made when none is named. */
export const DEFAULT_TEMPLATE = "app";

/** The general ones come before those for one purpose. */
const firstTemplates = [DEFAULT_TEMPLATE, "minimal"];

/** A folder of templates/ with its template.json, which is not copied. */
export interface AppTemplate {
  readonly name: string;
  /** One line for the list and the prompt. */
  readonly description: string;
  readonly folder: string;
}

/** Lists the templates, the default one first. */
export function listAppTemplates(templatesFolder: string): AppTemplate[] {
  return readdirSync(templatesFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const folder = join(templatesFolder, name);
      const { description } = JSON.parse(readFileSync(join(folder, "template.json"), "utf8")) as {
        description: string;
      };
      return { name, description, folder };
    })
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

/**
 * Finds a template by its name.
 *
 * @throws TornadoError `UNKNOWN_TEMPLATE`, naming the nearest or all of them.
 */
export function findAppTemplate(templates: readonly AppTemplate[], name: string): AppTemplate {
  const found = templates.find((template) => template.name === name);
  if (found !== undefined) return found;
  const names = templates.map((template) => template.name);
  const nearest = nearestName(name, names);
  const advice = nearest === undefined ? `There are: ${names.join(", ")}.` : `Did you mean "${nearest}"?`;
  throw new TornadoError("UNKNOWN_TEMPLATE", `There is no template "${name}". ${advice}`);
}

function rank(template: AppTemplate): number {
  const place = firstTemplates.indexOf(template.name);
  return place === -1 ? firstTemplates.length : place;
}
