/** Reads Cookie headers as browsers mean them, and writes Set-Cookie headers that no value can break out of. */

import { TornadoError } from "../errors.js";
import { formatTimestamp } from "./date.js";

/** The attributes of a cookie. Anything else is refused, so that no spelling slips past a check. */
export interface CookieAttributes {
  readonly domain?: string | null | undefined;
  /** When the cookie ends: a `Date`, or seconds since 1970. Wins over `expiresDays`. */
  readonly expires?: Date | number | null | undefined;
  /** Days from now, fractions allowed. */
  readonly expiresDays?: number | null | undefined;
  readonly httpOnly?: boolean | undefined;
  /** Seconds. Zero is sent, and ends the cookie. */
  readonly maxAge?: number | null | undefined;
  /** Kept apart by top-level site, which is what third-party cookies have become. */
  readonly partitioned?: boolean | undefined;
  /** Default `/`; `null` leaves it out, so that the browser takes the folder of the request's path. */
  readonly path?: string | null | undefined;
  /** `null` leaves it out, whatever the default. */
  readonly sameSite?: "Strict" | "Lax" | "None" | "strict" | "lax" | "none" | null | undefined;
  readonly secure?: boolean | undefined;
}

const attributeNames = new Set(
  "domain expires expiresDays httpOnly maxAge partitioned path sameSite secure".split(" "),
);
/** Names that Python's cookie library, and with it Tornado, keeps for attributes. */
const reservedNames = new Set(
  "comment domain expires httponly max-age partitioned path samesite secure version".split(" "),
);
// A token of RFC 9110 and the colon, as in Python's http.cookies.
const plainText = /^[\w!#$%&'*+\-.^`|~:]+$/;
const needsOctal = /[^\w!#$%&'*+\-.^`|~: ()/<=>?@[\]{}"\\]/g;
const sameSiteNames: Readonly<Record<string, string>> = { strict: "Strict", lax: "Lax", none: "None" };
const secondsPerDay = 86_400;

/**
 * Reads a Cookie header as a browser writes it: split at every `;`, even inside quotes; the last cookie of a name counts.
 *
 * @returns Every pair. A piece without `=` is the value of the cookie with no name. {@link parseRequestCookies} gives the
 *   ones that an application may see.
 */
export function parseCookie(header: string): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const piece of header.split(";")) {
    const equals = piece.indexOf("=");
    const name = equals === -1 ? "" : piece.slice(0, equals).trim();
    const value = piece.slice(equals + 1).trim();
    if (name === "" && value === "") continue;
    // Taken out first, so that the order is that of the counting cookies.
    cookies.delete(name);
    cookies.set(name, unquote(value));
  }
  return cookies;
}

/** Reads the cookies of a request: those of {@link parseCookie} with a legal name that is not reserved. */
export function parseRequestCookies(header: string | undefined): Map<string, string> {
  if (header === undefined) return new Map();
  const cookies = parseCookie(header);
  for (const name of cookies.keys()) if (!isCookieName(name)) cookies.delete(name);
  return cookies;
}

/**
 * Formats a Set-Cookie value exactly as Tornado does, attributes in alphabetical order.
 *
 * @param options.defaultSameSite - Used when `attributes.sameSite` is `undefined`.
 * @throws {TornadoError} `BAD_COOKIE` for a name, value or attribute that cannot be sent, and for an unknown attribute.
 */
export function serializeCookie(
  name: string,
  value: string,
  attributes: CookieAttributes = {},
  options: { readonly defaultSameSite?: "Strict" | "Lax" | "None" | null } = {},
): string {
  for (const attribute of Object.keys(attributes)) {
    if (!attributeNames.has(attribute))
      refuse(name, `has no attribute "${attribute}"`, `Use one of: ${[...attributeNames].join(", ")}.`);
  }
  if (!isCookieName(name)) refuse(name, "has a name that cannot be sent", "Use letters, digits, _ and -.");
  const parts = [`${name}=${quote(name, value)}`];
  const { domain, httpOnly, maxAge, partitioned, path = "/", secure } = attributes;
  if (present(domain)) parts.push(`Domain=${attributeText(name, "domain", domain)}`);
  const expires = expiry(name, attributes);
  if (expires !== null) parts.push(`expires=${expires}`);
  if (flag(name, "httpOnly", httpOnly)) parts.push("HttpOnly");
  if (present(maxAge)) parts.push(`Max-Age=${wholeSeconds(name, maxAge)}`);
  if (flag(name, "partitioned", partitioned)) parts.push("Partitioned");
  if (present(path)) parts.push(`Path=${attributeText(name, "path", path)}`);
  const sameSite = attributes.sameSite === undefined ? options.defaultSameSite : attributes.sameSite;
  if (present(sameSite)) parts.push(`SameSite=${sameSiteText(name, sameSite)}`);
  if (flag(name, "secure", secure)) parts.push("Secure");
  return parts.join("; ");
}

function isCookieName(name: string): boolean {
  return plainText.test(name) && !reservedNames.has(name.toLowerCase());
}

/** Undoes quoting by the rules of Python 3.13: `\000` to `\377` are octal, any other escaped character is itself. */
function unquote(value: string): string {
  if (value.length < 2 || value[0] !== '"' || value.at(-1) !== '"') return value;
  return value.slice(1, -1).replace(/\\(?:([0-3][0-7][0-7])|(.))/g, (_, octal: string | undefined, other: string) => {
    return octal === undefined ? other : String.fromCharCode(Number.parseInt(octal, 8));
  });
}

function quote(name: string, value: string): string {
  if (typeof value !== "string") refuse(name, "has a value that is not a string", "Convert it first.");
  if (plainText.test(value)) return value;
  if (/[\x00-\x20]/.test(value)) {
    refuse(
      name,
      "has a value with a space or a control character",
      "Encode it, for example with encodeURIComponent().",
    );
  }
  if (/[^\x00-\xff]/.test(value)) {
    refuse(name, "has a value with characters outside Latin-1", "Encode it, for example with encodeURIComponent().");
  }
  const octal = value.replace(/["\\]/g, "\\$&").replace(needsOctal, (character) => {
    return `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`;
  });
  return `"${octal}"`;
}

function expiry(name: string, { expires, expiresDays }: CookieAttributes): string | null {
  let moment: Date | number;
  if (present(expires)) moment = expires;
  else if (present(expiresDays))
    moment = Date.now() / 1000 + (typeof expiresDays === "number" ? expiresDays * secondsPerDay : Number.NaN);
  else return null;
  const isMoment = moment instanceof Date || typeof moment === "number";
  const date = new Date(moment instanceof Date ? moment : Number(moment) * 1000);
  // toUTCString() gives years of five digits and of two; neither is a date of HTTP.
  if (!isMoment || !(date.getTime() >= -62_135_596_800_000) || date.getUTCFullYear() > 9999) {
    refuse(name, `cannot expire at ${String(moment)}`, "Give a Date, seconds since 1970, or expiresDays.");
  }
  return formatTimestamp(date);
}

function wholeSeconds(name: string, maxAge: number): number {
  if (!Number.isSafeInteger(maxAge)) refuse(name, `cannot have a maxAge of ${String(maxAge)}`, "Give whole seconds.");
  return maxAge;
}

function attributeText(name: string, attribute: string, text: string): string {
  if (typeof text !== "string" || !/^[\x21-\x3a\x3c-\x7e]+$/.test(text)) {
    refuse(
      name,
      `cannot have the ${attribute} ${JSON.stringify(text)}`,
      'Leave out blanks, ";", control and non-ASCII characters.',
    );
  }
  return text;
}

function sameSiteText(name: string, sameSite: string): string {
  const text = typeof sameSite === "string" ? sameSiteNames[sameSite.toLowerCase()] : undefined;
  if (text === undefined)
    refuse(name, `cannot have the sameSite ${JSON.stringify(sameSite)}`, "Use Strict, Lax or None.");
  return text!;
}

function flag(name: string, attribute: string, value: boolean | undefined): boolean {
  if (value !== undefined && typeof value !== "boolean")
    refuse(name, `needs true or false as ${attribute}`, "Change it.");
  return value === true;
}

function present<T>(value: T | null | undefined | ""): value is T {
  return value !== undefined && value !== null && value !== "";
}

function refuse(name: unknown, what: string, remedy: string): never {
  throw new TornadoError("BAD_COOKIE", `The cookie ${JSON.stringify(name)} ${what}. ${remedy}`);
}
