/** Finds out who asked, from the headers that a trusted proxy adds (the `xheaders` option). */

import { BlockList, isIP, isIPv4 } from "node:net";
import { TornadoError } from "../errors.js";
import type { HTTPHeaders } from "./headers.js";

/** A set of addresses and networks. */
export type Networks = (address: string) => boolean;

/** What is known about the client behind the proxies. */
export interface Origin {
  readonly remoteIp: string;
  readonly protocol: string;
}

/**
 * Makes a test for addresses out of a list such as `["10.0.0.1", "192.168.0.0/16", "fd00::/8"]`.
 *
 * @throws TornadoError for an entry that is neither an address nor a network.
 */
export function networks(option: string, entries: readonly string[]): Networks {
  const list = new BlockList();
  for (const entry of entries) {
    const [address, prefix, ...rest] = entry.split("/");
    const family = isIP(address ?? "");
    const bits = prefix === undefined ? undefined : Number(prefix);
    const isPrefix = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
    if (family === 0 || !isPrefix || rest.length > 0) {
      throw new TornadoError(
        "BAD_SERVER_OPTION",
        `${JSON.stringify(entry)} in the server option "${option}" is not an address or network. Write it as "10.0.0.1" or "10.0.0.0/8".`,
      );
    }
    const type = family === 4 ? "ipv4" : "ipv6";
    if (bits === undefined) list.addAddress(address!, type);
    else list.addSubnet(address!, bits, type);
  }
  return (address) => {
    const family = isIP(address);
    return family !== 0 && list.check(address, family === 4 ? "ipv4" : "ipv6");
  };
}

/**
 * Reads `X-Real-Ip` or `X-Forwarded-For`, and `X-Scheme` or `X-Forwarded-Proto`, as Tornado does.
 *
 * Of the addresses in `X-Forwarded-For`, the rightmost that is not trusted counts, since everything to its left may be invented.
 * What is no address, or no scheme of the web, is ignored.
 */
export function originBehindProxy(headers: HTTPHeaders, peer: Origin, isTrusted: Networks): Origin {
  let remoteIp = peer.remoteIp;
  const candidates = (headers.get("X-Forwarded-For") ?? peer.remoteIp).split(",");
  let candidate = "";
  for (let i = candidates.length - 1; i >= 0; i--) {
    candidate = candidates[i]!.trim();
    if (!isTrusted(candidate)) break;
  }
  candidate = headers.get("X-Real-Ip") ?? candidate;
  if (isIP(candidate) !== 0) remoteIp = candidate;

  const scheme = headers.get("X-Scheme") ?? headers.get("X-Forwarded-Proto");
  const last = scheme?.slice(scheme.lastIndexOf(",") + 1).trim();
  const protocol = last === "http" || last === "https" ? last : peer.protocol;
  return { remoteIp, protocol };
}

/** Address of a peer as people write it: an IPv4 client of a dual-stack socket is not `::ffff:10.0.0.1`. */
export function plainAddress(address: string | undefined): string {
  // A unix socket has no address; Tornado says this.
  if (address === undefined || address === "") return "0.0.0.0";
  if (address.startsWith("::ffff:") && isIPv4(address.slice(7))) return address.slice(7);
  return address;
}
