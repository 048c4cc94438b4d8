/** Decides how a redirect is followed: where to, and with what. */

import { isUtf8 } from "node:buffer";
import type { WireRequest } from "./wire-request.js";

const redirects = new Set([301, 302, 303, 307, 308]);
const bodyHeaders = ["Content-Length", "Content-Type", "Content-Encoding", "Content-Language", "Transfer-Encoding"];
/** What one server is told and another must not learn (CVE-2026-49853). */
const credentialHeaders = ["Authorization", "Cookie", "Cookie2", "Proxy-Authorization", "WWW-Authenticate"];

/** Whether a response asks to be followed. */
export function isRedirect(code: number, location: string | undefined): location is string {
  return redirects.has(code) && location !== undefined;
}

/**
 * Gives the request that a redirect asks for.
 *
 * As browsers do it, 303 and a POST on 301 or 302 become a GET without a body; 307 and 308 repeat the request. Another origin gets no
 * credentials: no Authorization, no Cookie, no client certificate, and not the unix socket, which is part of the address.
 *
 * @returns `null` when the target is no address of http or https.
 */
export function redirectedRequest(request: WireRequest, code: number, location: string): WireRequest | null {
  const url = targetOf(location, request.url);
  if (url === null) return null;
  const headers = request.headers.copy();
  headers.delete("Host");
  const becomesGet =
    (code === 303 && request.method !== "HEAD") || ((code === 301 || code === 302) && request.method === "POST");
  if (becomesGet) for (const name of bodyHeaders) headers.delete(name);
  const isSameOrigin = url.origin === request.url.origin;
  if (!isSameOrigin) for (const name of credentialHeaders) headers.delete(name);
  const repeated: WireRequest = becomesGet
    ? { ...request, url, headers, method: "GET", body: null, expect100Continue: false }
    : { ...request, url, headers };
  return isSameOrigin ? repeated : { ...repeated, unixSocket: null, clientIdentity: false };
}

/** Bytes of a header, where they should be percent-encoded: as a rule they are UTF-8, on old servers Latin-1. */
function asText(location: string): string {
  const bytes = Buffer.from(location, "latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : location;
}

function targetOf(location: string, base: URL): URL | null {
  try {
    const url = new URL(asText(location), base);
    if (url.protocol !== "http:" && url.protocol !== "https:") return null;
    // Credentials in a Location are whose? Neither browsers nor we send them.
    url.username = "";
    url.password = "";
    if (url.hash === "") url.hash = base.hash;
    return url;
  } catch {
    return null;
  }
}
