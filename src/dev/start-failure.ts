/** Tells why an app did not start, or why its process ended, as a report that can be shown. */

import { resolve } from "node:path";
import { BuildError } from "../bundle/build-error.js";
import { type BundleResult, locateImport } from "../bundle/bundler.js";
import { TornadoError } from "../core/errors.js";
import { describeExit, type WorkerExit, WorkerFailedError } from "../process/worker-process.js";
import { isDiskFull } from "./disk-room.js";
import { describeError, type ErrorReport, reportBuildError } from "./error-report.js";
import { maskSecrets, secretsOfEnvironment } from "./secret-masking.js";
import { shownSources } from "./shown-sources.js";

/** Describes the failure of a worker that was to become the app. */
export async function reportStartFailure(error: Error, appRoot: string, bundle?: BundleResult): Promise<ErrorReport> {
  if (isDiskFull(error)) return report("start", diskFull(error), appRoot);
  if (!(error instanceof WorkerFailedError)) return report("start", error, appRoot);
  if (!(error.cause instanceof Error)) {
    return report("start", withoutFrames("App did not start", `The app’s process ${error.message}`), appRoot);
  }
  const missing = bundle === undefined ? undefined : await missingPackage(error.cause, appRoot, bundle);
  return missing ?? report("start", error.cause, appRoot);
}

/**
 * Describes the end of a worker that served the app.
 *
 * @param error - What nobody caught, if that is why it ended.
 * @param isLasting - True when the next request does not start it again.
 */
export function reportCrash(
  error: Error | null,
  exit: WorkerExit | undefined,
  appRoot: string,
  isLasting: boolean,
): ErrorReport {
  const how = exit === undefined ? "was asked to end by a signal" : describeExit(exit);
  const shown = error ?? withoutFrames("App ended", `The app’s process ${how}`);
  return report(isLasting ? "start" : "crash", shown, appRoot);
}

/** Describes the end of a worker of old code that did not let go of its requests. */
export function reportKilled(appRoot: string): ErrorReport {
  const message = "The app’s process did not answer in time after a save, and was killed. Look for an endless loop.";
  return report("crash", withoutFrames("App ended", message), appRoot);
}

function report(kind: ErrorReport["kind"], error: Error, appRoot: string): ErrorReport {
  const errors = describeError(error, { appRoot, readSource: shownSources(appRoot) });
  return maskSecrets({ kind, status: 500, errors, sections: [] }, secretsOfEnvironment(appRoot));
}

function diskFull(error: Error): TornadoError {
  const { code } = (error.cause ?? error) as NodeJS.ErrnoException;
  return new TornadoError(
    "DISK_FULL",
    `The disk is full: the app cannot be written to .tornado/dev (${code}). Make room, and the app comes back by itself.`,
  );
}

/** An error of ours has no place in the app: frames of the dev server would only lead astray. */
function withoutFrames(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  error.stack = "";
  return error;
}

/** A package that is not installed is met when the bundle is loaded; what helps is the import in the sources, and the command. */
async function missingPackage(error: Error, appRoot: string, bundle: BundleResult): Promise<ErrorReport | undefined> {
  const match = /^Cannot find (?:package|module) '([^']+)' imported from/.exec(error.message);
  if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND" || match === null) return undefined;
  const specifier = bundle.externals.find((one) => one === match[1] || one.startsWith(`${match[1]}/`)) ?? match[1]!;
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  const message = `Cannot find the package "${name}". Install it: npm install ${name}`;
  for (const file of bundle.inputs) {
    const problem = await locateImport(appRoot, resolve(appRoot, file), specifier, message);
    if (problem.line > 0) return reportBuildError(new BuildError([problem]), appRoot);
  }
  return undefined;
}
