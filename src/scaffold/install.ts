/** Installs the packages of a new app with the caller's package manager. */

import { TornadoError } from "../core/errors.js";
import type { PackageManager } from "./package-manager.js";
import { runChild } from "./run-child.js";

/** How much of a failed install is shown. */
const MAX_OUTPUT_LINES = 40;

/** An install that failed, with all that the package manager said about it. */
export class InstallFailedError extends TornadoError {
  readonly output: string;

  constructor(message: string, output: string) {
    super("INSTALL_FAILED", message);
    this.output = output;
  }
}

/**
 * Runs the install in `folder`.
 *
 * @throws InstallFailedError when it is not installed itself, or exits with anything but 0.
 */
export async function installPackages(
  folder: string,
  packageManager: PackageManager,
  signal: AbortSignal,
): Promise<void> {
  const { name, installCommand, installArguments } = packageManager;
  const { exitCode, output } = await runChild(name, installArguments, {
    cwd: folder,
    environment: installEnvironment(),
    signal,
  });
  if (exitCode === 0) return;
  const happened =
    exitCode === undefined ? `${name} is not installed` : `"${installCommand}" failed with exit code ${exitCode}`;
  throw new InstallFailedError(happened, ending(output));
}

/** A full disk makes npm write thousands of lines, of which the last ones say what went wrong. */
function ending(output: string): string {
  const lines = output.trimEnd().split("\n");
  if (lines.length <= MAX_OUTPUT_LINES) return output;
  return [`… ${lines.length - MAX_OUTPUT_LINES} lines before`, ...lines.slice(-MAX_OUTPUT_LINES)].join("\n");
}

function installEnvironment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    // With "production" here, the tools that test and check the app would be left out.
    NODE_ENV: "development",
    // A later yarn refuses to write the first lock file when it finds itself in CI.
    YARN_ENABLE_IMMUTABLE_INSTALLS: "false",
    // npm and pnpm otherwise wait more than a minute between their tries, and so say after minutes only that there is no network.
    npm_config_fetch_retry_mintimeout: process.env.npm_config_fetch_retry_mintimeout ?? "1000",
    npm_config_fetch_retry_maxtimeout: process.env.npm_config_fetch_retry_maxtimeout ?? "4000",
    npm_config_update_notifier: "false",
    ADBLOCK: "1",
    DISABLE_OPENCOLLECTIVE: "1",
  };
}
