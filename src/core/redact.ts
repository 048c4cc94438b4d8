/** Knows which names stand for secrets, so that no log line and no error page shows their values. */

/** What stands in the place of a secret. */
export const redacted = "[redacted]";

/** A name that contains one of these, whatever the case and the separators, is a secret's. */
const secretPart =
  /password|passwd|passphrase|secret|token|apikey|accesskey|privatekey|credential|authorization|xsrf|csrf/;
/** These are common words within other names, and name a secret only when they are the whole name. */
const secretWholeNames = new Set([
  ..."auth bearer cookie cookies setcookie jwt key otp pass pin pwd session sessionid sid sig signature".split(" "),
  ..."connectsid phpsessid jsessionid databaseurl redisurl dsn".split(" "),
]);
/** Settings that are named after a secret and hold none. */
const harmlessNames = new Set(["xsrfcookies", "xsrfcookiename", "xsrfcookieversion", "xsrfcookiekwargs"]);
/** In a query, these are secrets too: the one-time codes of OAuth and of confirmation mails. */
const secretQueryNames = new Set(["code", "state", "ticket", "hash"]);
const maxDepth = 6;
const maxUrlDepth = 3;

/** Tells whether a header, cookie, form field, setting or environment variable of this name holds a secret. */
export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, "");
  return !harmlessNames.has(plain) && (secretWholeNames.has(plain) || secretPart.test(plain));
}

/** Tells the same of a key of a query, where one-time codes are secrets too. */
export function isSecretQueryName(name: string): boolean {
  return secretQueryNames.has(name.toLowerCase()) || isSecretName(name);
}

/** Masks the password of a URL and the values of secret query keys. Everything else stays as it is written. */
export function redactUrl(url: string): string {
  return redactUrlWithin(url, 0);
}

/** Masks the values of secret keys in a query or in an urlencoded body, also in a URL that is the value of another key. */
export function redactQuery(query: string): string {
  return redactQueryWithin(query, 0);
}

function redactUrlWithin(url: string, depth: number): string {
  const queryStart = url.indexOf("?");
  const beforeQuery = queryStart === -1 ? url : url.slice(0, queryStart);
  const address = beforeQuery.includes("@") ? redactUserinfo(beforeQuery) : beforeQuery;
  return queryStart === -1 ? address : `${address}?${redactQueryWithin(url.slice(queryStart + 1), depth)}`;
}

function redactQueryWithin(query: string, depth: number): string {
  return query
    .split("&")
    .map((pair) => {
      const equals = pair.indexOf("=");
      if (equals === -1) return pair;
      const name = pair.slice(0, equals);
      return isSecretQueryKey(name)
        ? `${name}=${redacted}`
        : `${name}=${redactNestedUrl(pair.slice(equals + 1), depth)}`;
    })
    .join("&");
}

/** Log-in pages get the address they lead back to, `next`, with all that it holds. */
function redactNestedUrl(written: string, depth: number): string {
  if (depth >= maxUrlDepth || !/[?@]|%3f|%40/i.test(written)) return written;
  try {
    const url = decodeURIComponent(written);
    const masked = redactUrlWithin(url, depth + 1);
    return masked === url ? written : encodeURIComponent(masked);
  } catch {
    return written;
  }
}

/** Copies a value for display: in objects, arrays and maps of any kind, what stands under a secret name is masked. */
export function redactValue(value: unknown, name = ""): unknown {
  return redactNested(value, name, 0);
}

/** Masks every occurrence of known secrets in a text. Secrets shorter than six characters are left: they would match words. */
export function redactKnownSecrets(text: string, secrets: Iterable<string>): string {
  let result = text;
  for (const secret of secrets) if (secret.length >= 6) result = result.replaceAll(secret, redacted);
  return result;
}

function redactNested(value: unknown, name: string, depth: number): unknown {
  if (name !== "" && isSecretName(name)) return value === undefined || value === null ? value : redacted;
  if (typeof value === "string") return value.includes("://") ? redactUserinfo(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= maxDepth) return "[…]";
  if (Array.isArray(value)) return value.map((item) => redactNested(item, "", depth + 1));
  const isPlain = Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null;
  if (!isPlain && !(value instanceof Map)) return `[${value.constructor?.name ?? "object"}]`;
  const copy: Record<string, unknown> = Object.create(null);
  const entries = value instanceof Map ? value.entries() : Object.entries(value);
  for (const [key, item] of entries) copy[String(key)] = redactNested(item, String(key), depth + 1);
  return copy;
}

function isSecretQueryKey(written: string): boolean {
  let key = written;
  try {
    key = decodeURIComponent(written);
  } catch {
    // Not percent-encoded text: judged as written.
  }
  return isSecretQueryName(key);
}

function redactUserinfo(url: string): string {
  const hostStart = url.indexOf("://") + 3;
  if (hostStart === 2) return url;
  const hostEnd = url.slice(hostStart).search(/[/?#]/);
  const authority = hostEnd === -1 ? url.slice(hostStart) : url.slice(hostStart, hostStart + hostEnd);
  const at = authority.lastIndexOf("@");
  const colon = authority.indexOf(":");
  if (at === -1 || colon === -1 || colon > at) return url;
  const rest = url.slice(hostStart + authority.length);
  return `${url.slice(0, hostStart)}${authority.slice(0, colon)}:${redacted}${authority.slice(at)}${rest}`;
}
