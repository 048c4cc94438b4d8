/** How the source files of an app are named, which is how its entry file is. */

import type { GeneratedApp } from "./generation.js";

/** Gives `ts` for an app in TypeScript, and `js` for one in JavaScript; both also as `mts` and `mjs`. */
export function sourceExtension(app: GeneratedApp): string {
  return app.entry.slice(app.entry.lastIndexOf(".") + 1);
}

/** Gives the extension by which a file is imported: that of the JavaScript it becomes. */
export function moduleName(extension: string): string {
  return extension.replace("ts", "js");
}
