/** What an application's settings add to the responses of a route: headers for security, and for pages of other sites. */

import { randomBytes } from "node:crypto";
import { type CorsOptions, CorsPolicy } from "../http/cors.js";
import type { HTTPHeaders } from "../http/headers.js";
import type { HTTPServerRequest } from "../http/request.js";
import { SecurityHeaders, type SecurityHeadersSetting } from "./security-headers.js";

/** Decided when routes are made; shared by all requests of a route. */
export class ResponsePolicy {
  readonly cors: CorsPolicy | null;
  readonly #security: SecurityHeaders | null;
  /** Name of the header that carries the request's id. */
  readonly #requestIdHeader: string | null;

  constructor(cors: CorsPolicy | null, security: SecurityHeaders | null, requestIdHeader: string | null) {
    this.cors = cors;
    this.#security = security;
    this.#requestIdHeader = requestIdHeader;
  }

  /** Makes the nonce of one response; `null` when no header has a place for it. */
  createNonce(): string | null {
    return this.#security?.usesNonce === true ? randomBytes(16).toString("base64") : null;
  }

  addHeaders(request: HTTPServerRequest, headers: HTTPHeaders, nonce: string | null): void {
    if (this.#requestIdHeader !== null && request.id !== null) headers.set(this.#requestIdHeader, request.id);
    this.#security?.addHeaders(request, headers, nonce ?? "");
    this.cors?.addHeaders(request, headers);
  }

  /** Adds, when the headers go out, what the handler's own must not take away. */
  completeHeaders(headers: HTTPHeaders): void {
    this.cors?.completeHeaders(headers);
  }
}

/** Makes the policy of a route, or `null` when nothing is to be added. */
export function createResponsePolicy(
  securityHeaders: SecurityHeadersSetting | undefined,
  cors: CorsOptions | false | undefined,
  requestIdHeader: string | null = null,
): ResponsePolicy | null {
  const corsPolicy = cors ? new CorsPolicy(cors) : null;
  const security = securityHeaders ? new SecurityHeaders(securityHeaders) : null;
  if (corsPolicy === null && security === null && requestIdHeader === null) return null;
  return new ResponsePolicy(corsPolicy, security, requestIdHeader);
}
