/** Makes of a request's description what is sent: complete, checked, and with the defaults filled in. */

import type { ConnectionOptions } from "node:tls";
import { encodeUsernamePassword } from "../http/credentials.js";
import { formatTimestamp } from "../http/date.js";
import { HTTPHeaders } from "../http/headers.js";
import { type BodyWriter, HTTPRequest, type HTTPRequestOptions } from "./http-request.js";

/** A proxy, and the header that opens it. */
export interface Proxy {
  readonly host: string;
  readonly port: number;
  readonly authorization: string | null;
}

/** One request as it is sent; each redirect makes another. */
export interface WireRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: HTTPHeaders;
  readonly body: Buffer | ((write: BodyWriter) => void | Promise<void>) | null;
  readonly expect100Continue: boolean;
  readonly unixSocket: string | null;
  /** Whether the client certificate of the request, if it has one, may be shown. */
  readonly clientIdentity: boolean;
  readonly proxy: Proxy | null;
  readonly networkInterface: string | null;
  readonly allowIpv6: boolean;
  /** The time for a connection, rounded up: no more than what is left of it matters, and connections are kept by it. */
  readonly patienceMs: number;
  readonly tls: TlsFields;
}

/** How a server is recognised, and we by it. */
export interface TlsFields {
  readonly validateCert: boolean;
  readonly caCerts: string | null;
  readonly clientKey: string | null;
  readonly clientCert: string | null;
  readonly sslOptions: ConnectionOptions | null;
}

/** How the client deals with the request and its response; the same for all redirects. */
export interface FetchPlan {
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly maxRedirects: number;
  readonly decompressResponse: boolean;
  readonly maxBodyBytes: number;
  readonly streamingCallback: ((chunk: Buffer) => void | Promise<void>) | null;
  readonly headerCallback: ((line: string) => void) | null;
  readonly signal: AbortSignal | null;
}

const standardMethods = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]);
const methodsWithBody = new Set(["POST", "PUT", "PATCH"]);
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** `URL` would take out some of these, so that another address is asked than the one that was checked. */
const unsafeInUrl = /[\x00-\x20\x7f]/;
/** They are about the connection, which is the client's. */
const connectionHeaders = ["Transfer-Encoding", "Keep-Alive", "Upgrade", "TE", "Expect", "Proxy-Authorization"];
const longestTimeoutMs = 2 ** 31 - 1;

/**
 * Completes a request.
 *
 * @throws TypeError for a request that cannot be meant; HTTPInputError for a header that cannot be sent.
 */
export function prepareRequest(
  request: HTTPRequest,
  defaults: HTTPRequestOptions,
  maxBodyBytes: number,
): { readonly wire: WireRequest; readonly plan: FetchPlan } {
  const options = new HTTPRequest(request.url, { ...defaults, ...request.options() });
  const { method = "GET", connectTimeout = 20, requestTimeout = 20, followRedirects = true } = options;
  const url = parseUrl(options.url);
  const headers = new HTTPHeaders(options.headers);
  checkMethod(method, options);
  refuseConnectionHeaders(headers);
  if (options.ifModifiedSince !== undefined) headers.set("If-Modified-Since", formatTimestamp(options.ifModifiedSince));
  headers.setDefault("User-Agent", options.userAgent ?? "Tornado");
  const decompressResponse = options.decompressResponse ?? true;
  if (decompressResponse) headers.setDefault("Accept-Encoding", "gzip, br");
  const authorization = basicAuthorization(url, options);
  if (authorization !== null) headers.set("Authorization", authorization);
  url.username = "";
  url.password = "";
  const body = encodeBody(options, headers);
  if (method === "POST" && body !== null) headers.setDefault("Content-Type", "application/x-www-form-urlencoded");
  const connectTimeoutMs = milliseconds("connectTimeout", connectTimeout);
  const requestTimeoutMs = milliseconds("requestTimeout", requestTimeout);
  const wire: WireRequest = {
    url,
    method,
    headers,
    body,
    expect100Continue: (options.expect100Continue ?? false) && body !== null,
    unixSocket: options.unixSocket ?? null,
    clientIdentity: true,
    proxy: proxyOf(options),
    networkInterface: options.networkInterface ?? null,
    allowIpv6: options.allowIpv6 ?? true,
    patienceMs: patience(connectTimeoutMs, requestTimeoutMs),
    tls: {
      validateCert: options.validateCert ?? true,
      caCerts: options.caCerts ?? null,
      clientKey: options.clientKey ?? null,
      clientCert: options.clientCert ?? null,
      sslOptions: options.sslOptions ?? null,
    },
  };
  if (wire.proxy !== null && wire.expect100Continue) {
    throw new TypeError("expect100Continue does not work through a proxy. Leave out one of the two.");
  }
  if (wire.proxy !== null && wire.unixSocket !== null) {
    throw new TypeError("A request goes to a unixSocket or through a proxy, not both. Leave out one of the two.");
  }
  const plan: FetchPlan = {
    connectTimeoutMs,
    requestTimeoutMs,
    maxRedirects: followRedirects ? count("maxRedirects", options.maxRedirects ?? 5) : -1,
    decompressResponse,
    maxBodyBytes: count("maxBodySize", options.maxBodySize ?? maxBodyBytes),
    streamingCallback: options.streamingCallback ?? null,
    headerCallback: options.headerCallback ?? null,
    signal: options.signal ?? null,
  };
  return { wire, plan };
}

/** The headers as a flat list of names and values, in the bytes that are sent: text beyond Latin-1 as UTF-8. */
export function headerFields(headers: HTTPHeaders): string[] {
  if (headers.isAscii) return [...headers.flat()];
  return headers.flat().map((text) => (/[^\x00-\xff]/.test(text) ? Buffer.from(text).toString("latin1") : text));
}

/** Whom a request is sent to, for messages. */
export function peerOf({ url, proxy, unixSocket }: WireRequest): string {
  if (unixSocket !== null) return `the socket ${unixSocket}`;
  return proxy === null ? url.host : `${url.host} by the proxy ${proxy.host}:${proxy.port}`;
}

/** The message does not show the address: it may hold a password. */
function parseUrl(text: string): URL {
  if (unsafeInUrl.test(text)) throw new TypeError("The URL holds a blank or a control character. Percent-encode it.");
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new TypeError("The URL is not an absolute one. Begin it with http:// or https:// and a host.");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new TypeError(`A URL of ${url.protocol} cannot be fetched. Use http: or https:.`);
  }
  return url;
}

function checkMethod(method: string, options: HTTPRequestOptions): void {
  if (!token.test(method)) throw new TypeError(`${JSON.stringify(method)} is not a method of HTTP.`);
  // A tunnel has no response that could be given.
  if (method === "CONNECT") throw new TypeError("CONNECT opens a tunnel. Use proxyHost and proxyPort.");
  const hasBody = options.body !== undefined || options.bodyProducer !== undefined;
  if (options.body !== undefined && options.bodyProducer !== undefined) {
    throw new TypeError('A request takes one of "body" and "bodyProducer". Leave out the other.');
  }
  if (options.allowNonstandardMethods === true) return;
  if (!standardMethods.has(method)) {
    throw new TypeError(`The method ${method} is not a standard one. Set allowNonstandardMethods to send it.`);
  }
  if (methodsWithBody.has(method) && !hasBody) {
    throw new TypeError(
      `A ${method} request needs a body. Give one, which may be empty, or set allowNonstandardMethods.`,
    );
  }
  if (!methodsWithBody.has(method) && hasBody) {
    throw new TypeError(`A ${method} request has no body. Leave it out, or set allowNonstandardMethods.`);
  }
}

function refuseConnectionHeaders(headers: HTTPHeaders): void {
  for (const name of connectionHeaders) {
    if (!headers.has(name)) continue;
    const instead: Record<string, string> = {
      Expect: " Set expect100Continue.",
      "Proxy-Authorization": " Set proxyUsername and proxyPassword.",
    };
    throw new TypeError(`The header ${name} is the client's own.${instead[name] ?? " Leave it out."}`);
  }
  for (const name of ["Host", "Content-Length"]) {
    if (headers.getList(name).length > 1) throw new TypeError(`The header ${name} is given more than once. Leave one.`);
  }
  const connection = headers.get("Connection");
  if (connection !== undefined && !/^(?:close|keep-alive)$/i.test(connection)) {
    throw new TypeError('The header Connection may be "close" or "keep-alive". Leave it out.');
  }
}

function encodeBody({ body, bodyProducer }: HTTPRequestOptions, headers: HTTPHeaders): WireRequest["body"] {
  const announced = headers.get("Content-Length");
  if (announced !== undefined && !/^[0-9]+$/.test(announced)) {
    throw new TypeError(`The header Content-Length is ${JSON.stringify(announced)}, which is no number of bytes.`);
  }
  if (bodyProducer !== undefined) return bodyProducer;
  if (body === undefined) {
    headers.delete("Content-Length");
    return null;
  }
  if (body instanceof URLSearchParams) headers.setDefault("Content-Type", "application/x-www-form-urlencoded");
  const bytes =
    body instanceof Uint8Array
      ? Buffer.from(body.buffer, body.byteOffset, body.byteLength)
      : Buffer.from(String(body), "utf8");
  if (announced !== undefined && Number(announced) !== bytes.length) {
    throw new TypeError(
      `Content-Length says ${announced}, and the body has ${bytes.length} bytes. Leave out the header.`,
    );
  }
  headers.set("Content-Length", String(bytes.length));
  return bytes;
}

function basicAuthorization(url: URL, options: HTTPRequestOptions): string | null {
  requireBasic("authMode", options.authMode);
  if (url.username !== "" || url.password !== "") {
    return basic(decodeUserinfo(url.username), decodeUserinfo(url.password));
  }
  if (options.authUsername === undefined) {
    if (options.authPassword !== undefined) throw new TypeError("authPassword needs an authUsername beside it.");
    return null;
  }
  return basic(options.authUsername, options.authPassword ?? "");
}

function basic(username: string, password: string): string {
  // RFC 7617, section 2: the first colon ends the name.
  if (username.includes(":")) throw new TypeError("The name of basic authentication cannot hold a colon.");
  return `Basic ${encodeUsernamePassword(username, password).toString("base64")}`;
}

function decodeUserinfo(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError("The credentials in the URL are not percent-encoded UTF-8. Use authUsername and authPassword.");
  }
}

function proxyOf(options: HTTPRequestOptions): Proxy | null {
  const { proxyHost, proxyPort, proxyUsername, proxyPassword } = options;
  requireBasic("proxyAuthMode", options.proxyAuthMode);
  if (proxyHost === undefined) {
    const [lonely] = Object.entries({ proxyPort, proxyUsername, proxyPassword }).find(([, v]) => v !== undefined) ?? [];
    if (lonely !== undefined) throw new TypeError(`${lonely} needs a proxyHost beside it.`);
    return null;
  }
  if (proxyPort === undefined || !Number.isInteger(proxyPort) || proxyPort < 1 || proxyPort > 65_535) {
    throw new TypeError("proxyHost needs a proxyPort from 1 to 65535 beside it.");
  }
  // A whole URL would be taken for a name that no server has, with its password in the error.
  if (!/^[\w.-]+$|^\[?[0-9a-f:.]+\]?$/i.test(proxyHost)) {
    throw new TypeError("proxyHost is the name or the address of a host, without a scheme and without a port.");
  }
  const authorization = proxyUsername === undefined ? null : basic(proxyUsername, proxyPassword ?? "");
  return { host: proxyHost, port: proxyPort, authorization };
}

function requireBasic(name: string, mode: string | undefined): void {
  if (mode !== undefined && mode !== "basic") {
    throw new TypeError(`${name} is ${JSON.stringify(mode)}, and only "basic" can be used here.`);
  }
}

function milliseconds(name: string, seconds: number): number {
  if (typeof seconds !== "number" || !(seconds >= 0)) {
    throw new TypeError(`${name} is ${String(seconds)}. Give seconds; 0 is no limit.`);
  }
  return Math.min(Math.ceil(seconds * 1000), longestTimeoutMs);
}

/** A power of two in seconds: one that computes its timeouts from a deadline would else have connections of its own each time. */
function patience(connectTimeoutMs: number, requestTimeoutMs: number): number {
  const shortest = Math.min(connectTimeoutMs || longestTimeoutMs, requestTimeoutMs || longestTimeoutMs);
  if (shortest === longestTimeoutMs) return 0;
  return Math.min(1000 * 2 ** Math.ceil(Math.log2(Math.max(1, shortest / 1000))), longestTimeoutMs);
}

function count(name: string, value: number): number {
  if (value !== Number.POSITIVE_INFINITY && (!Number.isInteger(value) || value < 0)) {
    throw new TypeError(`${name} is ${String(value)}. Give a whole number.`);
  }
  return value;
}
