/** The front door of `tornado`: what most apps use. Everything else has an entry point of its own. */

// Errors of the framework itself.
export { TornadoError } from "./errors.js";
// Escaping.
export * from "./escape.js";
// Requests and headers.
export type { HTTPFile } from "./http/body.js";
export { HTTPHeaders } from "./http/headers.js";
export { HTTPServerRequest } from "./http/request.js";
export { HTTPServer, type HTTPServerOptions } from "./http/server.js";
export { urlConcat } from "./http/urls.js";
// Logging.
export { accessLog, applicationLog, configureLogging, generalLog, type Logger } from "./log.js";
// Routing by more than the path.
export * from "./routing/index.js";
// Templates.
export { DictLoader, Loader } from "./template/loader.js";
export { Template } from "./template/template.js";
// The web framework.
export * from "./web/index.js";
