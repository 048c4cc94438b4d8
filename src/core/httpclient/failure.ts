/** Says in the client's words why a request got no response. */

import { TornadoError } from "../errors.js";
import { HTTPClientError, type HTTPClientErrorKind, HTTPStreamClosedError, HTTPTimeoutError } from "./http-response.js";
import { ProducerError } from "./produced-body.js";
import { CallbackError } from "./response-body.js";

interface Failure {
  readonly kind: HTTPClientErrorKind;
  readonly text: (peer: string) => string;
}

const closed: Failure = { kind: "closed", text: (peer) => `The connection to ${peer} ended before the response did` };
const malformed: Failure = { kind: "malformed", text: (peer) => `${peer} sent something that is no response of HTTP` };
const tooLarge: Failure = { kind: "too-large", text: (peer) => `The headers of ${peer}'s response are too large` };
const tls: Failure = { kind: "tls", text: (peer) => `The TLS connection to ${peer} failed` };

/** By the beginning of the error's code, the first that fits. */
const failures: readonly (readonly [RegExp, Failure])[] = [
  [
    /^UND_ERR_CONNECT_TIMEOUT$|^ETIMEDOUT$/,
    { kind: "connect-timeout", text: (peer) => `Timeout while connecting to ${peer}` },
  ],
  [/^ENOTFOUND$|^EAI_/, { kind: "host-not-found", text: (peer) => `The name ${peer} leads to no address` }],
  [
    /^ECONNREFUSED$|^ENOENT$/,
    { kind: "refused", text: (peer) => `${peer} refuses the connection. Is something listening there` },
  ],
  [/^UND_ERR_HEADERS_OVERFLOW$|^HPE_HEADER_OVERFLOW$/, tooLarge],
  [
    /^UND_ERR_REQ_CONTENT_LENGTH_MISMATCH$|^ERR_HTTP_CONTENT_LENGTH_MISMATCH$/,
    { kind: "request-body", text: () => "The bodyProducer wrote another number of bytes than Content-Length says" },
  ],
  // What a parser finds in a response that stops in its middle.
  [/^HPE_INVALID_EOF_STATE$|^UND_ERR_RES_CONTENT_LENGTH_MISMATCH$/, closed],
  [/^HPE/, malformed],
  [/^ECONNRESET$|^EPIPE$|^UND_ERR_SOCKET$|^ERR_STREAM_PREMATURE_CLOSE$/, closed],
  [/^ERR_TLS_|^ERR_SSL_|^EPROTO$|CERT|_SIGNATURE$|^UNABLE_TO_|^UND_ERR_PRX_TLS$|^INVALID_CA$/, tls],
  [/^UND_ERR_ABORTED$|^ERR_PROXY_CLOSED$/, { kind: "proxy", text: (peer) => `The proxy opens no tunnel to ${peer}` }],
];

/** Gives what `fetch` rejects with. Errors of the caller's own (a signal, a callback, a mistake in the request) stay what they are. */
export function toClientError(error: unknown, peer: string, isConnected: boolean): unknown {
  if (error instanceof HTTPClientError) return error;
  if (error instanceof CallbackError || error instanceof ProducerError) return error.cause;
  if (error instanceof TornadoError || error instanceof TypeError) return error;
  const code = codeOf(error);
  if (code === null) return error;
  // undici checks once more what it is told to send.
  if (/^UND_ERR_(?:INVALID_ARG|NOT_SUPPORTED)$/.test(code))
    return new TypeError((error as Error).message, { cause: error });
  const cause = withoutResponse(error as Error);
  const known = failures.find(([pattern]) => pattern.test(code))?.[1];
  // A connection that breaks while it is made, and one to what is no proxy or no TLS, are told apart by nothing better.
  const failure = known ?? (isConnected ? malformed : unreachable);
  const message = `${failure.text(peer)} (${detail(error, code)})`;
  if (failure.kind === "connect-timeout") return new HTTPTimeoutError(message, { kind: failure.kind, cause });
  if (failure.kind === "closed") return new HTTPStreamClosedError(message, { cause });
  return new HTTPClientError(599, message, { kind: failure.kind, cause });
}

const unreachable: Failure = { kind: "unreachable", text: (peer) => `No connection to ${peer} can be made` };

/** undici says of a proxy's refusal nothing but its status, in words. */
function detail(error: unknown, code: string): string {
  const status = /^Proxy response \((\d+)\)/.exec((error as Error).message)?.[1];
  return status === undefined ? code : `status ${status}`;
}

/** undici's parser keeps the response that it could not read, which may hold anything, in its error. */
function withoutResponse(error: Error): Error {
  return isParserError(error) ? new Error(error.message) : error;
}

function codeOf(error: unknown): string | null {
  const { code } = (error ?? {}) as { code?: unknown };
  // What a program throws itself has often no code, and a DOMException one that is a number.
  if (typeof code === "string" && /^[A-Z][A-Z0-9_]+$/.test(code)) return code;
  return isParserError(error) ? "HPE" : null;
}

function isParserError(error: unknown): boolean {
  return error instanceof Error && error.name === "HTTPParserError";
}
