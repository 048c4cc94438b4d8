/** Answers what the dev server answers itself: its console, the live reload channel, and the page of a broken app. */

import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { isForeignFetch, isSameSite } from "./allowed-hosts.js";
import { preferredForm } from "./answer-form.js";
import { consolePage, consolePath } from "./console-page.js";
import { devPagePolicy } from "./dev-page.js";
import type { EditorLink } from "./editor-link.js";
import { errorPage } from "./error-page.js";
import type { ErrorReport } from "./error-report.js";
import { errorJson, errorText } from "./error-text.js";
import type { History } from "./history.js";
import type { LiveReload } from "./live-reload.js";
import { liveReloadEventsPath, liveReloadScript, liveReloadScriptPath, liveReloadTag } from "./live-reload-script.js";

export interface DevPagesOptions {
  readonly isAllowedHost: (hostHeader: string | undefined) => boolean;
  /** `undefined` when live reload is turned off. */
  readonly liveReload: LiveReload | undefined;
  readonly editorLink: EditorLink;
  readonly history: History;
  /** What keeps the app from answering. */
  failure(): ErrorReport | undefined;
}

/** What strangers see in place of sources. */
export const hiddenErrorText =
  "500: Internal Server Error\n\nThe error page is shown on localhost only, or on the host given with --host, and to no other site. The terminal has it too.\n";

/** Makes the function that answers. */
export function devPages(options: DevPagesOptions): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    // The absolute form, which proxies get, names the host a second time: both must be right.
    const [, authority, path = "/"] = /^(?:https?:\/\/([^/?]*))?([^?]*)/.exec(request.url ?? "/")!;
    if (authority !== undefined && !options.isAllowedHost(authority)) request.headers.host = authority;
    if (path === "/__tornado" || path.startsWith("/__tornado/")) answerOwnPath(path, request, response, options);
    else answerFailure(request, response, options);
  };
}

function answerOwnPath(
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  { isAllowedHost, liveReload, history }: DevPagesOptions,
): void {
  // Another site's page must neither read these, through a name of its own that leads here, nor listen to them.
  if (!isAllowedHost(request.headers.host) || !isSameSite(request.headers)) {
    send(response, 403, "text/plain; charset=UTF-8", "403: Forbidden\n\nOnly the app's own pages may ask for this.\n");
  } else if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    send(response, 405, "text/plain; charset=UTF-8", "405: Method Not Allowed\n");
  } else if (path === "/__tornado") {
    response.setHeader("Location", consolePath);
    send(response, 302, "text/plain; charset=UTF-8", "");
  } else if (path === consolePath) {
    const nonce = randomBytes(16).toString("base64");
    response.setHeader("Content-Security-Policy", devPagePolicy(nonce));
    send(response, 200, "text/html; charset=UTF-8", consolePage(history, nonce));
  } else if (path === liveReloadScriptPath && liveReload !== undefined) {
    send(response, 200, "text/javascript; charset=UTF-8", liveReloadScript);
  } else if (path === liveReloadEventsPath && liveReload !== undefined) {
    liveReload.subscribe(response);
  } else {
    send(response, 404, "text/plain; charset=UTF-8", "404: Not Found\n");
  }
}

function answerFailure(request: IncomingMessage, response: ServerResponse, options: DevPagesOptions): void {
  const report = options.failure();
  const { isAllowedHost } = options;
  const header = (name: string) => request.headers[name]?.toString();
  const isShown = isAllowedHost(request.headers.host) && !isForeignFetch(header, isAllowedHost);
  if (report !== undefined && isShown) sendReport(report, request, response, options);
  else send(response, 500, "text/plain; charset=UTF-8", hiddenErrorText);
}

function sendReport(
  report: ErrorReport,
  request: IncomingMessage,
  response: ServerResponse,
  { liveReload, editorLink }: DevPagesOptions,
): void {
  const form = preferredForm((name) => request.headers[name]?.toString());
  if (form === "json") {
    send(response, report.status, "application/json; charset=UTF-8", errorJson(report));
  } else if (form === "text") {
    send(response, report.status, "text/plain; charset=UTF-8", errorText(report));
  } else {
    const nonce = randomBytes(16).toString("base64");
    // The page of a crash is like any other: the next request starts the app again, and need not be this page's.
    const isFailurePage = report.kind !== "crash";
    const trailer = liveReload && liveReloadTag({ revision: liveReload.revision, nonce, isFailurePage });
    response.setHeader("Content-Security-Policy", devPagePolicy(nonce));
    const page = errorPage(report, { nonce, editorLink, trailer });
    send(response, report.status, "text/html; charset=UTF-8", page);
  }
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.setHeader("Content-Type", contentType);
  response.setHeader("Content-Length", Buffer.byteLength(body));
  response.setHeader("Cache-Control", "no-store");
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.writeHead(status);
  response.end(body);
}
