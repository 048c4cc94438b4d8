/** The front door of `tornado/httpclient`. */

export { AsyncHTTPClient, type FetchOptions, type HTTPClientOptions } from "./http-client.js";
export { type BodyWriter, HTTPRequest, type HTTPRequestOptions } from "./http-request.js";
export {
  HTTPClientError,
  HTTPClientError as HTTPError,
  type HTTPClientErrorKind,
  type HTTPClientErrorOptions,
  HTTPResponse,
  type HTTPResponseInit,
  HTTPStreamClosedError,
  HTTPTimeoutError,
  type TimeInfo,
} from "./http-response.js";
