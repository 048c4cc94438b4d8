/** Finds the addresses of a host, and lets tests and odd networks say them by themselves. */

import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

/** One address to connect to. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
  readonly port: number;
}

/** Finds addresses, in the order in which they should be tried. */
export interface Resolver {
  /**
   * @param family - 4 or 6 for addresses of that kind alone; 0 for both.
   * @throws Node's own error when there is none.
   */
  resolve(host: string, port: number, family?: 0 | 4 | 6): Promise<readonly ResolvedAddress[]>;
}

/** Asks the system, as every program does: the hosts file, then DNS. */
export class DefaultResolver implements Resolver {
  async resolve(host: string, port: number, family: 0 | 4 | 6 = 0): Promise<readonly ResolvedAddress[]> {
    const known = isIP(host);
    if (known !== 0) return [{ address: host, family: known as 4 | 6, port }];
    const found = await lookup(host, { all: true, family });
    return found.map((one) => ({ address: one.address, family: one.family as 4 | 6, port }));
  }
}

/** What an {@link OverrideResolver} says instead: another host, or another host and port. */
export type ResolverMapping = Readonly<Record<string, string | { readonly host: string; readonly port: number }>>;

/**
 * Sends names elsewhere.
 *
 * @example
 * new OverrideResolver({ "example.org": "127.0.0.1", "example.org:443": { host: "127.0.0.1", port: 8443 } });
 */
export class OverrideResolver implements Resolver {
  readonly #mapping: ResolverMapping;
  readonly #resolver: Resolver;

  /**
   * @param mapping - By `host`, `host:port` or `host:port/family`; the most exact one counts.
   * @param resolver - Asked for everything else, and for the hosts of the mapping.
   */
  constructor(mapping: ResolverMapping, resolver: Resolver = new DefaultResolver()) {
    this.#mapping = mapping;
    this.#resolver = resolver;
  }

  resolve(host: string, port: number, family: 0 | 4 | 6 = 0): Promise<readonly ResolvedAddress[]> {
    const names = [`${host}:${port}/${family}`, `${host}:${port}`, host];
    const name = names.find((one) => Object.hasOwn(this.#mapping, one));
    const target = name === undefined ? host : this.#mapping[name]!;
    return typeof target === "string"
      ? this.#resolver.resolve(target, port, family)
      : this.#resolver.resolve(target.host, target.port, family);
  }
}

/** Tells whether a text is an IPv4 or IPv6 address. */
export function isValidIp(text: string): boolean {
  return isIP(text) !== 0;
}
