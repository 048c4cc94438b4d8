/** Decides who may see what only a developer should: the answer to DNS rebinding and to other sites in the same browser. */

import type { IncomingHttpHeaders } from "node:http";
import { hostname, networkInterfaces } from "node:os";

/** Names under which this machine itself is meant, whatever the server listens on. */
const loopback = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Makes the test of a `Host` header for a server that listens on `host`.
 *
 * Loopback names always pass, and so does the given host. A server that listens everywhere is asked for by any of this
 * machine's own addresses, or by its name. A name that an attacker's DNS server points here is none of these.
 */
export function hostCheck(host: string): (hostHeader: string | undefined) => boolean {
  const allowed = new Set([bracketed(host)]);
  if (host === "0.0.0.0" || host === "::" || host === "") {
    for (const address of ownAddresses()) allowed.add(bracketed(address));
    allowed.add(hostname().toLowerCase());
    allowed.add(`${hostname().toLowerCase()}.local`);
  }
  return (hostHeader) => {
    if (hostHeader === undefined) return false;
    const name = hostHeader.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");
    return loopback.test(name) || allowed.has(name);
  };
}

/**
 * Says whether a request to a page of the dev server comes from the app's own pages, or from the address bar.
 *
 * `Sec-Fetch-Site` cannot be set by scripts; where an old browser, or a page that is not on loopback, does not send it,
 * `Origin` must name the host that was asked.
 */
export function isSameSite(headers: IncomingHttpHeaders): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  const { origin } = headers;
  if (origin === undefined) return true;
  try {
    return new URL(origin).host === headers.host;
  } catch {
    return false;
  }
}

/**
 * Says whether another site's page has fetched this: where the app's own headers admit other origins, that page would read the answer.
 *
 * To follow a link from elsewhere is no fetch. A front end that another server of this machine serves may read what goes wrong.
 *
 * @param header - Gives a request header by its name in lower case.
 */
export function isForeignFetch(
  header: (name: string) => string | undefined,
  isAllowedHost: (hostHeader: string | undefined) => boolean,
): boolean {
  const site = header("sec-fetch-site");
  const origin = header("origin");
  // A page that is not on loopback gets no `Sec-Fetch-` headers without TLS.
  if (site === undefined && origin === undefined) return false;
  if (site !== undefined && (site !== "cross-site" || header("sec-fetch-mode") === "navigate")) return false;
  if (origin === undefined || !URL.canParse(origin)) return true;
  return !isAllowedHost(new URL(origin).host);
}

/** Addresses of this machine that others can reach it by; IPv4 first. */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter(({ internal }) => !internal)
    .sort((one, other) => one.family.localeCompare(other.family))
    .map(({ address }) => address);
}

function bracketed(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host.toLowerCase()}]` : host.toLowerCase();
}
