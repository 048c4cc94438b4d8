/** Compression of messages, permessage-deflate (RFC 7692): what an app may say about it, and how two sides agree. */

import type { PerMessageDeflateOptions } from "ws";

/** How messages are compressed. An empty object is compression with these defaults. */
export interface WebSocketCompressionOptions {
  /** From 1, fast, to 9, small. Default 6. */
  readonly compressionLevel?: number;
  /** Memory of the compressor, from 1 to 9; each step doubles it. Default 8. */
  readonly memLevel?: number;
  /**
   * Whether a message may refer to those before it. Smaller on the wire, but each connection then keeps the state of two
   * streams, some 300 kB. Default true, as in Tornado.
   */
  readonly contextTakeover?: boolean;
}

/** Below this, without what came before to refer to, compressing costs more than it saves. */
const smallestCompressed = 256;

/**
 * Checks options and gives them as the ws library takes them.
 *
 * @throws RangeError for a level that zlib does not have.
 */
export function deflateOptions(options: WebSocketCompressionOptions): PerMessageDeflateOptions {
  const { compressionLevel = 6, memLevel = 8, contextTakeover = true } = options;
  checkLevel("compressionLevel", compressionLevel);
  checkLevel("memLevel", memLevel);
  return {
    threshold: smallestCompressed,
    zlibDeflateOptions: { level: compressionLevel, memLevel },
    // Given as false, these would refuse a peer that asks for it, which is its right.
    ...(contextTakeover ? {} : { serverNoContextTakeover: true, clientNoContextTakeover: true }),
  };
}

function checkLevel(name: string, level: number): void {
  if (Number.isInteger(level) && level >= 1 && level <= 9) return;
  throw new RangeError(`The compression option "${name}" is a whole number from 1 to 9, not ${String(level)}.`);
}

/**
 * Chooses what to agree to among the extensions that a client offers.
 *
 * An offer with a parameter that is unknown, given twice or out of range is passed over, and so is every other extension, as RFC
 * 7692, section 7, wants it; the handshake goes on without compression then.
 *
 * @returns The offer in a form that cannot be misread, or `null`.
 */
export function acceptableDeflateOffer(header: string | undefined): string | null {
  if (header === undefined) return null;
  for (const offer of header.split(",")) {
    const [name, ...parameters] = offer.split(";").map((part) => part.trim());
    if (name !== "permessage-deflate") continue;
    const accepted = new Map<string, string>();
    if (parameters.every((parameter) => acceptParameter(parameter, accepted))) {
      return [name, ...accepted.values()].join("; ");
    }
  }
  return null;
}

/** Notes a parameter; says no when the offer cannot be taken because of it. */
function acceptParameter(parameter: string, accepted: Map<string, string>): boolean {
  const [name = "", value] = parameter.split("=", 2).map((part) => part.trim());
  if (accepted.has(name)) return false;
  accepted.set(name, parameter.replace(/[\s"]/g, ""));
  switch (name) {
    case "server_no_context_takeover":
    case "client_no_context_takeover":
      return value === undefined;
    case "server_max_window_bits":
      return value !== undefined && isWindow(value);
    case "client_max_window_bits":
      return value === undefined || isWindow(value);
    default:
      return false;
  }
}

/** zlib cannot write a window of 8 bits without a header, so that 8 is not agreed to. */
function isWindow(value: string): boolean {
  return /^"?(?:9|1[0-5])"?$/.test(value);
}
