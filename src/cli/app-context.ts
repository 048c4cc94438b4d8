/** What every command about an app begins with: its root, its .env and its tornado.config.ts. */

import { findAppRoot } from "../core/app-root.js";
import { developmentEnvFileNames, envFileNames, readEnvFiles } from "../core/env-file.js";
import { terminalStyle } from "../core/terminal-style.js";
import { CONFIG_SECTIONS } from "./command-options.js";
import { type ConfigFile, loadConfigFile } from "./config-file.js";
import { type SettledOptions, settleOptions } from "./parse-options.js";

/** An app that a command is about. */
export interface AppContext {
  readonly root: string;
  /** tornado.config.ts, if there is one. */
  readonly config: ConfigFile | undefined;
  /** Values of its .env files. They are not put into `process.env` here: a server reads them anew when they change. */
  readonly envFiles: Readonly<Record<string, string>>;
}

/**
 * Finds the app around the current folder, and reads its files. Lines of an .env file that say nothing are told on standard error.
 *
 * @param readsAgain - True for a command that reads the .env files again, and tells then.
 */
export async function openApp({ isDevelopment = false, readsAgain = false } = {}): Promise<AppContext> {
  const root = findAppRoot(process.cwd());
  const { yellow } = terminalStyle(process.stderr);
  const complain = (text: string) => readsAgain || process.stderr.write(`${yellow(text)}\n`);
  return {
    root,
    envFiles: readEnvFiles(root, isDevelopment ? developmentEnvFileNames : envFileNames, complain),
    config: await loadConfigFile(root),
  };
}

/** Settles the options of a command for an app; the command's name is that of its section in tornado.config.ts. */
export function settleFor(app: AppContext, command: string, flags: Readonly<Record<string, unknown>>): SettledOptions {
  const values = app.config?.sections[command];
  return settleOptions(CONFIG_SECTIONS[command]!, {
    flags,
    environment: process.env,
    envFiles: app.envFiles,
    ...(values === undefined ? {} : { file: { name: app.config!.name, section: command, values } }),
  });
}
