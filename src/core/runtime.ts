/** What the program that runs an app (dev worker, built server, test) tells the framework about where it stands. */

import type { HTTPHeaders } from "./http/headers.js";
import type { PrecompiledTemplate } from "./template/precompiled.js";
import type { LoggedHandler } from "./web/handler-application.js";
import type { OutputTransformClass } from "./web/output-transform.js";
import type { RequestHandler } from "./web/request-handler.js";

/** A complete error answer, made by the dev server's error page. */
export interface ErrorAnswer {
  readonly headers: HTTPHeaders;
  readonly body: string;
}

/** Everything here has a working default, so that an app also runs under plain `node`. */
export interface Runtime {
  /** Absolute path of the app's root: relative `templatePath` and `staticPath` settings resolve against it. */
  readonly appRoot: string;
  /** Templates compiled ahead of time, by absolute path with forward slashes. When set, no template is read from disk. */
  readonly templates?: ReadonlyMap<string, PrecompiledTemplate>;
  /** Content hashes of static files made ahead of time, by absolute path with forward slashes. */
  readonly staticVersions?: ReadonlyMap<string, string>;
  /** Makes the page for an exception that no handler caught; only `tornado dev` sets it. `undefined` leaves it to `writeError`. */
  readonly errorPage?: (handler: RequestHandler, status: number, error: Error) => ErrorAnswer | undefined;
  /** Makes the page for a 404 in the place of `writeError`; only `tornado dev` sets it. `undefined` leaves it to `writeError`. */
  readonly notFoundPage?: (handler: RequestHandler) => ErrorAnswer | undefined;
  /**
   * Called with an exception that no response can show any more, such as one of a WebSocket's callbacks; it is logged all the
   * same. Only `tornado dev` sets it.
   */
  readonly exceptionUnseen?: (handler: RequestHandler, error: Error) => void;
  /** Called with every handler that has finished, before its access-log line is written. */
  readonly requestFinished?: (handler: LoggedHandler) => void;
  /** Transforms put before those of every application, such as the live reload script of `tornado dev`. */
  readonly transforms: readonly OutputTransformClass[];
}

let current: Runtime = { appRoot: process.cwd(), transforms: [] };

/** Returns what is known about where the app runs. */
export function runtime(): Runtime {
  return current;
}

/** Changes some of it. Called once, before `makeApp`; an `Application` reads it when it is constructed. */
export function configureRuntime(changes: Partial<Runtime>): void {
  current = { ...current, ...changes };
}
