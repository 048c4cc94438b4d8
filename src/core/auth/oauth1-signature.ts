/** Signs requests of OAuth 1.0a (RFC 5849). No maintained library does. */

import { createHmac, randomBytes } from "node:crypto";

/** A key and its secret: of the app, or of a token. */
export interface OAuthToken {
  readonly key: string;
  readonly secret: string;
}

/** What is signed. */
export interface SignedRequest {
  readonly method: string;
  /** Absolute; its query is signed as well. */
  readonly url: string;
  /** Arguments of the form, if there is one. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly consumer: OAuthToken;
  readonly token?: OAuthToken | null;
  /** Further `oauth_` parameters: `oauth_callback`, `oauth_verifier`. */
  readonly oauthParameters?: Readonly<Record<string, string>>;
}

/**
 * Gives the `oauth_` parameters of a request, `oauth_signature` among them (HMAC-SHA1).
 *
 * @param clock - Seconds since 1970, for tests.
 */
export function signOAuthRequest(
  request: SignedRequest,
  clock: () => number = () => Math.floor(Date.now() / 1000),
  nonce: string = randomBytes(16).toString("hex"),
): Record<string, string> {
  const { consumer, token, oauthParameters = {}, parameters = {} } = request;
  const signed: Record<string, string> = {
    oauth_consumer_key: consumer.key,
    ...(token ? { oauth_token: token.key } : {}),
    oauth_signature_method: "HMAC-SHA1",
    oauth_timestamp: String(clock()),
    oauth_nonce: nonce,
    ...oauthParameters,
  };
  const base = signatureBase(request.method, request.url, [...Object.entries(parameters), ...Object.entries(signed)]);
  const key = `${percentEncode(consumer.secret)}&${percentEncode(token?.secret ?? "")}`;
  return { ...signed, oauth_signature: createHmac("sha1", key).update(base).digest("base64") };
}

/** The text that is signed (section 3.4.1): method, address, and all arguments in their order. */
export function signatureBase(method: string, url: string, parameters: Iterable<readonly [string, string]>): string {
  const { origin, pathname, searchParams } = new URL(url);
  const encoded = [...searchParams, ...parameters].map(([name, value]) => [percentEncode(name), percentEncode(value)]);
  // By code units: what is encoded is ASCII.
  encoded.sort(([name, value], [otherName, otherValue]) => compare(name!, otherName!) || compare(value!, otherValue!));
  const list = encoded.map(([name, value]) => `${name}=${value}`).join("&");
  return [method.toUpperCase(), origin + pathname, list].map(percentEncode).join("&");
}

/** Writes the parameters as an Authorization header (section 3.5.1). */
export function oauthAuthorization(parameters: Readonly<Record<string, string>>): string {
  const written = Object.entries(parameters).map(([name, value]) => `${percentEncode(name)}="${percentEncode(value)}"`);
  return `OAuth ${written.join(", ")}`;
}

/** Section 3.6: stricter than `encodeURIComponent`. */
function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
