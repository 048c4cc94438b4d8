/** Decides whether a request was meant: Tornado's double-submit tokens, and the check by fetch metadata that needs none. */

import { randomBytes } from "node:crypto";
import { TornadoError } from "../errors.js";
import { isEqualInConstantTime, signedValueVersion } from "./signed-value.js";

/** A token without its mask. */
export interface XsrfToken {
  /** 1 or 2: the form it was found in. */
  readonly version: number;
  readonly token: Buffer;
  /** When it was made, in seconds since 1970; for version 1, which does not say, when it was read. */
  readonly timestamp: number;
}

/** What {@link createXsrfToken} gives. */
export interface RenderedXsrfToken {
  /** The token for the form, with a fresh mask. */
  readonly text: string;
  /** True when the request brought no usable cookie: the text must then be set as the cookie too. */
  readonly isNew: boolean;
}

const tokenBytes = 16;
const maskBytes = 4;

/**
 * Gives the token to put into a page.
 *
 * The mask of version 2 differs at every call, so that a compressed page does not give the token away (BREACH).
 *
 * @param version - 1 or 2, from the `xsrfCookieVersion` setting.
 * @param cookieValue - The XSRF cookie of the request, or `null`.
 */
export function createXsrfToken(version: number, cookieValue: string | null | undefined): RenderedXsrfToken {
  const known = decodeXsrfCookie(cookieValue);
  const token = known?.token ?? randomBytes(tokenBytes);
  const timestamp = known?.timestamp ?? Math.floor(Date.now() / 1000);
  return { text: encodeXsrfToken(version, token, timestamp), isNew: known === null };
}

/**
 * Reads a token from a cookie, a form field or a header. Without a leading version it is of version 1, and is taken as it
 * stands when it is not hexadecimal; both as in Tornado.
 *
 * @returns `null` when it is malformed or of an unknown version.
 */
export function decodeXsrfToken(text: string): XsrfToken | null {
  const bytes = Buffer.from(text);
  if (!/^[1-9][0-9]*\|/.test(text)) {
    return { version: 1, token: fromHex(text) ?? bytes, timestamp: Math.floor(Date.now() / 1000) };
  }
  if (signedValueVersion(bytes) !== 2) return null;
  const parts = text.split("|", 5);
  if (parts.length !== 4) return null;
  const mask = fromHex(parts[1]!);
  const masked = fromHex(parts[2]!);
  if (mask?.length !== maskBytes || masked === null || !/^[0-9]{1,15}$/.test(parts[3]!)) return null;
  return { version: 2, token: applyMask(mask, masked), timestamp: Number(parts[3]) };
}

/** Tells whether a supplied token stands for the one in the cookie, whatever the versions and masks of the two. */
export function xsrfTokensMatch(cookieValue: string | null | undefined, supplied: string): boolean {
  return xsrfFailure(cookieValue, supplied) === null;
}

/**
 * Says why a request is refused, in Tornado's words for the log, or `null` when it may pass.
 *
 * @param supplied - The `_xsrf` argument, or else the X-Xsrftoken or X-Csrftoken header.
 */
export function xsrfFailure(
  cookieValue: string | null | undefined,
  supplied: string | null | undefined,
): string | null {
  if (!supplied) return "'_xsrf' argument missing from request";
  const given = decodeXsrfToken(supplied);
  if (given === null || given.token.length === 0) return "'_xsrf' argument has invalid format";
  // Without a usable cookie the comparison is with a fresh token, so that it takes its time and fails.
  const expected = decodeXsrfCookie(cookieValue)?.token ?? randomBytes(tokenBytes);
  return isEqualInConstantTime(given.token, expected) ? null : "XSRF cookie does not match POST argument";
}

/** What the check by fetch metadata looks at. */
export interface CrossOriginEvidence {
  readonly method: string;
  /** The Sec-Fetch-Site header. */
  readonly secFetchSite: string | undefined;
  /** The Origin header. */
  readonly origin: string | undefined;
  /** The Host of the request, as the client wrote it. */
  readonly host: string;
  /** Further origins that may send requests, such as `https://admin.example.com`. */
  readonly trustedOrigins?: readonly string[] | undefined;
}

/**
 * Says why a request is refused under `xsrfCookies: "fetch-metadata"`, or `null` when it may pass.
 *
 * Browsers since 2023 say in Sec-Fetch-Site where a request comes from, and no page can forge it; older ones send Origin
 * with a form post. A request with neither comes from no browser, and so carries nobody's cookies against their will.
 */
export function crossOriginFailure(evidence: CrossOriginEvidence): string | null {
  const { method, secFetchSite, origin, host, trustedOrigins = [] } = evidence;
  if (isSafeMethod(method)) return null;
  if (secFetchSite === "same-origin" || secFetchSite === "none") return null;
  if (origin !== undefined && trustedOrigins.includes(origin)) return null;
  if (secFetchSite !== undefined) return `cross-origin request (Sec-Fetch-Site: ${secFetchSite})`;
  if (origin === undefined) return null;
  // The scheme is left out: behind a proxy that speaks TLS for us it is not the one that the browser used.
  return originHost(origin) === host.toLowerCase() ? null : `cross-origin request (Origin: ${origin})`;
}

/** Tells whether a method changes nothing, so that XSRF is no matter. */
export function isSafeMethod(method: string): boolean {
  return method === "GET" || method === "HEAD" || method === "OPTIONS";
}

function decodeXsrfCookie(cookieValue: string | null | undefined): XsrfToken | null {
  if (!cookieValue) return null;
  const decoded = decodeXsrfToken(cookieValue);
  // An empty token would match every empty one.
  return decoded !== null && decoded.token.length > 0 ? decoded : null;
}

function encodeXsrfToken(version: number, token: Buffer, timestamp: number): string {
  if (version === 1) return token.toString("hex");
  if (version !== 2) {
    throw new TornadoError(
      "BAD_SETTING",
      `The setting "xsrfCookieVersion" is ${JSON.stringify(version)}. Set it to 1 or 2.`,
    );
  }
  const mask = randomBytes(maskBytes);
  return `2|${mask.toString("hex")}|${applyMask(mask, token).toString("hex")}|${timestamp}`;
}

function applyMask(mask: Buffer, data: Buffer): Buffer {
  const result = Buffer.allocUnsafe(data.length);
  for (let index = 0; index < data.length; index++) result[index] = data[index]! ^ mask[index % maskBytes]!;
  return result;
}

function fromHex(text: string): Buffer | null {
  return /^(?:[0-9a-f]{2})*$/i.test(text) ? Buffer.from(text, "hex") : null;
}

function originHost(origin: string): string | null {
  const match = /^[a-z][a-z0-9+.-]*:\/\/([^/?#@]+)$/i.exec(origin);
  return match === null ? null : match[1]!.toLowerCase();
}
