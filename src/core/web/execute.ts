/** A handler's life: from its construction to its answer, with one catch for all that can go wrong. */

import { toError } from "../errors.js";
import type { BodyReader } from "../http/body-reader.js";
import { HTTPInputError } from "../http/http-input-error.js";
import { refuseRequest } from "../http/refusal.js";
import type { HTTPServerRequest } from "../http/request.js";
import { applicationLog, generalLog } from "../log.js";
import type { PathArgument, RouteMatch } from "../routing/matchers.js";
import { NamedArguments } from "../routing/named-arguments.js";
import { ClientGoneError } from "./client-gone-error.js";
import { expectedError } from "./expected-error.js";
import type { HandlerApplication } from "./handler-application.js";
import type { HandlerClass } from "./handler-class.js";
import { allowHeader, functionName, methodsOf } from "./handler-methods.js";
import { Finish, HTTPError } from "./http-error.js";
import { isPromise, refusePromise } from "./refuse-promise.js";
import {
  endUnanswered,
  finishResponse,
  loadSession,
  openBody,
  pendingPage,
  RequestHandler,
  usePolicy,
} from "./request-handler.js";
import type { ResponsePolicy } from "./response-policy.js";
import { runUnawaited } from "./run-unawaited.js";
import { isSafeMethod } from "./xsrf.js";

/** What a handler is called with. */
export interface HandlerCall {
  readonly application: HandlerApplication;
  readonly handlerClass: HandlerClass;
  readonly request: HTTPServerRequest;
  readonly match: RouteMatch;
  readonly kwargs: object;
  readonly policy: ResponsePolicy | null;
  /** For a handler that reads its body itself; `null` for others. */
  readonly bodyReader: BodyReader | null;
  /** For a handler with `dataReceived`: resolves when the body has arrived. `null` when it is there already. */
  readonly bodyArrived: Promise<void> | null;
  /** The handler, once it is constructed. */
  handler: AnyHandler | null;
  /** Called when `prepare` is done, or when the response was finished before. */
  prepared(): void;
}

/** A handler, whatever its type parameters. */
export type AnyHandler = RequestHandler<never, HandlerApplication>;

/**
 * The steps of a request. It yields every promise that must settle before the next step, and only those: a handler
 * that is never asynchronous runs to its end within one call of `next`.
 */
type Steps = Generator<PromiseLike<unknown>, void, void>;

/** Runs a handler to its end. Never throws: whatever goes wrong becomes an answer and a line in the log. */
export function execute(call: HandlerCall): void {
  advance(call, steps(call), null);
}

function* steps(call: HandlerCall): Steps {
  const { request } = call;
  try {
    const handler = construct(call);
    if (call.policy !== null && answersPreflight(handler, call.policy)) return;
    refusePromise(handler.setDefaultHeaders(), "setDefaultHeaders()");
    refusePromise(handler.initialize(call.kwargs as never), "initialize()");

    if (!call.handlerClass.SUPPORTED_METHODS.includes(request.method)) throw expectedError(405);
    if (call.bodyArrived === null) request.parseBody();
    decodePathArguments(handler, call.match);
    const loading = fetchSession(call, handler);
    if (loading !== null) yield loading;
    if (handler.settings.xsrfCookies && !isSafeMethod(request.method)) {
      const checking = handler.checkXsrfCookie();
      if (isPromise(checking)) yield Promise.resolve(checking);
    }

    const preparing = handler.prepare();
    if (preparing !== undefined) yield asPromise(preparing, "prepare");
    call.prepared();
    if (handler.isFinished) return;

    if (call.bodyReader !== null) handler[openBody](call.bodyReader);
    else if (call.bodyArrived !== null) {
      yield call.bodyArrived;
      // By the last call of dataReceived.
      if (handler.isFinished) return;
    }
    const result = callMethod(handler, call.match.pathKwargs !== null);
    if (result !== undefined && result !== null) yield asPromise(result, functionName(request.method));

    if (handler.isFinished) return;
    const page = handler[pendingPage];
    if (page !== null) yield page;
    if (!handler.isFinished) handler[finishResponse]();
  } catch (thrown) {
    yield* answerError(call, thrown);
    call.prepared();
  }
}

/** Turns whatever was thrown into an answer, if one can still be given. */
function* answerError(call: HandlerCall, thrown: unknown): Steps {
  // The constructor itself may have failed: then nothing of the handler's own can be used.
  const handler = call.handler ?? standIn(call);
  let failure = thrown;
  if (failure instanceof Finish) {
    try {
      if (handler.isFinished) return;
      if (failure.chunk !== undefined) handler.write(failure.chunk);
      handler[finishResponse]();
      return;
    } catch (unfinished) {
      failure = unfinished;
    }
  }
  const error = asHandlerError(failure);
  if (isClientGone(error, call.request)) {
    if (!handler.isFinished) handler[endUnanswered]();
    return;
  }
  runUnawaited(() => handler.logException(error), "logException");
  if (handler.isFinished) return;
  if (!handler.areHeadersWritten) yield* findSessionForPage(call, handler);
  const answering = handler.sendError(error instanceof HTTPError ? error.statusCode : 500, { error });
  if (answering !== undefined) yield answering;
}

function fetchSession({ application, handlerClass }: HandlerCall, handler: AnyHandler): Promise<void> | null {
  const { sessions } = application;
  return sessions?.hasStore === true && handlerClass.usesSession ? handler[loadSession](sessions) : null;
}

/** The request may have failed before its session was fetched, and an error page may well say who is logged in. */
function* findSessionForPage(call: HandlerCall, handler: AnyHandler): Steps {
  try {
    const loading = fetchSession(call, handler);
    if (loading !== null) yield loading;
  } catch (error) {
    applicationLog.error("The session could not be fetched for an error page", error);
  }
}

/** The handler that answers in the place of one that could not be constructed. */
function standIn({ application, request, policy }: HandlerCall): AnyHandler {
  const handler = new RequestHandler<never>(application, request) as AnyHandler;
  if (policy !== null) handler[usePolicy](policy);
  return handler;
}

/** Goes on with the steps, and comes back when the promise that they wait for has settled. */
function advance(call: HandlerCall, journey: Steps, failure: { readonly error: unknown } | null): void {
  try {
    const step = failure === null ? journey.next() : journey.throw(failure.error);
    if (step.done) return;
    step.value.then(
      () => advance(call, journey, null),
      (error: unknown) => advance(call, journey, { error }),
    );
  } catch (error) {
    generalLog.error(`Cannot answer ${call.request.method} ${call.request.path} by its handler`, error);
    // Not even the handler's error page could be sent; the client must not be left waiting.
    if (call.handler?.isFinished !== true) refuseRequest(call.request.connection, 500);
  }
}

function construct(call: HandlerCall): AnyHandler {
  const handler = new call.handlerClass(call.application as never, call.request);
  call.handler = handler;
  return handler;
}

/** Adds the policy's headers; answers a browser's question before anything of the handler runs, as it comes without cookies. */
function answersPreflight(handler: AnyHandler, policy: ResponsePolicy): boolean {
  const { request } = handler;
  handler[usePolicy](policy);
  if (policy.cors?.isPreflight(request) !== true) return false;
  handler.setStatus(204);
  for (const [name, value] of policy.cors.preflightHeaders(request, methodsOf(handler))) handler.setHeader(name, value);
  handler[finishResponse]();
  return true;
}

function decodePathArguments(handler: AnyHandler, { pathArgs, pathKwargs }: RouteMatch): void {
  if (pathKwargs !== null) handler.pathKwargs = decodeNamed(handler, pathKwargs);
  if (pathArgs.length > 0) handler.pathArgs = pathArgs.map((argument) => decode(handler, argument, null));
}

function decodeNamed(
  handler: AnyHandler,
  pathKwargs: NonNullable<RouteMatch["pathKwargs"]>,
): NamedArguments<string | null> {
  if (pathKwargs instanceof NamedArguments && isDecoded(handler, pathKwargs)) return pathKwargs;
  const decoded = new NamedArguments<string | null>();
  for (const name of Object.keys(pathKwargs)) decoded[name] = decode(handler, pathKwargs[name]!, name);
  return decoded;
}

/** Whether the arguments are what the handler would make of them: nearly always, and then they need no copy. */
function isDecoded(handler: AnyHandler, named: NamedArguments<PathArgument>): named is NamedArguments<string | null> {
  if (handler.decodeArgument !== RequestHandler.prototype.decodeArgument) return false;
  for (const name in named) if (typeof named[name] !== "string" && named[name] !== null) return false;
  return true;
}

function decode(handler: AnyHandler, argument: PathArgument, name: string | null): string | null {
  if (argument === null) return null;
  if (typeof argument !== "string") return handler.decodeArgument(argument, name);
  // Plain ASCII decodes to itself, unless the handler has an encoding of its own.
  if (handler.decodeArgument === RequestHandler.prototype.decodeArgument) return argument;
  return handler.decodeArgument(Buffer.from(argument), name);
}

function callMethod(handler: AnyHandler, isNamed: boolean): unknown {
  const { method } = handler.request;
  const methods = handler as unknown as Record<string, ((...args: unknown[]) => unknown) | undefined>;
  const own = methods[functionName(method)] ?? (method === "HEAD" ? methods.get : undefined);
  if (own !== undefined) {
    if (isNamed) return own.call(handler, handler.pathKwargs);
    return handler.pathArgs.length === 0 ? own.call(handler) : own.apply(handler, handler.pathArgs as unknown[]);
  }
  if (method !== "OPTIONS") throw expectedError(405);
  handler.setStatus(204);
  handler.setHeader("Allow", allowHeader(handler));
  return undefined;
}

function asPromise(result: unknown, name: string): PromiseLike<unknown> {
  if (result instanceof Promise) return result;
  // Made a real one, which settles once, and later: what a thenable does is its own affair.
  if (typeof (result as PromiseLike<unknown>).then === "function") return Promise.resolve(result);
  throw new TypeError(
    `${name}() returned ${typeof result}, which would be lost. Give it to write(), and return nothing.`,
  );
}

/** Whether the error says no more than that there is nobody to answer: no failure of the handler. */
function isClientGone(error: Error, request: HTTPServerRequest): boolean {
  return error instanceof ClientGoneError || (error.name === "AbortError" && request.signal.aborted);
}

/** Input that breaks HTTP, found only when a handler asked for it, is the client's fault like any other bad input. */
function asHandlerError(thrown: unknown): Error {
  if (thrown instanceof HTTPInputError) return new HTTPError(thrown.status, thrown.message, { cause: thrown });
  return toError(thrown);
}
