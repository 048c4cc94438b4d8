/** What the build hands to the production server: an app that can be loaded, and how to run it in another process. */

import type { MakeApp } from "../core/web/make-app.js";
import type { StartOptions } from "./options.js";

/** An app as `tornado build` made it. */
export interface BuiltApp {
  /** Absolute path of the folder of the built app; its `.env`, or that of the folder above, is read. */
  readonly root: string;
  /** Absolute path of the file that workers execute; run directly, it calls `runBuiltServer` with this app. */
  readonly entry: string;
  /** The `start` section of the app's tornado.config.ts, resolved when it was built. */
  readonly startOptions?: Partial<StartOptions>;
  /** Tells the framework about the built app (`configureRuntime`) and loads it. */
  load(): Promise<{ readonly makeApp: MakeApp }>;
}
