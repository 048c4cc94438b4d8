/** What the dev server and its workers say to each other beyond the messages of every worker. */

import type { ModuleScript } from "../bundle/module-script.js";
import type { EditorOptions } from "./editor-link.js";
import type { ErrorReport } from "./error-report.js";
import type { AppFacts, SeenRequest } from "./history.js";

/** How a spare is started: given in the environment, so that no app sees it among its arguments. */
export interface SpareOptions {
  /** Path of the socket to listen on. */
  readonly socketPath: string;
  /** What is known already when it is started. */
  readonly preparation: Preparation;
}

/** What a spare has at hand before it becomes the app. Paths are absolute. */
export interface Preparation {
  /** A module that loads what the app imports from outside; absent before the first bundle. */
  readonly warmUp?: string | undefined;
  /** The app's modules, to be compiled; absent when they are not known yet, or cannot be. */
  readonly pack?: string | undefined;
}

/** How an app is started from its modules. */
export interface ModuleStart {
  /** Absolute path of those that spares have compiled. */
  readonly pack: string;
  /** Those that have changed since. */
  readonly changed: ModuleScript | undefined;
  /** Which of them exports `makeApp`. */
  readonly entry: number;
}

/** Name of the environment variable that carries {@link SpareOptions} as JSON. */
export const spareOptionsVariable = "TORNADO_DEV_SPARE";

/** The first task of a worker: to become the app. */
export interface ServeTask {
  readonly kind: "serve";
  /** Absolute path of the bundle, or the modules of the app. */
  readonly code: string | ModuleStart;
  /** Absolute path of the module that loads what the code imports from outside. */
  readonly warmUp: string;
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
