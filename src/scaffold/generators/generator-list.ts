/** The kinds of things that can be generated, but for `locale`, whose generator takes long to load. */

import { TornadoError } from "../../core/errors.js";
import { nearestName } from "../../core/nearest-name.js";
import { generateDeploy } from "./deploy.js";
import type { Generator } from "./generation.js";
import { generateHandler } from "./handler.js";
import { generateModule } from "./module.js";
import { generateTemplate } from "./template.js";
import { generateWebSocket } from "./websocket.js";

const GENERATORS: Readonly<Record<string, Generator>> = {
  handler: generateHandler,
  websocket: generateWebSocket,
  module: generateModule,
  template: generateTemplate,
  deploy: generateDeploy,
};

/**
 * Finds the generator of a kind.
 *
 * @throws TornadoError `BAD_OPTION` when there is none.
 */
export function generatorOf(kind: string): Generator {
  if (Object.hasOwn(GENERATORS, kind)) return GENERATORS[kind]!;
  const kinds = [...Object.keys(GENERATORS), "locale"];
  const nearest = nearestName(kind, kinds);
  const advice = nearest === undefined ? `There are: ${kinds.join(", ")}.` : `Did you mean "${nearest}"?`;
  throw new TornadoError("BAD_OPTION", `There is no generator for "${kind}". ${advice}`);
}
