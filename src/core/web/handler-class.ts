/** The shape of a handler class, as routes and settings hold it. */

import type { HTTPServerRequest } from "../http/request.js";
import type { HandlerApplication } from "./handler-application.js";
import type { HandlerMethods } from "./handler-methods.js";
import type { RequestHandler } from "./request-handler.js";

/** A class of handlers. */
export interface HandlerClass {
  new (application: never, request: HTTPServerRequest): RequestHandler<never, HandlerApplication> & HandlerMethods;
  readonly prototype: RequestHandler<never, HandlerApplication> & HandlerMethods;
  readonly SUPPORTED_METHODS: readonly string[];
  readonly streamsRequestBody: boolean;
  readonly usesSession: boolean;
  /** Whether the handler of a rule with these arguments takes its body in pieces. */
  streamsRequestBodyWith(kwargs: object): boolean;
}
