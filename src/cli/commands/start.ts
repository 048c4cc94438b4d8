/** `tornado start`: serves what `tornado build` has made, as production does. */

import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { findAppRoot } from "../../core/app-root.js";
import { TornadoError } from "../../core/errors.js";
import { terminalStyle } from "../../core/terminal-style.js";
import type { StartOptions } from "../../production/options.js";
import { START_OPTIONS } from "../command-options.js";
import { noteNodeSupport } from "../note-node-support.js";
import { settleOptions } from "../parse-options.js";

/** What dist/server.js exports. */
interface BuiltServer {
  start(options: Partial<StartOptions>): Promise<number>;
}

/**
 * Runs until it is told to stop; gives the exit code.
 *
 * Only flags are settled here. The server itself knows the environment, .env and what the build took from
 * tornado.config.ts, so that it starts the same without this program, and no compiler is loaded in production.
 */
export async function start(flags: Readonly<Record<string, unknown>>): Promise<number> {
  const { values, origins } = settleOptions(START_OPTIONS, { flags, environment: {} });
  const given = Object.fromEntries(Object.entries(values).filter(([name]) => origins[name] === "flag"));
  const server = await findBuiltServer(findAppRoot(process.cwd()));
  noteNodeSupport(process.stderr, terminalStyle(process.stderr));
  const built = (await import(pathToFileURL(server).href)) as BuiltServer;
  return built.start(given as Partial<StartOptions>);
}

/** Looks where the build puts it; only when nothing is there is tornado.config.ts asked for another folder. */
async function findBuiltServer(root: string): Promise<string> {
  const usual = join(resolve(root, process.env.TORNADO_OUTDIR || "dist"), "server.js");
  if (existsSync(usual)) return usual;
  const { loadConfigFile } = await import("../config-file.js");
  const { outdir } = (await loadConfigFile(root))?.sections.build ?? {};
  const configured = typeof outdir === "string" ? join(resolve(root, outdir), "server.js") : usual;
  if (existsSync(configured)) return configured;
  const shown = relative(process.cwd(), configured);
  throw new TornadoError("NOT_BUILT", `There is no ${shown}. Run "tornado build" first, or "tornado dev" to develop.`);
}
