/** A request as a handler sees it. Whatever costs something is computed when it is first asked for. */

import type { DetailedPeerCertificate, TLSSocket } from "node:tls";
import { inspect } from "node:util";
import { type HTTPFile, type ParseBodyConfig, parseBodyArguments } from "./body.js";
import type { HTTPConnection, RequestStartLine } from "./connection.js";
import { parseRequestCookies } from "./cookies.js";
import type { HTTPHeaders } from "./headers.js";
import { addArgument, parseUrlEncoded } from "./urlencoded.js";
import { splitHostAndPort } from "./urls.js";

const emptyBody = Buffer.alloc(0);

/** One request. Arguments, cookies and files are maps, so that no name a client sends can reach an object's prototype. */
export class HTTPServerRequest {
  readonly connection: HTTPConnection;
  readonly method: string;
  /** The target as sent: not decoded, query included. */
  readonly uri: string;
  /** `HTTP/1.0` or `HTTP/1.1`. */
  readonly version: string;
  readonly headers: HTTPHeaders;
  /** Names the request in log lines and in its answer; `null` without the `requestId` setting. */
  id: string | null = null;
  /** The whole body, or nothing in a handler that streams it. */
  body: Buffer = emptyBody;

  readonly #startMs = performance.now();
  #finishMs: number | undefined;
  #queryStart: number | undefined;
  #queryArguments: Map<string, Buffer[]> | undefined;
  #bodyArguments: Map<string, Buffer[]> | undefined;
  #arguments: Map<string, Buffer[]> | undefined;
  #files: Map<string, HTTPFile[]> | undefined;
  #cookies: Map<string, string> | undefined;
  #abortController: AbortController | undefined;
  #isAborted = false;

  constructor(connection: HTTPConnection, startLine: RequestStartLine, headers: HTTPHeaders) {
    this.connection = connection;
    this.method = startLine.method;
    this.uri = startLine.path;
    this.version = startLine.version;
    this.headers = headers;
  }

  /** The target up to its query, not decoded. It may begin with `//`: never redirect to it as it is. */
  get path(): string {
    const start = this.#startOfQuery();
    return start === -1 ? this.uri : this.uri.slice(0, start);
  }

  /** The query without its question mark, not decoded. */
  get query(): string {
    const start = this.#startOfQuery();
    return start === -1 ? "" : this.uri.slice(start + 1);
  }

  /** Address of the client. Behind a proxy this is the proxy's, unless the server has `xheaders`. */
  get remoteIp(): string {
    return this.connection.remoteIp;
  }

  /** `http` or `https`. */
  get protocol(): string {
    return this.connection.protocol;
  }

  /** The `Host` header, port included; `127.0.0.1` for an HTTP/1.0 client that sent none. */
  get host(): string {
    return this.headers.get("Host") ?? "127.0.0.1";
  }

  /** The host in lower case and without its port. */
  get hostName(): string {
    const [host] = splitHostAndPort(this.host.toLowerCase());
    // RFC 3986, section 3.2.3: a port may be empty.
    return host.endsWith(":") ? host.slice(0, -1) : host;
  }

  /** Cookies by name; malformed ones are left out. */
  get cookies(): Map<string, string> {
    this.#cookies ??= parseRequestCookies(this.headers.get("Cookie"));
    return this.#cookies;
  }

  /**
   * Values of the query's arguments by name, percent-decoded.
   *
   * @throws HTTPInputError with more than 1,000 of them.
   */
  get queryArguments(): Map<string, Buffer[]> {
    this.#queryArguments ??= parseUrlEncoded(this.query);
    return this.#queryArguments;
  }

  /** Values of the form's arguments by name; empty before `parseBody`. */
  get bodyArguments(): Map<string, Buffer[]> {
    this.#bodyArguments ??= new Map();
    return this.#bodyArguments;
  }

  /** Values of all arguments by name, those of the query first. */
  get arguments(): Map<string, Buffer[]> {
    if (this.#arguments === undefined) {
      if (this.#bodyArguments === undefined) return this.queryArguments;
      this.#arguments = new Map();
      for (const source of [this.queryArguments, this.#bodyArguments]) {
        for (const [name, values] of source) {
          for (const value of values) addArgument(this.#arguments, name, value);
        }
      }
    }
    return this.#arguments;
  }

  /** Uploaded files by the name of their field; empty before `parseBody`. */
  get files(): Map<string, HTTPFile[]> {
    this.#files ??= new Map();
    return this.#files;
  }

  /**
   * Is aborted when the client leaves before it is answered: give it to whatever need not be done then.
   *
   * The reason is an `AbortError`, as everywhere in Node.
   */
  get signal(): AbortSignal {
    if (this.#abortController === undefined) {
      this.#abortController = new AbortController();
      if (this.#isAborted) this.#abortController.abort();
    }
    return this.#abortController.signal;
  }

  /** Aborts `signal`. The application calls it from its delegate's `onConnectionClose`. */
  abort(): void {
    this.#isAborted = true;
    this.#abortController?.abort();
  }

  /**
   * Reads `body` into `bodyArguments` and `files` if it is a form.
   *
   * @throws HTTPInputError if it is malformed or exceeds a limit.
   */
  parseBody(config?: ParseBodyConfig): void {
    const contentType = this.headers.get("Content-Type");
    if (contentType === undefined) return;
    // An empty form of this type is nothing that a client could have meant: not even its end is there.
    if (this.body.length === 0 && !/^multipart\/form-data\b/i.test(contentType)) return;
    const contentEncoding = this.headers.get("Content-Encoding");
    parseBodyArguments(contentType, this.body, this.bodyArguments, this.files, contentEncoding, config);
    this.#arguments = undefined;
  }

  /** The address that the client asked for. */
  fullUrl(): string {
    return `${this.protocol}://${this.host}${this.uri}`;
  }

  /** Seconds since the request arrived, or that it took once `markFinished` was called. */
  requestTime(): number {
    return ((this.#finishMs ?? performance.now()) - this.#startMs) / 1000;
  }

  /** Stops the clock of `requestTime`. */
  markFinished(): void {
    this.#finishMs ??= performance.now();
  }

  /** The client's certificate, if the server asked for one over TLS and the client had one; `null` otherwise. */
  getSslCertificate(): DetailedPeerCertificate | null {
    const socket = this.connection.socket as Partial<TLSSocket>;
    const certificate = socket.getPeerCertificate?.(true);
    return certificate === undefined || certificate === null || Object.keys(certificate).length === 0
      ? null
      : certificate;
  }

  /** Without headers and arguments: they hold secrets, and this lands in logs. */
  [inspect.custom](): string {
    return `HTTPServerRequest(protocol=${this.protocol}, host=${this.host}, method=${this.method}, path=${this.path}, version=${this.version}, remoteIp=${this.remoteIp})`;
  }

  #startOfQuery(): number {
    this.#queryStart ??= this.uri.indexOf("?");
    return this.#queryStart;
  }
}
