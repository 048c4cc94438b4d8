/** An application: routes, settings, and what lives as long as the process that serves it. */

import { isAbsolute, join } from "node:path";
import { closeWorkerPools } from "../async/open-pools.js";
import type { Channel } from "../channels/channel.js";
import type { Publishable } from "../channels/channel-message.js";
import { Channels, chosenRelay } from "../channels/channels.js";
import { TornadoError } from "../errors.js";
import type { HTTPMessageDelegate } from "../http/connection.js";
import { type FetchOptions, fetchFromDelegate } from "../http/fetch-adapter.js";
import {
  createNodeListener,
  createNodeUpgradeListener,
  type ListenerOptions,
  type NodeListener,
  type NodeUpgradeListener,
} from "../http/node-listener.js";
import type { HTTPServerRequest } from "../http/request.js";
import { HTTPServer } from "../http/server.js";
import type { HTTPServerOptions } from "../http/server-options.js";
import { accessLog, applicationLog } from "../log.js";
import { redactUrl } from "../redact.js";
import { DefaultHostMatches, HostMatches, type RouteMatch } from "../routing/matchers.js";
import type { ReverseArguments } from "../routing/reverse-path.js";
import { ReversibleRouter } from "../routing/router.js";
import { type CheckedRules, Rule, type RuleList, type RuleOptions, URLSpec } from "../routing/rule.js";
import { runtime } from "../runtime.js";
import type { BaseLoader } from "../template/loader.js";
import { openWebSockets } from "../websocket/open-websockets.js";
import { ApplicationRouter, createHandlerDelegate } from "./application-router.js";
import { GZipContentEncoding } from "./compression.js";
import type { HandlerApplication } from "./handler-application.js";
import type { HandlerClass } from "./handler-class.js";
import type { OutputTransformClass } from "./output-transform.js";
import { ErrorHandler } from "./plain-handlers.js";
import type { RequestHandler } from "./request-handler.js";
import { ContextDelegate, RequestIds } from "./request-ids.js";
import { createResponsePolicy, type ResponsePolicy } from "./response-policy.js";
import { describeRouter, handlerClassesOf, type RouteDescription } from "./route-listing.js";
import { runUnawaited } from "./run-unawaited.js";
import { Sessions } from "./sessions.js";
import { type ApplicationSettings, completeSettings, type StaticHandlerClass } from "./settings.js";
import { StaticFileHandler } from "./static-file-handler.js";
import { builtInModules, isUIModule, type UIModuleClass } from "./ui-module.js";
import { gatherNamed, isUIMethod } from "./ui-registry.js";

/** Options of `listen`: where, and everything that an `HTTPServer` takes. */
export interface ListenOptions extends HTTPServerOptions {
  /** Address to listen on. Default: all. */
  readonly address?: string;
}

/** Runs when an application starts or stops in a process. */
export type LifecycleHook = () => unknown;

/**
 * Routes requests to handlers.
 *
 * Subclass it to give handlers what they share, such as a database: they reach it as `this.application`.
 *
 * ```ts
 * const app = new Application([["/", Home], url("/stories/:id", Story, {}, { name: "story" })], { staticPath: "static" });
 * await app.listen(8888);
 * ```
 */
export class Application<const Rules extends RuleList = RuleList>
  extends ReversibleRouter
  implements HandlerApplication
{
  readonly settings: ApplicationSettings;
  readonly sessions: Sessions | null;
  readonly uiModules: Readonly<Record<string, UIModuleClass>>;
  readonly uiMethods: Readonly<Record<string, (...args: never[]) => unknown>>;
  /** Host name assumed for requests that name another, as in Tornado; `null` for none. */
  readonly defaultHost: string | null;

  readonly #transforms: OutputTransformClass[];
  readonly #wildcardRouter: ApplicationRouter;
  /** Rules by host, tried before the others; only made when there are any. */
  #hostRouter: ApplicationRouter | null = null;
  readonly #staticHandlerClass: StaticHandlerClass;
  readonly #requestIds: RequestIds | null;
  readonly #templateLoaders = new Map<string, BaseLoader>();
  #channels: Channels | null = null;
  readonly #startHooks: LifecycleHook[] = [];
  readonly #shutdownHooks: LifecycleHook[] = [];
  #commonPolicy: { readonly policy: ResponsePolicy | null } | null = null;
  #started: Promise<void> | null = null;
  #stopped: Promise<void> | null = null;

  /**
   * @param rules - The route table; the first rule that takes a request wins.
   * @throws TornadoError `BAD_SETTING`, `WEAK_COOKIE_SECRET`, `BAD_ROUTE` or `BAD_ROUTE_PATTERN`, naming what is wrong.
   */
  constructor(
    rules: Rules & CheckedRules<Rules> = noRules as Rules & CheckedRules<Rules>,
    settings: ApplicationSettings = {},
  ) {
    super();
    const { appRoot, transforms } = runtime();
    const complete = completeSettings(settings);
    this.settings = {
      ...complete,
      ...resolved("templatePath", complete.templatePath, appRoot),
      ...resolved("staticPath", complete.staticPath, appRoot),
    };
    this.defaultHost = complete.defaultHost ?? null;
    this.uiModules = {
      ...builtInModules,
      ...gatherNamed(complete.uiModules, isUIModule),
    } as Application["uiModules"];
    this.uiMethods = gatherNamed(complete.uiMethods, isUIMethod) as Application["uiMethods"];
    this.#transforms = [
      ...transforms,
      ...(complete.transforms ?? (complete.compressResponse ? [GZipContentEncoding] : [])),
    ];
    const { requestId = false, sessions = false } = complete;
    this.sessions = sessions === false ? null : new Sessions(sessions === true ? {} : sessions);
    this.#requestIds = requestId === false ? null : new RequestIds(requestId === true ? {} : requestId);
    this.#staticHandlerClass = complete.staticHandlerClass ?? StaticFileHandler;
    this.#wildcardRouter = new ApplicationRouter(this, [...this.#staticRules(), ...rules]);
  }

  /** Transforms of every response: those of the program that runs the app, then its own. */
  get transforms(): readonly OutputTransformClass[] {
    return this.#transforms;
  }

  /** Adds a transform behind those that are there. */
  addTransform(transform: OutputTransformClass): void {
    this.#transforms.push(transform);
  }

  /**
   * Adds rules for requests to a host. Groups are tried in the order in which they were added, each until one of its rules
   * takes the request; then come the rules of the constructor.
   *
   * @param hostPattern - A regular expression for the whole host name, without port, in lower case.
   */
  addHandlers(hostPattern: string | RegExp, rules: RuleList): void {
    this.#hostRouter ??= new ApplicationRouter(this, []);
    this.#hostRouter.addRules([new Rule(new HostMatches(hostPattern), rules)]);
    if (this.defaultHost !== null) {
      this.#wildcardRouter.addRules([new Rule(new DefaultHostMatches(this, hostPattern), rules)]);
    }
  }

  override findHandler(request: HTTPServerRequest): HTTPMessageDelegate {
    if (this.#requestIds === null) return this.#find(request);
    return new ContextDelegate(this.#requestIds.identify(request), this.#find(request));
  }

  #find(request: HTTPServerRequest): HTTPMessageDelegate {
    const own = this.#hostRouter?.findHandler(request) ?? this.#wildcardRouter.findHandler(request);
    if (own !== null) return own;
    const { defaultHandlerClass, defaultHandlerArgs } = this.settings;
    return defaultHandlerClass !== undefined
      ? this.getHandlerDelegate(request, defaultHandlerClass, defaultHandlerArgs)
      : this.getHandlerDelegate(request, ErrorHandler, notFound);
  }

  /** Makes what runs one handler for one request, for routers of your own. */
  getHandlerDelegate(
    request: HTTPServerRequest,
    handlerClass: HandlerClass,
    kwargs: object = {},
    match?: RouteMatch,
  ): HTTPMessageDelegate {
    const policy = this.responsePolicy({});
    return createHandlerDelegate(
      {
        application: this,
        handlerClass,
        kwargs,
        streamsBody: handlerClass.streamsRequestBodyWith(kwargs),
        maxBodySize: undefined,
        policy,
      },
      request,
      match,
    );
  }

  responsePolicy({ cors }: RuleOptions): ResponsePolicy | null {
    const { securityHeaders } = this.settings;
    const idHeader = this.#requestIds?.header ?? null;
    if (cors !== undefined) return createResponsePolicy(securityHeaders, cors, idHeader);
    // Kept, since it is asked for at each request that no route takes.
    this.#commonPolicy ??= { policy: createResponsePolicy(securityHeaders, this.settings.cors, idHeader) };
    return this.#commonPolicy.policy;
  }

  /** Answers a `Request` of the Fetch standard without a server or a socket. Starts the app first. */
  async fetch(request: Request, options?: FetchOptions): Promise<Response> {
    await this.start();
    return await fetchFromDelegate(this, request, options);
  }

  /**
   * Makes a listener for a server that is somebody else's: `http.createServer(app.listener())`, or a middleware of Express
   * mounted before its body parsers. The app is started by the first request.
   */
  listener(options?: ListenerOptions): NodeListener {
    const serve = createNodeListener(this, options);
    return async (request, response) => {
      try {
        await this.start();
      } catch (error) {
        applicationLog.error("The application could not be started", error);
        response.writeHead(500).end();
        return;
      }
      serve(request, response);
    };
  }

  /**
   * Makes a listener for the `upgrade` event of such a server: `server.on("upgrade", app.upgradeListener())`. Without it the handlers of
   * this app see no WebSocket.
   */
  upgradeListener(options?: ListenerOptions): NodeUpgradeListener {
    const serve = createNodeUpgradeListener(this, options);
    return async (request, socket, head) => {
      // A client that leaves meanwhile must not end the process.
      const leave = () => socket.destroy();
      socket.on("error", leave);
      try {
        await this.start();
      } catch (error) {
        applicationLog.error("The application could not be started", error);
        socket.destroy();
        return;
      }
      serve(request, socket, head);
      socket.off("error", leave);
    };
  }

  override reverseUrl(name: string, ...args: ReverseArguments): string {
    const path = this.#hostRouter?.reverseUrl(name, ...args) ?? this.#wildcardRouter.reverseUrl(name, ...args);
    if (path === null) {
      throw new TornadoError(
        "UNKNOWN_ROUTE_NAME",
        `No route is named "${name}". "tornado routes" lists the names; give the route one as its fourth value.`,
      );
    }
    return path;
  }

  /** Lists all routes, in the order in which they are tried. */
  describeRoutes(): RouteDescription[] {
    return [
      ...(this.#hostRouter === null ? [] : describeRouter(this.#hostRouter, this)),
      ...describeRouter(this.#wildcardRouter, this),
    ];
  }

  /** Lists the classes of all handlers that a route leads to, and of the one for all other paths; each once. */
  handlerClasses(): HandlerClass[] {
    const { defaultHandlerClass } = this.settings;
    return [
      ...new Set([
        ...(this.#hostRouter === null ? [] : handlerClassesOf(this.#hostRouter)),
        ...handlerClassesOf(this.#wildcardRouter),
        ...(defaultHandlerClass === undefined ? [] : [defaultHandlerClass]),
      ]),
    ];
  }

  makeStaticUrl(path: string, includeVersion = true): string {
    return this.#staticHandlerClass.makeStaticUrl(this.settings, path, includeVersion);
  }

  /** Gives the absolute path of something in the app's root. */
  resolvePath(relativePath: string): string {
    return join(runtime().appRoot, relativePath);
  }

  templateLoader(path: string, create: (path: string) => BaseLoader): BaseLoader {
    let loader = this.#templateLoaders.get(path);
    if (loader === undefined) {
      loader = create(path);
      this.#templateLoaders.set(path, loader);
    }
    return loader;
  }

  /** Writes Tornado's access-log line, or calls the `logFunction` setting in its place. */
  logRequest(handler: RequestHandler): void {
    runtime().requestFinished?.(handler);
    const { logFunction } = this.settings;
    if (logFunction !== undefined) {
      runUnawaited(() => logFunction(handler), "logFunction");
      return;
    }
    const { request } = handler;
    const status = handler.getStatus();
    const milliseconds = (1000 * request.requestTime()).toFixed(2);
    const line = `${status} ${request.method} ${redactUrl(request.uri)} (${request.remoteIp}) ${milliseconds}ms`;
    if (status < 400) accessLog.info(line);
    else if (status < 500) accessLog.warn(line);
    else accessLog.error(line);
  }

  /**
   * Returns a channel, on which whoever has subscribed gets what is published: in this process, in its fellow workers, and on
   * other machines with `CHANNELS_URL`.
   */
  channel<Message extends Publishable = Publishable>(name: string): Channel<Message> {
    this.#channels ??= new Channels();
    return this.#channels.channel(name);
  }

  /** Has a function run in each process before it serves the app. */
  onStart(hook: LifecycleHook): void {
    this.#startHooks.push(hook);
  }

  /** Has a function run in each process after the last request was answered; the last one given runs first. */
  onShutdown(hook: LifecycleHook): void {
    this.#shutdownHooks.push(hook);
  }

  /**
   * Runs the `onStart` functions in order, once. `listen` and the programs that serve an app call it.
   *
   * @throws TornadoError `BAD_CHANNELS_URL`; and whatever the functions throw.
   */
  start(): Promise<void> {
    // What is wrong with CHANNELS_URL must come out now, and not when the first channel is asked for.
    this.#started ??= runInOrder([() => void chosenRelay(), ...this.#startHooks]);
    return this.#started;
  }

  /**
   * Closes every WebSocket of this process, such as with 1012 before another process takes over.
   *
   * @returns When they are gone; one that does not answer is dropped after 5 seconds.
   */
  closeWebSockets(code = 1001, reason = ""): Promise<void> {
    return openWebSockets(this).closeAll(code, reason);
  }

  /** Closes the WebSockets in steps, by the deadline, and refuses new ones until all is served. Called by a server that drains. */
  drain(deadlineMs: number, served?: Promise<void>): Promise<{ cut: number }> {
    return openWebSockets(this).drain(deadlineMs, served);
  }

  /** Closes the WebSockets that are left, runs the `onShutdown` functions, once, and lets the pools of threads finish. */
  shutdown(): Promise<void> {
    this.#stopped ??= runInOrder([
      () => this.closeWebSockets(),
      ...[...this.#shutdownHooks].reverse(),
      () => this.#channels?.close(),
      closeWorkerPools,
    ]);
    return this.#stopped;
  }

  /**
   * Starts the app, and serves it on a port or a unix socket of a new server.
   *
   * @param port - 0 for any free one: `server.port` tells which.
   * @returns The server, which listens.
   */
  async listen(port: number | { readonly path: string }, options: ListenOptions = {}): Promise<HTTPServer> {
    const { address, ...serverOptions } = options;
    await this.start();
    return await new HTTPServer(this, serverOptions).listen(port, address);
  }

  /** The rules that `staticPath` brings, in Tornado's order; no rule of the app comes before them. */
  #staticRules(): RuleList {
    const { staticPath, staticUrlPrefix = "/static/", staticHandlerArgs } = this.settings;
    if (staticPath === undefined) return [];
    const kwargs = { ...staticHandlerArgs, path: staticPath };
    const prefix = staticUrlPrefix.replace(/[\\^$.|?*+()[\]{}]/g, "\\$&");
    return ["/(robots\\.txt)", "/(favicon\\.ico)", `${prefix}(.*)`].map(
      (pattern) => new URLSpec(new RegExp(pattern), this.#staticHandlerClass, kwargs),
    );
  }
}

const noRules: RuleList = [];
const notFound = Object.freeze({ statusCode: 404 });

function resolved(key: string, path: string | undefined, appRoot: string): Record<string, string> {
  if (path === undefined) return {};
  return { [key]: isAbsolute(path) ? path : join(appRoot, path) };
}

async function runInOrder(hooks: readonly LifecycleHook[]): Promise<void> {
  for (const hook of hooks) await hook();
}
