/** Loads an app from its sources into this process, for commands that look at it without serving it. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { appEntry } from "../core/app-root.js";
import { applyEnv } from "../core/env-file.js";
import { TornadoError, toError } from "../core/errors.js";
import { configureRuntime } from "../core/runtime.js";
import type { Application } from "../core/web/application.js";
import type { MakeApp } from "../core/web/make-app.js";
import type { AppContext } from "./app-context.js";

/** Bundles the app and calls its `makeApp`, in the environment that a server would give it. */
export async function loadApp({ root, envFiles }: AppContext, debug: boolean): Promise<Application> {
  applyEnv(envFiles);
  const makeApp = await loadMakeApp(root);
  const made: unknown = await explained(root, async () => makeApp({ debug }));
  if (typeof (made as { describeRoutes?: unknown } | undefined)?.describeRoutes === "function")
    return made as Application;
  const advice = "Return new Application(routes, { debug }).";
  throw new TornadoError("BAD_APP", `makeApp in ${entryOf(root)} does not give an Application. ${advice}`);
}

/** Runs code of the app, and says of its failure where in the app it began. */
async function explained<Result>(root: string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (thrown) {
    const error = toError(thrown);
    const missing = /^Cannot find package '([^']+)'/.exec(error.message)?.[1];
    if (missing !== undefined) {
      const advice = `Install what package.json names, or add it: npm install ${missing}`;
      throw new TornadoError("PACKAGE_MISSING", `The app imports "${missing}", which is not installed. ${advice}`, {
        cause: error,
      });
    }
    if (error instanceof TornadoError) throw error;
    const place = placeInApp(root, error.stack ?? "");
    throw new TornadoError("APP_FAILED", `The app fails when it is made: ${error.name}: ${error.message}${place}`, {
      cause: error,
    });
  }
}

/** The innermost frame in a source of the app; source maps are on, so that it is not one of the bundle. */
function placeInApp(root: string, stack: string): string {
  for (const [, path, line, column] of stack.matchAll(/\(?(?:file:\/\/)?(\/[^():]+|[A-Z]:[^():]+):(\d+):(\d+)\)?$/gm)) {
    const file = relative(root, path!);
    if (!file.startsWith("..") && !/^(?:node_modules|\.tornado)\b/.test(file)) return ` (${file}:${line}:${column})`;
  }
  return "";
}

function entryOf(root: string): string {
  return relative(root, appEntry(root));
}

async function loadMakeApp(root: string): Promise<MakeApp> {
  const [{ createBundler }, { removeWorkFolder }] = await Promise.all([
    import("../bundle/bundler.js"),
    import("../bundle/work-folder.js"),
  ]);
  // Below the app's root, so that Node finds the packages that the app has installed.
  const outdir = join(root, ".tornado", `inspect-${process.pid}`);
  const bundler = await createBundler({ root, outdir });
  try {
    const { code, map } = await bundler.rebuild();
    configureRuntime({ appRoot: root });
    mkdirSync(outdir, { recursive: true });
    const file = join(outdir, "app.mjs");
    writeFileSync(file, `${Buffer.from(code).toString("utf8")}\n//# sourceMappingURL=app.mjs.map\n`);
    writeFileSync(`${file}.map`, map);
    process.setSourceMapsEnabled(true);
    return await explained(
      root,
      async () => ((await import(pathToFileURL(file).href)) as { makeApp: MakeApp }).makeApp,
    );
  } finally {
    await bundler.dispose();
    removeWorkFolder(outdir);
  }
}
