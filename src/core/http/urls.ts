/** Takes addresses apart and puts them together. */

export type URLArguments =
  | Iterable<readonly [string, string | number | boolean]>
  | Readonly<Record<string, string | number | boolean>>;

/**
 * Adds arguments to the query of an absolute or relative URL; its own query and its fragment stay.
 *
 * @example
 * urlConcat("/search?q=a#top", { page: 2 }); // "/search?q=a&page=2#top"
 */
export function urlConcat(url: string, args: URLArguments | null | undefined): string {
  if (args === null || args === undefined) return url;
  const hash = url.indexOf("#");
  const fragment = hash === -1 ? "" : url.slice(hash);
  const withoutFragment = hash === -1 ? url : url.slice(0, hash);
  const question = withoutFragment.indexOf("?");
  const path = question === -1 ? withoutFragment : withoutFragment.slice(0, question);
  const query = new URLSearchParams(question === -1 ? "" : withoutFragment.slice(question + 1));
  const pairs = Symbol.iterator in args ? (args as Iterable<readonly [string, unknown]>) : Object.entries(args);
  for (const [name, value] of pairs) query.append(name, String(value));
  const text = query.toString();
  return text === "" ? path + fragment : `${path}?${text}${fragment}`;
}

/**
 * Splits `host:port`. The port is `null` if there is none; an IPv6 address keeps its brackets.
 *
 * @example
 * splitHostAndPort("[::1]:8888"); // ["[::1]", 8888]
 */
export function splitHostAndPort(authority: string): [host: string, port: number | null] {
  const match = /^(.+):(\d{1,5})$/.exec(authority);
  return match === null ? [authority, null] : [match[1]!, Number(match[2])];
}

/** Browsers take some of these out of an address before they read it, so that it is not what it seems. */
const controlCharacter = /[\x00-\x1f\x7f]/;

/**
 * Tells whether a browser that follows this target stays on the site of `currentUrl`.
 *
 * It reads the target as a browser does (WHATWG URL), so that `//evil.test`, `/\evil.test`, `https:evil.test` and
 * `https://good.test@evil.test` are told apart from paths. The site is the origin (RFC 6454): another port of the host is
 * somebody else's. Only the step from http up to https, both at their usual ports, leads to the same site.
 *
 * @param currentUrl - Absolute; without it, only targets that name no host are safe.
 */
export function isSafeRedirectTarget(target: string, currentUrl = "http://nowhere.invalid/"): boolean {
  if (controlCharacter.test(target)) return false;
  // URL resolves "https:evil" against an https base as a path, and against an http base as a host; refuse both.
  if (/^[a-z][a-z0-9+.-]*:(?!\/\/[^/])/i.test(target)) return false;
  try {
    const base = new URL(currentUrl);
    const resolved = new URL(target, base);
    return (
      (resolved.origin === base.origin || isStepUpToTls(base, resolved)) &&
      resolved.username === "" &&
      resolved.password === "" &&
      !target.startsWith("//")
    );
  } catch {
    return false;
  }
}

function isStepUpToTls(from: URL, to: URL): boolean {
  const isUp = from.protocol === "http:" && to.protocol === "https:";
  return isUp && from.hostname === to.hostname && from.port === "" && to.port === "";
}
