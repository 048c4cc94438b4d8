/** What belongs to the request that is being served, wherever in the program the code that asks for it stands. */

import { AsyncLocalStorage } from "node:async_hooks";
import type { HTTPServerRequest } from "./http/request.js";

/** The surroundings of one request, through every `await` and timer that it starts. */
export class RequestContext {
  /** The request's id, as it stands in log lines and in the answer. */
  readonly id: string;
  readonly request: HTTPServerRequest;
  #values: Map<unknown, unknown> | undefined;

  constructor(id: string, request: HTTPServerRequest) {
    this.id = id;
    this.request = request;
  }

  /** A place for the app's own: what one function leaves here, another finds while the same request is served. */
  get values(): Map<unknown, unknown> {
    this.#values ??= new Map();
    return this.#values;
  }
}

const storage = new AsyncLocalStorage<RequestContext>();

/**
 * Returns the context of the request that is being served; `undefined` outside of one, and without the `requestId` setting.
 *
 * ```ts
 * requestContext()?.values.set(transactionKey, transaction);
 * ```
 */
export function requestContext(): RequestContext | undefined {
  return storage.getStore();
}

/** Calls a method in a context. */
export function runInContext<This, Args extends unknown[], Result>(
  context: RequestContext,
  method: (this: This, ...args: Args) => Result,
  self: This,
  ...args: Args
): Result {
  // Without a function of its own, since this runs for every request.
  return storage.run(context, callMethod as never, method, self, args) as Result;
}

function callMethod(method: (...args: unknown[]) => unknown, self: unknown, args: unknown[]): unknown {
  return method.apply(self, args);
}
