/** What the dev server and its workers say to each other beyond the messages of every worker. */

import type { EditorOptions } from "./editor-link.js";
import type { ErrorReport } from "./error-report.js";
import type { AppFacts, SeenRequest } from "./history.js";

/** How a spare is started: given in the environment, so that no app sees it among its arguments. */
export interface SpareOptions {
  /** Path of the socket to listen on. */
  readonly socketPath: string;
  /** Absolute path of a module that loads what the app imports from outside; absent before the first bundle. */
  readonly warmUp?: string | undefined;
}

/** Name of the environment variable that carries {@link SpareOptions} as JSON. */
export const spareOptionsVariable = "TORNADO_DEV_SPARE";

/** The first task of a worker: to become the app. */
export interface ServeTask {
  readonly kind: "serve";
  /** Absolute path of the bundle. */
  readonly bundle: string;
  readonly appRoot: string;
  /** The host that the front listens on. */
  readonly host: string;
  readonly liveReload: boolean;
  readonly revision: string;
  /** How places in the app are opened. */
  readonly editor: EditorOptions;
  /** Port of the debugger; 0 takes any. */
  readonly inspectPort?: number | undefined;
}

/** Later tasks: the pages now belong to another revision; let go of the debugger's port. */
export type LaterTask = { readonly kind: "revision"; readonly revision: string } | { readonly kind: "closeInspector" };

/** What a worker tells when it is ready. Paths are absolute. */
export interface ServeDetail {
  readonly templatePath?: string | undefined;
  readonly staticPath?: string | undefined;
  readonly translationFolders: readonly string[];
}

/** What a worker reports at other times. */
export type WorkerReport =
  | { readonly kind: "inspectorClosed" }
  | { readonly kind: "request"; readonly request: SeenRequest }
  /** A moment after the start. */
  | { readonly kind: "application"; readonly app: AppFacts }
  /** An exception whose answer nobody looks at. */
  | { readonly kind: "exception"; readonly report: ErrorReport };
