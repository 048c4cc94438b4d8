/** Runs an app on a free port for the tests of a file, with a client that speaks to it. */

import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { TornadoError } from "../errors.js";
import { HTTPHeaders } from "../http/headers.js";
import { HTTPServer } from "../http/server.js";
import type { HTTPServerOptions } from "../http/server-options.js";
import { accessLog, subscribeToLog } from "../log.js";
import type { Application } from "../web/application.js";
import { isSafeMethod } from "../web/xsrf.js";
import type { WebSocketClientConnection } from "../websocket/client-connection.js";
import type { WebSocketConnectOptions } from "../websocket/websocket-connect.js";
import { CookieJar } from "./cookie-jar.js";
import type { HTTPResponse } from "./http-response.js";
import { type FetchOptions, type PreparedRequest, prepareRequest, sendRequest } from "./send-request.js";
import { findTestHooks, register, type TestHooks } from "./test-hooks.js";

/** How an app is tested. */
export interface TestAppOptions {
  /** Keeps the app's cookies between requests, and answers its XSRF check with them. Default false. */
  readonly cookies?: boolean;
  /** Given to `makeApp`. Default false, as in production. */
  readonly debug?: boolean;
  /** Writes the access log. Default false: a test says itself what it asks for. `expectLog` sees the lines all the same. */
  readonly logRequests?: boolean;
  /** Options of the server. */
  readonly serverOptions?: HTTPServerOptions;
  /** The test runner's hooks, where they are not global: `{ beforeAll, afterAll }` of Vitest. */
  readonly hooks?: TestHooks;
}

const address = "127.0.0.1";
const maxRedirects = 5;

/**
 * Makes a client for an app that runs behind a real port, from the first request to the end of the test file.
 *
 * ```ts
 * const client = testApp(makeApp, { cookies: true });
 *
 * it("adds a story", async () => {
 *   await client.fetch("/new");
 *   const response = await client.fetch("/new", { form: { title: "One" } });
 *   expect(response.code).toBe(302);
 * });
 * ```
 *
 * In a single test, `await using client = testApp(makeApp)` closes it at the end of the block.
 */
export function testApp<App extends Application>(
  makeApp: (options: { debug: boolean }) => App | Promise<App>,
  options: TestAppOptions = {},
): TestClient<App> {
  const client = new TestClient(makeApp, options);
  const hooks = options.hooks ?? findTestHooks();
  register(hooks.beforeAll, () => client.start());
  register(hooks.afterAll, () => client.close());
  return client;
}

/** A running app and a client for it; see {@link testApp}. */
export class TestClient<App extends Application = Application> implements AsyncDisposable {
  /** The cookies so far; empty and unused without the `cookies` option. */
  readonly cookies = new CookieJar();
  readonly #makeApp: (options: { debug: boolean }) => App | Promise<App>;
  readonly #options: TestAppOptions;
  #running: Running<App> | null = null;
  #starting: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  #showAccessLog: (() => void) | null = null;

  constructor(makeApp: (options: { debug: boolean }) => App | Promise<App>, options: TestAppOptions) {
    this.#makeApp = makeApp;
    this.#options = options;
  }

  /** The app itself, once it runs. */
  get app(): App {
    return this.#requireRunning().app;
  }

  /** The port, once the app runs. */
  get port(): number {
    return this.#requireRunning().port;
  }

  /** Gives the absolute URL of a path, once the app runs. */
  url(path = "/"): string {
    return `http://${address}:${this.port}${path.startsWith("/") ? "" : "/"}${path}`;
  }

  /** Starts the app; `fetch` does it as well. */
  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  /**
   * Sends a request to the app. A status of failure is a response like any other.
   *
   * @param pathOrUrl - A path, sent byte for byte; or an absolute URL of the app.
   */
  async fetch(pathOrUrl: string, options: FetchOptions = {}): Promise<HTTPResponse> {
    await this.start();
    let target = this.#targetOf(pathOrUrl);
    let request = await prepareRequest(options);
    let response = await this.#send(target, request, options.signal);
    for (let count = 0; options.followRedirects === true && count < maxRedirects; count++) {
      const next = this.#redirectTarget(response);
      if (next === null) break;
      target = next;
      request = redirectedRequest(response.code, request);
      response = await this.#send(target, request, options.signal);
    }
    return response;
  }

  /**
   * Opens a WebSocket of the app, with the cookies of this client if it has some.
   *
   * @throws HTTPClientError with the status, when the app refuses.
   */
  async websocketConnect(path: string, options: WebSocketConnectOptions = {}): Promise<WebSocketClientConnection> {
    await this.start();
    // Loaded by the tests that use it only.
    const { websocketConnect } = await import("../websocket/websocket-connect.js");
    const headers = new HTTPHeaders(options.headers);
    const target = this.#targetOf(path);
    const cookieHeader = this.#options.cookies ? this.cookies.header(target.split("?", 1)[0]!) : null;
    if (cookieHeader !== null && !headers.has("Cookie")) headers.set("Cookie", cookieHeader);
    return await websocketConnect(`ws${this.url(target).slice("http".length)}`, { ...options, headers });
  }

  /** Stops the server, cuts its connections and runs the app's `onShutdown` functions. Further calls do nothing. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #start(): Promise<void> {
    if (this.#options.logRequests !== true) {
      this.#showAccessLog = subscribeToLog((record) => record.logger === accessLog.name);
    }
    const app = await this.#makeApp({ debug: this.#options.debug ?? false });
    await app.start();
    const server = new HTTPServer(app, this.#options.serverOptions);
    // Not listen() of the HTTPServer: this one must not keep a test process alive that closes nothing.
    const listener = createServer({ noDelay: true }, (socket) => server.addSocket(socket)).unref();
    listener.listen(0, address);
    await once(listener, "listening");
    this.#running = { app, server, listener, port: (listener.address() as AddressInfo).port };
  }

  async #close(): Promise<void> {
    // A start that failed has told whoever waited for it.
    await this.#starting?.catch(() => {});
    if (this.#running !== null) await stop(this.#running);
    this.#showAccessLog?.();
  }

  async #send(target: string, request: PreparedRequest, signal: AbortSignal | undefined): Promise<HTTPResponse> {
    const { cookies } = this.#options;
    const path = target.split("?", 1)[0]!;
    if (cookies) this.#addCookies(path, request);
    const response = await sendRequest(new URL(this.url("/")), target, request, signal);
    if (cookies) this.cookies.store(response.headers.getList("Set-Cookie"), path);
    return response;
  }

  #addCookies(path: string, { method, headers }: PreparedRequest): void {
    const cookieHeader = this.cookies.header(path);
    if (cookieHeader === null) return;
    if (!headers.has("Cookie")) headers.set("Cookie", cookieHeader);
    const token = this.cookies.get(this.app.settings.xsrfCookieName ?? "_xsrf", path);
    // What the page's form, or its script, would have sent along.
    if (token !== null && !isSafeMethod(method) && !headers.has("X-Xsrftoken")) headers.set("X-Xsrftoken", token);
  }

  #targetOf(pathOrUrl: string): string {
    if (pathOrUrl.startsWith("/")) return pathOrUrl;
    const target = this.#ownTarget(pathOrUrl);
    if (target !== null) return target;
    throw new TornadoError(
      "BAD_TEST_URL",
      `fetch() of a test reaches its own app only, and not ${JSON.stringify(pathOrUrl)}. Give a path that begins with "/".`,
    );
  }

  #redirectTarget(response: HTTPResponse): string | null {
    if (![301, 302, 303, 307, 308].includes(response.code)) return null;
    const location = response.headers.get("Location");
    if (location === undefined || !URL.canParse(location, response.effectiveUrl)) return null;
    return this.#ownTarget(new URL(location, response.effectiveUrl).href);
  }

  #ownTarget(url: string): string | null {
    const own = this.url("");
    return url.startsWith(own) ? `/${url.slice(own.length).split("#", 1)[0]}` : null;
  }

  #requireRunning(): Running<App> {
    if (this.#running !== null) return this.#running;
    throw new TornadoError(
      "TEST_APP_NOT_STARTED",
      "The app of this test does not run yet. Wait for start() or for a fetch() first.",
    );
  }
}

interface Running<App> {
  readonly app: App;
  readonly server: HTTPServer;
  readonly listener: Server;
  readonly port: number;
}

async function stop({ app, server, listener }: Running<Application>): Promise<void> {
  listener.close();
  server.stop();
  await server.closeAllConnections();
  await app.shutdown();
}

/** A redirected POST becomes a GET, as in every browser, unless the status forbids it (RFC 9110, section 15.4). */
function redirectedRequest(code: number, request: PreparedRequest): PreparedRequest {
  const headers = request.headers.copy();
  for (const name of ["Cookie", "X-Xsrftoken"]) headers.delete(name);
  const keepsMethod = code === 307 || code === 308 || request.method === "GET" || request.method === "HEAD";
  if (keepsMethod) return { ...request, headers };
  for (const name of ["Content-Type", "Content-Length"]) headers.delete(name);
  return { method: "GET", headers, body: null };
}
