/** The front door of `tornado/httputil`: messages, their parts, and the seam between transports and applications. */

// Bodies of forms, and uploads.
export {
  type HTTPFile,
  type ParseBodyConfig,
  parseBodyArguments,
  parseMultipartFormData,
  setParseBodyConfig,
} from "./body.js";
export { BodyPart, type BodyPartLimits, readBodyParts } from "./body-parts.js";
// Requests and responses as they travel.
export type {
  HTTPConnection,
  HTTPMessageDelegate,
  HTTPServerConnectionDelegate,
  NodeMessages,
  RequestStartLine,
  ResponseStartLine,
  WriteCallback,
} from "./connection.js";
// Values of headers.
export * from "./cookies.js";
export { encodeUsernamePassword } from "./credentials.js";
export * from "./date.js";
export * from "./etag.js";
// The seam without a socket.
export { type FetchOptions, fetchFromDelegate } from "./fetch-adapter.js";
export { type ParameterizedValue, parseHeaderParameters } from "./header-parameters.js";
export { HTTPHeaders, type HTTPHeadersInit } from "./headers.js";
export { HTTPInputError, HTTPOutputError } from "./http-input-error.js";
export {
  boundaryOf,
  type MultipartEvent,
  type MultipartLimits,
  type MultipartPart,
  MultipartReader,
} from "./multipart.js";
// The seam in somebody else's server.
export {
  createNodeListener,
  createNodeUpgradeListener,
  type ListenerOptions,
  type NodeListener,
  type NodeUpgradeListener,
} from "./node-listener.js";
export * from "./range.js";
export { reasonPhrase, responses } from "./reasons.js";
export { HTTPServerRequest } from "./request.js";
export { parseRequestStartLine, parseResponseStartLine } from "./start-line.js";
export { parseUrlEncoded, qsToQsl } from "./urlencoded.js";

// Addresses.
export { isSafeRedirectTarget, splitHostAndPort, type URLArguments, urlConcat } from "./urls.js";
