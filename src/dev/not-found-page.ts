/** The page for an address that leads nowhere: what was asked for, and where an address can lead. */

import { isAbsolute, join, relative } from "node:path";
import { xhtmlEscape } from "../core/escape.js";
import { redactUrl } from "../core/redact.js";
import { ErrorHandler } from "../core/web/plain-handlers.js";
import { RequestHandler } from "../core/web/request-handler.js";
import type { RouteDescription } from "../core/web/route-listing.js";
import { devPage } from "./dev-page.js";
import { escapeControls } from "./error-text.js";
import { nearestRoute, routeTable, routeTableScript, routeTableStyle } from "./route-table.js";

/** What is known about an address that led nowhere. */
export interface NotFoundReport {
  /** Method and address, with secrets masked. */
  readonly request: string;
  /** Why it led nowhere, as sentences. */
  readonly reasons: readonly string[];
  readonly routes: readonly RouteDescription[];
  readonly nearest: RouteDescription | undefined;
  /** Address of the page that visitors see, if the app has one. */
  readonly ownPage: string | undefined;
}

/** The query by which the page leads to the app's own. */
const ownPageQuery = "tornado-own-page";

/** Whether it is the app's own page that shall be seen: it was asked for, or a handler that has one found nothing. */
export function isOwnPageWanted(handler: RequestHandler): boolean {
  if (handler.request.query === ownPageQuery) return true;
  return !isUnmatched(handler) && hasOwnPage(handler);
}

function hasOwnPage(handler: RequestHandler): boolean {
  return handler.writeError !== RequestHandler.prototype.writeError;
}

/** Whether no route matched. */
function isUnmatched(handler: RequestHandler): boolean {
  const handlerClass: unknown = handler.constructor;
  return handlerClass === ErrorHandler || handlerClass === handler.settings.defaultHandlerClass;
}

/** Gathers what is known. */
export function reportNotFound(
  handler: RequestHandler,
  routes: readonly RouteDescription[],
  appRoot: string,
): NotFoundReport {
  const { request } = handler;
  const matched = handler.constructor.name;
  const nearest = isUnmatched(handler) ? nearestRoute(request.path, routes) : undefined;
  const reasons = isUnmatched(handler)
    ? ["No route matches this path."]
    : [`The route matched: ${matched} answered with 404.`];
  if (nearest !== undefined) reasons.push(`Did you mean ${nearest.pattern}?`);
  return {
    request: `${request.method} ${redactUrl(request.uri)}`,
    reasons: [...reasons, ...staticReasons(handler, appRoot)],
    routes,
    nearest,
    ownPage: hasOwnPage(handler) ? `${request.path.replace(/^\/+/, "/")}?${ownPageQuery}` : undefined,
  };
}

/** Says where a static file was looked for. */
function staticReasons({ request, settings }: RequestHandler, appRoot: string): string[] {
  const { staticPath, staticUrlPrefix = "/static/" } = settings;
  if (typeof staticPath !== "string" || !request.path.startsWith(staticUrlPrefix)) return [];
  const folder = isAbsolute(staticPath) ? staticPath : join(appRoot, staticPath);
  const shown = relative(appRoot, folder).replaceAll("\\", "/") || ".";
  return [
    `Addresses below ${staticUrlPrefix} are files in ${shown}: there is no ${request.path.slice(staticUrlPrefix.length)}.`,
  ];
}

/** Draws the page. */
export function notFoundPage({ request, reasons, routes, nearest, ownPage }: NotFoundReport, nonce: string): string {
  const content = `<header>
<h1>404: Not Found</h1>
<p class="asked">${xhtmlEscape(request)}</p>
${reasons.map((reason) => `<p class="hint">${xhtmlEscape(reason)}</p>`).join("\n")}
</header>
<section><h2>Routes, in the order in which they are tried</h2>
${routeTable(routes, nearest)}
</section>
<p class="hint">Only <code>tornado dev</code> shows this${ownPage === undefined ? "." : `; <a href="${xhtmlEscape(ownPage)}">visitors see the app’s own page</a>.`} <a href="/__tornado/">Open the console</a></p>`;
  return devPage({
    nonce,
    title: `404: ${request}`,
    style: `${routeTableStyle}.asked { margin-top: 10px; font: 600 13.5px/1.5 ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; }`,
    content,
    script: routeTableScript,
  });
}

/** The same as text, for a terminal. */
export function notFoundText({ request, reasons, routes }: NotFoundReport): string {
  const lines = routes.map(({ methods, pattern, handler }) => [methods.join(","), pattern, handler] as const);
  const widths = [0, 1].map((column) => Math.max(0, ...lines.map((line) => line[column]!.length)));
  const table = lines.map(
    ([methods, pattern, handler]) => `  ${methods.padEnd(widths[0]!)}  ${pattern.padEnd(widths[1]!)}  ${handler}`,
  );
  return escapeControls(`404: Not Found\n\n${request}\n${reasons.join("\n")}\n\nRoutes\n${table.join("\n")}\n`);
}
