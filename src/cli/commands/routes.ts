/** `tornado routes`: lists which handler answers which URL, in the order in which they are tried. */

import { terminalStyle } from "../../core/terminal-style.js";
import type { RouteDescription } from "../../core/web/route-listing.js";
import { openApp } from "../app-context.js";
import { loadApp } from "../load-app.js";

/** Prints a table, or JSON. */
export async function routes(asJson: boolean): Promise<number> {
  const app = await loadApp(await openApp(), true);
  const described = app.describeRoutes();
  if (asJson) process.stdout.write(`${JSON.stringify(described, undefined, 2)}\n`);
  else for (const line of table(described)) process.stdout.write(`${line}\n`);
  return 0;
}

function table(described: readonly RouteDescription[]): string[] {
  const style = terminalStyle(process.stdout);
  const rows = described.map((route) => [
    route.methods.filter((method) => method !== "OPTIONS").join(" ") || "any",
    `${route.host ?? ""}${route.pattern}`,
    route.handler,
    route.name ?? "",
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column]!.length)) + 2);
  return rows.map(([methods, pattern, handler, name]) =>
    [
      style.dim(methods!.padEnd(widths[0]!)),
      style.bold(pattern!.padEnd(widths[1]!)),
      handler!.padEnd(widths[2]!),
      style.cyan(name!),
    ]
      .join("")
      .trimEnd(),
  );
}
