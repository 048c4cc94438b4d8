/** The options of a server: their defaults, and the refusal of values that would disable a limit by mistake. */

import { readFileSync } from "node:fs";
import { createSecureContext, type TlsOptions } from "node:tls";
import { TornadoError, toError } from "../errors.js";
import { type Networks, networks } from "./trusted-downstream.js";

/** TLS: everything that `node:tls` takes, or the names of two PEM files. */
export interface SSLOptions extends TlsOptions {
  /** PEM file of the certificate, with those of the authorities between. */
  readonly certFile?: string;
  /** PEM file of its private key. */
  readonly keyFile?: string;
}

/** Options of an `HTTPServer`. Durations are seconds, sizes bytes. */
export interface HTTPServerOptions {
  /**
   * Who reads and writes HTTP: `sockets`, the default, is our own over `node:net` and `node:tls`; `node` is `node:http`, to fall
   * back on.
   */
  readonly transport?: "sockets" | "node";
  /** Closes the connection after each response. Default false. */
  readonly noKeepAlive?: boolean;
  /**
   * Believes `X-Real-Ip`, `X-Forwarded-For`, `X-Scheme` and `X-Forwarded-Proto`: of every peer, or only of peers in the
   * given networks. Turn it on only behind a proxy that sets them. Default false.
   */
  readonly xheaders?: boolean | readonly string[];
  /** Addresses and networks of further proxies, skipped from the right of `X-Forwarded-For`. */
  readonly trustedDownstream?: readonly string[];
  /** Serves TLS. */
  readonly sslOptions?: SSLOptions;
  /** Overrides `request.protocol`, behind a proxy that ends TLS and does not say so. */
  readonly protocol?: "http" | "https";
  /** Inflates request bodies with `Content-Encoding: gzip`; limits count inflated bytes. Default false. */
  readonly decompressRequest?: boolean;
  /** Largest piece that `dataReceived` gets. Default 64 kB. */
  readonly chunkSize?: number;
  /** Most bytes of request line and headers together. Default 16 kB. */
  readonly maxHeaderSize?: number;
  /** Most header fields of a request. Default 100. */
  readonly maxHeaderCount?: number;
  /** Closes a kept-alive connection that asks nothing for so long. Default 3600. */
  readonly idleConnectionTimeout?: number;
  /** The time in which a request's headers must have arrived. Default 10. */
  readonly headerTimeout?: number;
  /** The time in which a request's body must have arrived; `null`, the default, is no limit. */
  readonly bodyTimeout?: number | null;
  /**
   * Fewest bytes of a body that must arrive in a second, on an average of ten seconds; the time in which a handler takes none
   * does not count. 0 is no limit. Default 500.
   */
  readonly minBodyRate?: number;
  /**
   * Fewest bytes of its answers that a client must take in a second, on an average of twenty seconds, while some wait for it. With
   * 0, only one that takes nothing for `idleConnectionTimeout` is cut off. Default 4096.
   */
  readonly minDrainRate?: number;
  /** Most bytes that may wait for a client before more is written; a single larger piece is let through. Default 16 MB. */
  readonly maxWriteBufferSize?: number;
  /** Largest request body. Default: `maxBufferSize`. */
  readonly maxBodySize?: number;
  /** Most bytes of a request held in memory. Default 100 MB. */
  readonly maxBufferSize?: number;
}

/** Options as the server uses them: complete, valid, and durations in milliseconds. */
export interface ResolvedServerOptions {
  readonly transport: "sockets" | "node";
  readonly noKeepAlive: boolean;
  /** `undefined` when no peer is believed. */
  readonly believesPeer: Networks | undefined;
  readonly isTrustedDownstream: Networks;
  readonly tls: TlsOptions | undefined;
  readonly protocol: string | undefined;
  readonly decompressRequest: boolean;
  readonly chunkSize: number;
  readonly maxHeaderBytes: number;
  readonly maxHeaderCount: number;
  readonly idleConnectionTimeoutMs: number;
  readonly headerTimeoutMs: number;
  readonly bodyTimeoutMs: number | undefined;
  /** Bytes a second; 0 is no limit. */
  readonly minBodyRate: number;
  /** Bytes a second; 0 is no limit. */
  readonly minDrainRate: number;
  readonly maxWriteBufferBytes: number;
  readonly maxBodyBytes: number;
}

const megabyte = 1024 * 1024;
const knownOptions: ReadonlySet<string> = new Set<keyof HTTPServerOptions>([
  "transport",
  "noKeepAlive",
  "xheaders",
  "trustedDownstream",
  "sslOptions",
  "protocol",
  "decompressRequest",
  "chunkSize",
  "maxHeaderSize",
  "maxHeaderCount",
  "idleConnectionTimeout",
  "headerTimeout",
  "bodyTimeout",
  "minBodyRate",
  "minDrainRate",
  "maxWriteBufferSize",
  "maxBodySize",
  "maxBufferSize",
]);

/**
 * Completes and checks the options of a server.
 *
 * @throws TornadoError that names the option, for an unknown one and for a value that is not valid: a limit never fails open.
 */
export function resolveServerOptions(options: HTTPServerOptions): ResolvedServerOptions {
  for (const name of Object.keys(options)) {
    if (!knownOptions.has(name)) throw invalid(`"${name}" is not an option of HTTPServer. Check its spelling.`);
  }
  const maxBufferBytes = size(options, "maxBufferSize", 100 * megabyte);
  return {
    transport: oneOf(options, "transport", ["sockets", "node"]) ?? "sockets",
    noKeepAlive: flag(options, "noKeepAlive"),
    believesPeer: believedPeers(options.xheaders),
    isTrustedDownstream: networks("trustedDownstream", options.trustedDownstream ?? []),
    tls: resolveTls(options.sslOptions),
    protocol: oneOf(options, "protocol", ["http", "https"]),
    decompressRequest: flag(options, "decompressRequest"),
    chunkSize: size(options, "chunkSize", 64 * 1024),
    maxHeaderBytes: size(options, "maxHeaderSize", 16 * 1024),
    maxHeaderCount: size(options, "maxHeaderCount", 100),
    idleConnectionTimeoutMs: duration(options, "idleConnectionTimeout", 3600),
    headerTimeoutMs: duration(options, "headerTimeout", 10),
    bodyTimeoutMs: options.bodyTimeout == null ? undefined : duration(options, "bodyTimeout", 0),
    minBodyRate: rate(options, "minBodyRate", 500),
    minDrainRate: rate(options, "minDrainRate", 4096),
    maxWriteBufferBytes: size(options, "maxWriteBufferSize", 16 * megabyte),
    maxBodyBytes: size(options, "maxBodySize", maxBufferBytes),
  };
}

type NameOf<Value> = {
  [Name in keyof HTTPServerOptions]-?: Value extends NonNullable<HTTPServerOptions[Name]> ? Name : never;
}[keyof HTTPServerOptions];

function flag(options: HTTPServerOptions, name: NameOf<true>): boolean {
  const value: unknown = options[name] ?? false;
  if (typeof value !== "boolean")
    throw invalid(`The server option "${name}" is ${show(value)}. Set it to true or false.`);
  return value;
}

function size(options: HTTPServerOptions, name: NameOf<number>, byDefault: number): number {
  const value: unknown = options[name] ?? byDefault;
  if (!Number.isSafeInteger(value) || (value as number) < 1) {
    throw invalid(`The server option "${name}" is ${show(value)}. Set it to a whole number above zero.`);
  }
  return value as number;
}

/** Timers of Node hold at most 2^31 - 1 milliseconds; a longer one would fire at once. */
function duration(options: HTTPServerOptions, name: NameOf<number>, byDefault: number): number {
  const value: unknown = options[name] ?? byDefault;
  if (typeof value !== "number" || !(value > 0) || value * 1000 > 2 ** 31 - 1) {
    throw invalid(
      `The server option "${name}" is ${show(value)}. Set it to a number of seconds above zero, at most 24 days.`,
    );
  }
  return Math.ceil(value * 1000);
}

function rate(options: HTTPServerOptions, name: NameOf<number>, byDefault: number): number {
  const value: unknown = options[name] ?? byDefault;
  if (typeof value !== "number" || !(value >= 0 && Number.isFinite(value))) {
    throw invalid(`The server option "${name}" is ${show(value)}. Set it to bytes a second, or to 0 for no limit.`);
  }
  return value;
}

function oneOf<Name extends "transport" | "protocol">(
  options: HTTPServerOptions,
  name: Name,
  choices: readonly NonNullable<HTTPServerOptions[Name]>[],
): HTTPServerOptions[Name] | undefined {
  const value: unknown = options[name];
  if (value === undefined || value === null) return undefined;
  const chosen = choices.find((choice) => choice === value);
  if (chosen !== undefined) return chosen;
  const [first, second] = choices;
  throw invalid(`The server option "${name}" is ${show(value)}. Set it to "${first}" or "${second}".`);
}

function believedPeers(xheaders: unknown): Networks | undefined {
  if (xheaders === undefined || xheaders === null || xheaders === false) return undefined;
  if (xheaders === true) return () => true;
  if (Array.isArray(xheaders) && xheaders.every((entry) => typeof entry === "string")) {
    return networks("xheaders", xheaders);
  }
  throw invalid(`The server option "xheaders" is ${show(xheaders)}. Set it to true, false or a list of networks.`);
}

function resolveTls(options: SSLOptions | undefined): TlsOptions | undefined {
  if (options === undefined) return undefined;
  const { certFile, keyFile, ...rest } = options;
  const tls: TlsOptions = { ...rest };
  if (certFile !== undefined) tls.cert = readPem("certFile", certFile);
  if (keyFile !== undefined) tls.key = readPem("keyFile", keyFile);
  const hasCertificate = tls.cert !== undefined || tls.pfx !== undefined || tls.SNICallback !== undefined;
  if (!hasCertificate && tls.secureContext === undefined) {
    throw invalid(
      'The server option "sslOptions" has no certificate. Add "certFile" and "keyFile", or "cert" and "key".',
    );
  }
  try {
    // Done again by the server; here it finds what is wrong before a port is opened.
    if (tls.secureContext === undefined) createSecureContext(tls);
  } catch (error) {
    throw invalid(
      `The server option "sslOptions" is not usable: ${toError(error).message}. Check that the key belongs to the certificate.`,
      error,
    );
  }
  return tls;
}

function readPem(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw invalid(
      `${path} cannot be read (${toError(error).message}). Check "${name}" in the server option "sslOptions".`,
      error,
    );
  }
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function invalid(message: string, cause?: unknown): TornadoError {
  return new TornadoError("BAD_SERVER_OPTION", message, cause === undefined ? undefined : { cause });
}
