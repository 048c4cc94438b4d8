/** The types of the names that every template of a handler knows. */

import type { jsonEncode, linkify, squeeze, urlEscape, xhtmlEscape } from "../escape.js";
import type { HTTPServerRequest } from "../http/request.js";
import type { fill, Locale } from "../locale/locale.js";
import type { RequestHandler } from "./request-handler.js";

/** What `tornado check` holds a template's expressions to, besides its `{% args %}` and the app's `TemplateNames`. */
export interface HandlerTemplateNames {
  readonly handler: RequestHandler;
  readonly request: HTTPServerRequest;
  readonly currentUser: ReturnType<RequestHandler["getCurrentUser"]>;
  readonly locale: Locale;
  readonly cspNonce: RequestHandler["cspNonce"];
  readonly modules: Readonly<Record<string, (...values: never[]) => string | Promise<string>>>;
  readonly escape: typeof xhtmlEscape;
  readonly xhtmlEscape: typeof xhtmlEscape;
  readonly urlEscape: typeof urlEscape;
  readonly jsonEncode: typeof jsonEncode;
  readonly squeeze: typeof squeeze;
  readonly linkify: typeof linkify;
  readonly fill: typeof fill;
  _(...message: Parameters<Locale["translate"]>): string;
  pgettext(...message: Parameters<Locale["pgettext"]>): string;
  xsrfFormHtml(): string;
  staticUrl(...args: Parameters<RequestHandler["staticUrl"]>): string;
  reverseUrl(...args: Parameters<RequestHandler["reverseUrl"]>): string;
}
