/** The options of `tornado dev`, `tornado build` and `tornado start`, which are the sections of tornado.config.ts too. */

import { startOptions } from "../production/options.js";
import type { OptionDefinition } from "./option-definition.js";

/** Options of `tornado dev`. */
export const DEV_OPTIONS: readonly OptionDefinition[] = [
  {
    name: "port",
    flag: "-p, --port <number>",
    environment: "TORNADO_PORT",
    kind: "integer",
    range: [0, 65_535],
    default: 8888,
    description: "port to serve on",
  },
  {
    name: "host",
    flag: "--host <name>",
    environment: "TORNADO_HOST",
    kind: "host",
    default: "127.0.0.1",
    description: "address to serve on; 0.0.0.0 lets the network in",
  },
  {
    name: "open",
    flag: "--open",
    environment: "TORNADO_OPEN",
    kind: "boolean",
    default: false,
    description: "open the browser",
  },
  {
    name: "inspect",
    flag: "--inspect [port]",
    environment: "TORNADO_INSPECT",
    kind: "inspect",
    default: undefined,
    description: "let a debugger in, on port 9229 or the one given",
  },
  {
    name: "https",
    flag: "--https",
    environment: "TORNADO_HTTPS",
    kind: "boolean",
    default: false,
    description: "serve HTTPS with a certificate made for it",
  },
  {
    name: "liveReload",
    flag: "--no-live-reload",
    environment: "TORNADO_LIVE_RELOAD",
    kind: "boolean",
    default: true,
    description: "do not reload the page in the browser",
  },
  {
    name: "typecheck",
    flag: "--typecheck",
    environment: "TORNADO_TYPECHECK",
    kind: "boolean",
    default: false,
    description: "check the types in the background, and show what is wrong",
  },
  {
    name: "editor",
    flag: "--editor <name>",
    environment: "TORNADO_EDITOR",
    kind: "string",
    default: undefined,
    description: "editor that error pages open; none turns the links off",
  },
  {
    name: "editorRoot",
    flag: "--editor-root <folder>",
    environment: "TORNADO_EDITOR_ROOT",
    kind: "string",
    default: undefined,
    description: "the app's folder as the editor sees it, outside a container",
  },
];

/** Options of `tornado build`. */
export const BUILD_OPTIONS: readonly OptionDefinition[] = [
  {
    name: "outdir",
    flag: "--outdir <folder>",
    environment: "TORNADO_OUTDIR",
    kind: "string",
    default: "dist",
    description: "folder to build into",
  },
  {
    name: "minify",
    flag: "--minify",
    environment: "TORNADO_MINIFY",
    kind: "boolean",
    default: false,
    description: "make the bundle small; errors still point at your sources",
  },
];

/** Options of `tornado start`: the table of the server itself, which also runs without this program. */
export const START_OPTIONS: readonly OptionDefinition[] = startOptions.map((option) => ({
  name: option.name,
  flag: `--${option.flag}${option.placeholder === undefined ? "" : ` ${option.placeholder}`}`,
  environment: option.env,
  kind: option.name === "host" ? "host" : option.type,
  default: option.default,
  description: option.description,
  ...(option.range === undefined ? {} : { range: option.range }),
  ...(option.choices === undefined ? {} : { choices: option.choices }),
}));

/** The sections of tornado.config.ts. */
export const CONFIG_SECTIONS: Readonly<Record<string, readonly OptionDefinition[]>> = {
  dev: DEV_OPTIONS,
  build: BUILD_OPTIONS,
  start: START_OPTIONS,
};
