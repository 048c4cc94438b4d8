/** A request that a client is asked to send, as its author describes it. */

import type { ConnectionOptions } from "node:tls";
import { inspect } from "node:util";
import type { HTTPHeadersInit } from "../http/headers.js";
import { nearestName } from "../nearest-name.js";
import { redactUrl } from "../redact.js";

/** Hands a piece of the body on; resolves when more may follow. */
export type BodyWriter = (chunk: string | Uint8Array) => Promise<void>;

/** The fields of a request. Durations are seconds, sizes bytes. What is left out comes from the client's `defaults`. */
export interface HTTPRequestOptions {
  /** Default `GET`. */
  readonly method?: string;
  readonly headers?: HTTPHeadersInit;
  /** `URLSearchParams` is sent as a form. */
  readonly body?: string | Uint8Array | URLSearchParams;
  /** Writes the body piece by piece; called once for each time the request is sent. Chunked unless Content-Length is given. */
  readonly bodyProducer?: (write: BodyWriter) => void | Promise<void>;
  /** Name for basic authentication. One in the URL goes before it. */
  readonly authUsername?: string;
  readonly authPassword?: string;
  /** Only `basic`, the default. */
  readonly authMode?: "basic";
  /** The time for a place among `maxClients`, and again for each connection. Default 20; 0 is no limit. */
  readonly connectTimeout?: number;
  /** The time for everything together: waiting, redirects, the body. Default 20; 0 is no limit. */
  readonly requestTimeout?: number;
  /** Sends If-Modified-Since; a number is seconds since 1970. */
  readonly ifModifiedSince?: Date | number;
  /** Default true. */
  readonly followRedirects?: boolean;
  /** Default 5. */
  readonly maxRedirects?: number;
  /** Default `Tornado`. */
  readonly userAgent?: string;
  /** Asks for gzip and brotli, and undoes them. Default true. */
  readonly decompressResponse?: boolean;
  /** Name of an interface of this machine, or an address of it, that the connection leaves by. */
  readonly networkInterface?: string;
  /** Takes the response's body piece by piece; a promise holds the sender back. `body` of the response is then empty. */
  readonly streamingCallback?: (chunk: Buffer) => void | Promise<void>;
  /** Gets the status line, each header line and the empty line behind them, with their line ends. Not those of redirects. */
  readonly headerCallback?: (line: string) => void;
  /** Sends the request through an HTTP proxy; `proxyPort` is needed with it. */
  readonly proxyHost?: string;
  readonly proxyPort?: number;
  readonly proxyUsername?: string;
  readonly proxyPassword?: string;
  /** Only `basic`, the default. */
  readonly proxyAuthMode?: "basic";
  /** Allows any method, and a body with every one of them. Default false. */
  readonly allowNonstandardMethods?: boolean;
  /** Whether the server must prove who it is. Default true. */
  readonly validateCert?: boolean;
  /** PEM file of the authorities to trust, in place of those of Node. */
  readonly caCerts?: string;
  /** PEM file of the private key of `clientCert`. */
  readonly clientKey?: string;
  /** PEM file of the certificate that proves to the server who we are. */
  readonly clientCert?: string;
  /** What `node:tls` takes, in place of the four fields above. */
  readonly sslOptions?: ConnectionOptions;
  /** Default true. */
  readonly allowIpv6?: boolean;
  /** Sends the body only when the server has agreed to it. Default false. */
  readonly expect100Continue?: boolean;
  /** Most bytes of the response's body, inflated. Default: the client's, 100 MB. */
  readonly maxBodySize?: number;
  /** Ends the request with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Path of a unix socket to connect to; the URL says what is asked for there. */
  readonly unixSocket?: string;
}

/** Every field, so that a mistyped one is found out; the compiler holds it to the interface. */
const fieldNames: Readonly<Record<keyof HTTPRequestOptions, true>> = {
  method: true,
  headers: true,
  body: true,
  bodyProducer: true,
  authUsername: true,
  authPassword: true,
  authMode: true,
  connectTimeout: true,
  requestTimeout: true,
  ifModifiedSince: true,
  followRedirects: true,
  maxRedirects: true,
  userAgent: true,
  decompressResponse: true,
  networkInterface: true,
  streamingCallback: true,
  headerCallback: true,
  proxyHost: true,
  proxyPort: true,
  proxyUsername: true,
  proxyPassword: true,
  proxyAuthMode: true,
  allowNonstandardMethods: true,
  validateCert: true,
  caCerts: true,
  clientKey: true,
  clientCert: true,
  sslOptions: true,
  allowIpv6: true,
  expect100Continue: true,
  maxBodySize: true,
  signal: true,
  unixSocket: true,
};

/**
 * Keeps the options that are set.
 *
 * @throws TypeError for one that there is not: a limit with a mistyped name would be none.
 */
export function knownRequestOptions(options: HTTPRequestOptions): HTTPRequestOptions {
  const known: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(fieldNames, name)) {
      const near = nearestName(name, Object.keys(fieldNames));
      throw new TypeError(
        `HTTPRequest has no field "${name}". ${near === undefined ? "Leave it out." : `Use "${near}".`}`,
      );
    }
    if (value !== undefined) known[name] = value;
  }
  return known;
}

/** Has each option as a property of its own. */
const OptionFields = class {
  constructor(options: HTTPRequestOptions) {
    Object.assign(this, knownRequestOptions(options));
  }
} as new (
  options: HTTPRequestOptions,
) => Readonly<HTTPRequestOptions>;

/**
 * A request for `AsyncHTTPClient.fetch`, which does not change it: it can be sent again.
 *
 * @example
 * const request = new HTTPRequest("https://example.com/items", { method: "POST", body: "a=1" });
 */
export class HTTPRequest extends OptionFields {
  readonly url: string;

  /** @throws TypeError for an option that there is not. */
  constructor(url: string | URL, options: HTTPRequestOptions = {}) {
    super(options);
    this.url = String(url);
  }

  /** The options that were given. */
  options(): HTTPRequestOptions {
    const { url: _, ...options } = this;
    return options;
  }

  /** What a log may show: the fields hold passwords. */
  toJSON(): { method: string; url: string } {
    return { method: this.method ?? "GET", url: redactUrl(this.url) };
  }

  [inspect.custom](): string {
    const { method, url } = this.toJSON();
    return `HTTPRequest { ${method} ${url} }`;
  }
}
