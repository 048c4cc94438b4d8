/** The state of one run of create-tornado-app, which its steps fill in one after the other. */

import type { TerminalStyle } from "../core/terminal-style.js";
import type { AppFile } from "./app-files.js";
import type { AppTemplate } from "./app-templates.js";
import type { PackageOrigin } from "./dependency-spec.js";
import type { Destination } from "./destination.js";
import type { GitOutcome } from "./git.js";
import type { PackageManager } from "./package-manager.js";
import type { Target } from "./target.js";

/** What a person asked for, on the command line or not at all. */
export interface CreateAppOptions {
  readonly directory: string | undefined;
  readonly template: string | undefined;
  readonly packageManager: PackageManager;
  readonly install: boolean;
  readonly git: boolean;
  readonly force: boolean;
  readonly dryRun: boolean;
  /** Whether the app is served when it is made, so that the next steps need not say how. */
  readonly dev: boolean;
  /** Whether questions may be asked: somebody sits at a terminal and did not say `--yes`. */
  readonly isInteractive: boolean;
  readonly workingFolder: string;
  /** Folder with a folder for each app template. */
  readonly templatesFolder: string;
  readonly origin: PackageOrigin;
  /** How this program was started, such as `npx create-tornado-app@0.1.0`, for the command that repeats the run. */
  readonly programCommand: string;
  /** How the `tornado` program of this package is started where it is not installed; absent when that is not known. */
  readonly tornadoCommand: string | undefined;
  readonly style: TerminalStyle;
  /** Writes a line for the person. */
  readonly say: (line: string) => void;
}

/** What the steps have found out and done so far. */
export interface Creation {
  readonly options: CreateAppOptions;
  readonly templates: readonly AppTemplate[];
  /** Ends everything: checked between steps, and handed to every program that is started. */
  readonly signal: AbortSignal;
  /** As typed, relative to the working folder or absolute. */
  directory: string;
  template: AppTemplate;
  target: Target;
  /** Files to be made, without those that are kept. */
  files: readonly AppFile[];
  /** Opened by the step that writes first; everything before it only looks. */
  destination: Destination | undefined;
  isInstalled: boolean;
  gitOutcome: GitOutcome;
}

/** One step. It throws to end the run, and everything made is then taken away. */
export type Step = (creation: Creation) => void | Promise<void>;
