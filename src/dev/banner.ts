/** What the terminal says: where the app is when the server starts, and one line for each reload. */

import { basename } from "node:path";
import { packageVersion } from "../bundle/tornado-resolver.js";
import type { TerminalStyle } from "../core/terminal-style.js";
import type { TypeFault } from "./type-check.js";

export interface BannerFacts {
  readonly localUrl: string;
  /** Addresses for other machines; empty when the server listens on loopback. */
  readonly networkUrls: readonly string[];
  readonly root: string;
  /** File of the certificate, where there is one: a browser asks about it. */
  readonly certificate?: string | undefined;
  /** Port of the debugger, if there is one. */
  readonly inspectPort?: number | undefined;
  /** True when keys are listened to. */
  readonly hasKeys: boolean;
  /** Width of the terminal; what can be missed is left out where it would not fit into a line. */
  readonly columns: number;
}

const WIDE = 66;

/** Makes the banner: name and version, URLs, what is watched, and how to get help. */
export function banner(
  { localUrl, networkUrls, certificate, inspectPort, root, hasKeys, columns }: BannerFacts,
  style: TerminalStyle,
): string {
  const network =
    networkUrls.length === 0
      ? style.dim('use "--host 0.0.0.0" to be reached from other machines')
      : networkUrls.map(style.cyan).join("  ");
  const isWide = columns >= WIDE;
  const lines = [
    `${style.bold(style.green("tornado"))} ${style.dim(packageVersion)}  ${basename(root)}`,
    `${style.dim("local  ")}  ${style.cyan(localUrl)}`,
    ...(isWide || networkUrls.length > 0 ? [`${style.dim("network")}  ${network}`] : []),
    ...(isWide ? [`${style.dim("watches")}  src, templates, static, .env, package.json`] : []),
    ...(certificate === undefined
      ? []
      : [`${style.dim("trust  ")}  ${certificate}, ${style.dim("or pass the warning")}`]),
    ...(inspectPort === undefined ? [] : [`${style.dim("debugger")} 127.0.0.1:${inspectPort}`]),
    style.dim(hasKeys ? "press h for help, q to quit" : "press Ctrl-C to quit"),
  ];
  return `\n${lines.map((line) => `  ${line}`).join("\n")}\n\n`;
}

/** What the keys do. */
export function keyHelp(style: TerminalStyle): string {
  const keys = [
    ["r", "restart the app"],
    ["o", "open it in the browser"],
    ["u", "show the URLs"],
    ["c", "clear the terminal"],
    ["q", "quit"],
  ];
  return `${keys.map(([key, what]) => `  ${style.bold(key!)}  ${style.dim(what!)}`).join("\n")}\n`;
}

/** Makes the line of a reload, such as `reloaded src/handlers/home.ts in 14 ms`. */
export function reloadLine(
  action: string,
  files: readonly string[],
  milliseconds: number,
  style: TerminalStyle,
): string {
  const took = style.dim(`in ${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`);
  if (action === "start") return `${style.green("ready")} ${took}`;
  if (action === "restart" || action === "revive") return `${style.green("restarted")} the app ${took}`;
  const [first = "", ...others] = files;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  const verbs: Record<string, string> = {
    style: "swapped",
    page: "refreshed",
    config: "restarted for",
    recover: "mended",
  };
  if (action === "same") return `${style.dim(`unchanged ${first}${more}: what runs is the same`)}`;
  const line = `${style.green(verbs[action] ?? "reloaded")} ${first}${more} ${took}`;
  // The command line has read it before the server started.
  const isSettled = files.some((file) => file.startsWith("tornado.config."));
  return isSettled ? `${line}\nStart tornado dev again for its options, such as the port.` : line;
}

const MAX_FAULTS_SHOWN = 10;

/** Makes the lines of a type check. */
export function typeFaultText(faults: readonly TypeFault[], milliseconds: number, style: TerminalStyle): string {
  const took = style.dim(`in ${Math.round(milliseconds)} ms`);
  if (faults.length === 0) return `${style.green("types are right")} ${took}\n`;
  const lines = faults.slice(0, MAX_FAULTS_SHOWN).map(({ file, line, column, code, message }) => {
    const where = file === "" ? "" : `${style.cyan(`${file}:${line}:${column}`)} `;
    return `  ${where}${style.dim(code)} ${message.replaceAll("\n", "\n    ")}`;
  });
  const more = faults.length > MAX_FAULTS_SHOWN ? [`  and ${faults.length - MAX_FAULTS_SHOWN} more`] : [];
  const title = `${style.yellow(faults.length === 1 ? "1 type error" : `${faults.length} type errors`)} ${took}`;
  return `${[title, ...lines, ...more].join("\n")}\n`;
}
