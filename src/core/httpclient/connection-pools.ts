/** Keeps connections open between requests: a pool for each way of connecting, over undici. */

import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import type { ConnectionOptions } from "node:tls";
import type { buildConnector, Dispatcher, Pool } from "undici";
import { TornadoError, toError } from "../errors.js";
import { splitHostAndPort } from "../http/urls.js";
import type { WireRequest } from "./wire-request.js";

/** What all connections of a client have in common. */
export interface ConnectionOptionsOfClient {
  /** Most bytes of a response's headers. */
  readonly maxHeaderBytes: number;
  /** Other hosts, or `host:port`, to connect to in place of those of the URL. */
  readonly hostnameMapping: Readonly<Record<string, string>>;
}

type Undici = typeof import("undici").default;

interface Pools {
  readonly connect: buildConnector.connector;
  readonly direct: Dispatcher;
  /** Tunnels through a proxy, by its address and credentials. */
  readonly tunnels: Map<string, Dispatcher>;
}

/** As many ways of connecting are remembered; whoever makes a new `sslOptions` for each request has a new one each time. */
const maxPools = 32;

/** Opens, keeps and reuses connections. */
export class ConnectionPools {
  readonly #options: ConnectionOptionsOfClient;
  /** The least recently used first. */
  readonly #pools = new Map<string, Promise<Pools>>();
  readonly #sslOptionsIds = new WeakMap<object, number>();
  #nextId = 1;
  #opened = 0;

  constructor(options: ConnectionOptionsOfClient) {
    this.#options = options;
  }

  /** How many connections were begun so far. */
  get opened(): number {
    return this.#opened;
  }

  /** Gives what sends a request; for https through a proxy, that is a tunnel. */
  async dispatcherFor(request: WireRequest): Promise<Dispatcher> {
    const { proxy } = request;
    const pools = await this.#poolsFor(request);
    if (proxy === null || request.url.protocol === "http:") return pools.direct;
    const key = JSON.stringify(proxy);
    let tunnel = pools.tunnels.get(key);
    if (tunnel === undefined) {
      tunnel = await this.#tunnel(request, pools);
      pools.tunnels.set(key, tunnel);
    }
    return tunnel;
  }

  /** Opens a connection for one request alone, which is not kept. */
  async connect(request: WireRequest): Promise<Socket> {
    const { connect } = await this.#poolsFor(request);
    const { protocol, hostname, port, host } = request.url;
    const plainHostname = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
    return new Promise((resolve, reject) => {
      connect({ protocol, hostname: plainHostname, port, host }, (...[error, socket]) => {
        if (error === null) resolve(socket);
        else reject(error);
      });
    });
  }

  /** Ends all connections; requests that are under way fail. */
  async destroy(): Promise<void> {
    const all = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(all.map((pools) => pools.then(endPools, () => {})));
  }

  #poolsFor(request: WireRequest): Promise<Pools> {
    const key = this.#keyOf(request);
    const known = this.#pools.get(key);
    this.#pools.delete(key);
    const pools = known ?? this.#open(request);
    this.#pools.set(key, pools);
    if (known === undefined) {
      // A certificate that cannot be read may be there the next time.
      pools.catch(() => this.#pools.delete(key));
      this.#forgetOldest();
    }
    return pools;
  }

  #forgetOldest(): void {
    if (this.#pools.size <= maxPools) return;
    const [key, pools] = this.#pools.entries().next().value!;
    this.#pools.delete(key);
    // Closed and not destroyed: what is under way comes to its end.
    void pools.then(closePools, () => {});
  }

  #keyOf({ tls, clientIdentity, unixSocket, networkInterface, allowIpv6, patienceMs }: WireRequest): string {
    const { sslOptions, ...fields } = tls;
    return JSON.stringify([
      { ...fields, sslOptions: sslOptions === null ? null : this.#idOf(sslOptions) },
      clientIdentity,
      unixSocket,
      networkInterface,
      allowIpv6,
      patienceMs,
    ]);
  }

  #idOf(sslOptions: object): number {
    let id = this.#sslOptionsIds.get(sslOptions);
    if (id === undefined) {
      id = this.#nextId++;
      this.#sslOptionsIds.set(sslOptions, id);
    }
    return id;
  }

  async #open(request: WireRequest): Promise<Pools> {
    const { Agent, buildConnector } = await loadUndici();
    const connectOnce = buildConnector({
      ...(await tlsOptions(request)),
      ...(request.allowIpv6 ? {} : { family: 4 }),
      ...(request.unixSocket === null ? {} : { socketPath: request.unixSocket }),
      timeout: request.patienceMs,
    });
    const localAddress = localAddressOf(request);
    const connect: buildConnector.connector = (target, callback) => {
      this.#opened++;
      connectOnce({ ...this.#mapped(target), localAddress }, callback);
    };
    return { connect, direct: new Agent({ ...this.#poolOptions(), connect }), tunnels: new Map() };
  }

  async #tunnel(request: WireRequest, { connect }: Pools): Promise<Dispatcher> {
    const { Pool, ProxyAgent } = await loadUndici();
    const { host, port, authorization } = request.proxy!;
    const timeout = request.patienceMs;
    return new ProxyAgent({
      ...this.#poolOptions(),
      uri: proxyOrigin(host, port),
      ...(authorization === null ? {} : { token: authorization }),
      requestTls: { ...(await tlsOptions(request)), timeout },
      factory: (origin, options: Pool.Options) => new Pool(origin, { ...options, connect: onceOnly(options.connect) }),
      // The connection to the proxy is made as any other one.
      clientFactory: (origin) => new Pool(origin, { ...this.#poolOptions(), connect }),
    });
  }

  #poolOptions() {
    // The client has timers of its own, which know what the request allows.
    return { maxHeaderSize: this.#options.maxHeaderBytes, headersTimeout: 0, bodyTimeout: 0 };
  }

  #mapped(target: buildConnector.Options): buildConnector.Options {
    const { hostnameMapping } = this.#options;
    const port = target.port || (target.protocol === "https:" ? "443" : "80");
    const withPort = `${target.hostname}:${port}`;
    const name = [withPort, target.hostname].find((key) => Object.hasOwn(hostnameMapping, key));
    if (name === undefined) return target;
    const [hostname, mappedPort] = splitHostAndPort(hostnameMapping[name]!);
    // `host` stays: it is what the certificate must be for.
    return { ...target, host: target.host ?? target.hostname, hostname, port: String(mappedPort ?? port) };
  }
}

/** The address of a proxy as an origin; undici asks for nothing else of it. */
export function proxyOrigin(host: string, port: number): string {
  return `http://${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${port}`;
}

let undici: Promise<Undici> | undefined;

/** Loaded by the first request: most processes of an app send none. */
function loadUndici(): Promise<Undici> {
  // In a built app, a CommonJS package that is imported late has no other name.
  undici ??= import("undici").then((loaded) => loaded.default);
  return undici;
}

/** undici asks a proxy that hangs up again and again, without a pause: it takes the error for one of a connection that was open. */
function onceOnly(connect: unknown): buildConnector.connector {
  return (target, callback) => {
    (connect as buildConnector.connector)(target, (...[error, socket]) => {
      if (error === null) callback(null, socket);
      else callback((error as { code?: unknown }).code === "UND_ERR_SOCKET" ? hungUp(error) : error, null);
    });
  };
}

function hungUp(cause: Error): Error {
  return Object.assign(new Error("The proxy hung up.", { cause }), { code: "ERR_PROXY_CLOSED" });
}

async function endPools({ direct, tunnels }: Pools): Promise<void> {
  await Promise.all([direct, ...tunnels.values()].map((one) => one.destroy()));
}

async function closePools({ direct, tunnels }: Pools): Promise<void> {
  await Promise.all([direct, ...tunnels.values()].map((one) => one.close()));
}

function localAddressOf({ networkInterface, allowIpv6 }: WireRequest): string | null {
  if (networkInterface === null || isIP(networkInterface) !== 0) return networkInterface;
  const all = networkInterfaces();
  const addresses = Object.hasOwn(all, networkInterface) ? (all[networkInterface] ?? []) : [];
  const address = addresses.find(({ family }) => family === "IPv4") ?? addresses.find(() => allowIpv6);
  if (address !== undefined) return address.address;
  const named = JSON.stringify(networkInterface);
  const others = Object.keys(all).join(", ");
  throw new TypeError(`networkInterface is ${named}, which this machine has no address of. Use one of: ${others}.`);
}

async function tlsOptions({ tls, clientIdentity }: WireRequest): Promise<ConnectionOptions> {
  const { sslOptions, validateCert, caCerts, clientCert, clientKey } = tls;
  if (sslOptions !== null) {
    if (clientIdentity) return sslOptions;
    const { key: _, cert: __, pfx: ___, passphrase: ____, secureContext: _____, ...others } = sslOptions;
    return others;
  }
  return {
    rejectUnauthorized: validateCert,
    ...(caCerts === null ? {} : { ca: await readPem("caCerts", caCerts) }),
    ...(clientCert === null || !clientIdentity ? {} : { cert: await readPem("clientCert", clientCert) }),
    // As in Tornado, one file may hold both.
    ...(clientCert === null || !clientIdentity ? {} : { key: await readPem("clientKey", clientKey ?? clientCert) }),
  };
}

async function readPem(name: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new TornadoError(
      "UNREADABLE_CERTIFICATE",
      `${path} cannot be read (${toError(error).message}). Check "${name}" of the request.`,
      { cause: error },
    );
  }
}
