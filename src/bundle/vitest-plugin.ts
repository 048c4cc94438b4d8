/**
 * The Vitest plugin of every app: lowers standard decorators, which Node does not know and Vite leaves as they are, and lets
 * `testApp` find the runner's hooks.
 */

import { transform } from "esbuild";
import { sharedOptions } from "./bundler.js";

/** As much of Vite's plugin interface as is needed; the app brings Vite, this package does not. */
export interface VitePlugin {
  readonly name: string;
  readonly enforce: "pre";
  config(): { readonly test: { readonly globals: true } };
  transform(code: string, id: string): Promise<{ code: string; map: string } | undefined>;
}

const typeScript = /\.[cm]?tsx?(?:\?.*)?$/;
/** An `@name` where a statement or member may begin. What looks like one in a text costs a transformation, no more. */
const decorator = /(?:^|[;{}]|\bexport(?:\s+default)?)\s*@[A-Za-z_$(]/m;

/** Makes the plugin, for the `plugins` of an app's vitest.config.ts. */
export function tornado(): VitePlugin {
  return {
    name: "tornado",
    enforce: "pre",
    // Only global hooks can be found without importing Vitest: they start the app before the tests, and end it after them.
    config: () => ({ test: { globals: true } }),
    async transform(code, id) {
      if (!typeScript.test(id) || id.includes("/node_modules/") || !decorator.test(code)) return undefined;
      const file = id.replace(/\?.*$/, "");
      const { code: lowered, map } = await transform(code, {
        loader: file.endsWith("x") ? "tsx" : "ts",
        target: sharedOptions.target,
        format: "esm",
        keepNames: true,
        sourcemap: "external",
        sourcefile: file,
        sourcesContent: true,
      });
      return { code: lowered, map };
    },
  };
}
