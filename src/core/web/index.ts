/** The front door of `tornado/web`: applications, handlers, and what they are made of. */

// Uploads that are read as they come.
export type { BodyPart, BodyPartLimits } from "../http/body-parts.js";
// Responses to other sites, and headers that defend users.
export type { CorsOptions } from "../http/cors.js";
// Our app in somebody else's server.
export type { ListenerOptions, NodeListener, NodeUpgradeListener } from "../http/node-listener.js";
// What belongs to the request that is being served.
export { RequestContext, requestContext } from "../request-context.js";
// Routes, under the names that tornado.web has for them.
export { checkedRoutes, type PathArguments, type RuleList, type RuleOptions, URLSpec, url } from "../routing/rule.js";
// An app.
export { Application, type LifecycleHook, type ListenOptions } from "./application.js";
// Handlers of an app's own.
export type { ArgumentOptions } from "./arguments.js";
export { ClientGoneError } from "./client-gone-error.js";
// Responses on their way out.
export { GZipContentEncoding } from "./compression.js";
export { addslash, authenticated, removeslash, streamRequestBody } from "./decorators.js";
export type { HandlerApplication } from "./handler-application.js";
export type { HandlerClass } from "./handler-class.js";
export type { HandlerMethods, MethodResult } from "./handler-methods.js";
export type { HandlerSettings } from "./handler-settings.js";
export type { HeaderValue } from "./header-value.js";
export { Finish, HTTPError, type HTTPErrorOptions, MissingArgumentError } from "./http-error.js";
export type { MakeApp, MakeAppOptions } from "./make-app.js";
export { type FirstChunk, OutputTransform, type OutputTransformClass } from "./output-transform.js";
// Handlers that are ready.
export { ErrorHandler, FallbackHandler, RedirectHandler } from "./plain-handlers.js";
export {
  type ErrorDetails,
  type RedirectOptions,
  RequestHandler,
  type SignedCookieOptions,
  type SignedCookieReading,
} from "./request-handler.js";
export type { RequestIdOptions } from "./request-ids.js";
export type { SecurityHeadersSetting } from "./security-headers.js";
// Sessions.
export type { Session } from "./session.js";
export { MemorySessionStore, type SessionData, type SessionStore, type SessionWriteOptions } from "./session-store.js";
export type { SessionOptions } from "./sessions.js";
export type { ApplicationSettings, StaticHandlerClass } from "./settings.js";
// Signed values.
export {
  type CookieSecret,
  createSignedValue,
  decodeSignedValue,
  defaultSignedValueMinVersion,
  defaultSignedValueVersion,
  getSignatureKeyVersion,
  maxSupportedSignedValueVersion,
  minSupportedSignedValueVersion,
} from "./signed-value.js";
export { type ReportedIssue, type StandardSchema, ValidationError } from "./standard-schema.js";
export { StaticFileHandler } from "./static-file-handler.js";
// Parts of pages.
export type { HandlerTemplateNames } from "./template-names.js";
export { TemplateModule, UIModule } from "./ui-module.js";
