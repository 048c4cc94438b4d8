/** `tornado generate deploy`: what runs a built app in a container, under systemd, and behind nginx. */

import { TornadoError } from "../../core/errors.js";
import { nearestName } from "../../core/nearest-name.js";
import { dockerFiles } from "./docker-files.js";
import type { GeneratedApp, Generation } from "./generation.js";
import { nginxFile } from "./nginx-file.js";
import { systemdFile } from "./systemd-file.js";

/** What can be generated for, and its files by path. */
const TARGETS: Readonly<Record<string, (app: GeneratedApp, appName: string) => Readonly<Record<string, string>>>> = {
  docker: (app) => dockerFiles(app),
  systemd: (_, appName) => systemdFile(appName),
  nginx: (_, appName) => nginxFile(appName),
};

/** Generates the files for one target, or for all of them. */
export function generateDeploy(app: GeneratedApp, target: string | undefined): Generation {
  const names = Object.keys(TARGETS);
  if (target !== undefined && !names.includes(target)) {
    const nearest = nearestName(target, names);
    const advice = nearest === undefined ? `There are: ${names.join(", ")}.` : `Did you mean "${nearest}"?`;
    throw new TornadoError("BAD_OPTION", `There is no deployment called "${target}". ${advice}`);
  }
  const chosen = target === undefined ? names : [target];
  const appName = nameOf(app);
  return {
    created: Object.assign({}, ...chosen.map((name) => TARGETS[name]!(app, appName))) as Record<string, string>,
    changed: {},
    notes: [],
  };
}

/** The name in package.json, in characters that a file, a user and a folder may have. */
function nameOf(app: GeneratedApp): string {
  let name: unknown;
  try {
    name = (JSON.parse(app.read("package.json") ?? "{}") as { name?: unknown }).name;
  } catch {
    // Whatever else is wrong with it, "npm" says it better.
  }
  const plain = typeof name === "string" ? name.replace(/^@.*\//, "").replace(/[^\w-]+/g, "-") : "";
  return /^[a-z]/i.test(plain) ? plain.toLowerCase() : "app";
}
