/** The one function that an app's src/app.ts exports. */

import type { Application } from "./application.js";

/** What the program that runs the app tells it. */
export interface MakeAppOptions {
  /** True under `tornado dev`; false under `tornado start`, and in tests unless they say otherwise. */
  readonly debug: boolean;
}

/** Makes the app. Called once in each process that serves it. */
export type MakeApp = (options: MakeAppOptions) => Application | Promise<Application>;
