/** Fills the groups of a route into the target of a redirect, so that they never choose the site that it leads to. */

import { expectedError } from "./expected-error.js";

/** A target with its groups filled in. */
export interface FilledTarget {
  readonly url: string;
  /** Whether the target names a host itself, which is the author's choice. */
  readonly isExternal: boolean;
}

type GroupOf = (key: string) => string | null | undefined;

const placeholder = /\{(\w+)\}/g;
/** A scheme or none, the authority (RFC 3986, section 3.2), and the rest. */
const absoluteUrl = /^((?:[a-z][a-z0-9+.-]*:)?\/\/)([^/?#\\]+)(.*)$/is;
/** Groups that belong to a domain which the author has fixed: what follows the last of them begins with a dot. */
const hostBelowFixedDomain = /^[^@]*\{\w+\}\.[^{}@:]+(?::\d+)?$/;
const hostLabels = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i;

/**
 * Replaces `{0}` and `{name}` by the groups that `groupOf` gives, percent-encoded.
 *
 * @throws HTTPError 404 when the request would choose the site: "https://good.test{0}" with ".evil.test" is another one.
 */
export function fillTarget(target: string, groupOf: GroupOf): FilledTarget {
  const [, scheme, authority, rest] = absoluteUrl.exec(target) ?? [];
  if (authority === undefined) return { url: fillPath(target, groupOf), isExternal: false };
  return { url: `${scheme}${fillHost(authority, groupOf)}${fillPath(rest!, groupOf)}`, isExternal: true };
}

function fillPath(path: string, groupOf: GroupOf): string {
  return path.replace(placeholder, (_, key: string) => encodeURIComponent(groupOf(key) ?? "").replaceAll("%2F", "/"));
}

function fillHost(authority: string, groupOf: GroupOf): string {
  if (!authority.includes("{")) return authority;
  if (!hostBelowFixedDomain.test(authority)) {
    throw expectedError(404, `The host ${JSON.stringify(authority)} of a redirect would be the request's to choose`);
  }
  return authority.replace(placeholder, (_, key: string) => {
    const value = groupOf(key) ?? "";
    if (!hostLabels.test(value)) throw expectedError(404, `${JSON.stringify(value)} cannot be part of a host`);
    return value;
  });
}
