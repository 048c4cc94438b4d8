/** Gathers what is known about an error into plain data: the one source of the page, the text, the JSON and the terminal. */

import { readFileSync } from "node:fs";
import type { BuildError, BuildProblem } from "../bundle/build-error.js";
import { toError } from "../core/errors.js";
import { type CodeExcerpt, excerptOf } from "./code-excerpt.js";
import { maskSecrets, secretsOfEnvironment } from "./secret-masking.js";
import { type FrameOwner, makeFrame, parseStack, type StackFrame } from "./stack-frames.js";

/** A frame with the code around it. */
export interface ReportedFrame extends StackFrame {
  readonly excerpt?: CodeExcerpt | undefined;
}

/** One error of a report; the first is the one that was thrown, the others are its causes and parts. */
export interface ReportedError {
  /** How it belongs to the one before: empty for the first. */
  readonly relation: "" | "Caused by" | "One of its errors";
  readonly name: string;
  readonly message: string;
  readonly code?: string | undefined;
  /** Innermost first; template frames, which say more than the code generated from them, in the place of that code. */
  readonly frames: readonly ReportedFrame[];
  /** What else is known, such as where a name was declared first. */
  readonly notes: readonly string[];
}

/** A titled table of names and values; secrets are masked already. */
export interface ReportSection {
  readonly title: string;
  readonly rows: readonly (readonly [name: string, value: string])[];
}

/** What an error page, an overlay, a terminal and a JSON answer show. */
export interface ErrorReport {
  /** What kind of trouble it is: `build` shows what and where and the code, and nothing else. */
  readonly kind: "build" | "start" | "crash" | "request";
  /** The status of the answer. */
  readonly status: number;
  /** Such as `GET /stories/1`; absent when no request is to blame. */
  readonly request?: string | undefined;
  /** Such as `StoryHandler.get`. */
  readonly handler?: string | undefined;
  readonly errors: readonly ReportedError[];
  readonly sections: readonly ReportSection[];
}

/** Gives the text of a source file, or `undefined` when there is none, or when it is not to be shown. */
export type SourceReader = (file: string, owner: FrameOwner) => string | undefined;

/** A frame of a template, as core tells it. */
export interface TemplatePlace {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}

export interface DescribeOptions {
  readonly appRoot: string;
  readonly readSource: SourceReader;
  /** Where in templates an error was thrown. */
  readonly templateFrames?: (error: Error) => readonly TemplatePlace[];
}

const LINES_AROUND = 5;
const MAX_ERRORS = 10;
const MAX_FRAMES = 100;
const MAX_MESSAGE_LENGTH = 10_000;

/** Describes an error with its causes, and the errors of an `AggregateError`. */
export function describeError(error: Error, options: DescribeOptions): ReportedError[] {
  const described: ReportedError[] = [];
  const seen = new Set<unknown>();
  const visit = (one: unknown, relation: ReportedError["relation"]): void => {
    // A cause may lead back to its error.
    if (seen.has(one) || described.length >= MAX_ERRORS) return;
    seen.add(one);
    const asError = toError(one);
    described.push(describeOne(asError, relation, options));
    if (asError instanceof AggregateError) for (const part of asError.errors) visit(part, "One of its errors");
    if (asError.cause !== undefined && asError.cause !== null) visit(asError.cause, "Caused by");
  };
  visit(error, "");
  return described;
}

function describeOne(error: Error, relation: ReportedError["relation"], options: DescribeOptions): ReportedError {
  const { appRoot, readSource } = options;
  const noted = options.templateFrames?.(error) ?? [];
  const places = noted.length > 0 ? noted : ownPlace(error);
  const templates = places.map(({ file, line, column }) => makeFrame(file, line, column ?? 1, "", appRoot, "template"));
  const message = textOf(() => error.message);
  const calls = parseStack(
    textOf(() => error.stack),
    appRoot,
    message,
  );
  const frames = withTemplates(calls, templates).slice(0, MAX_FRAMES);
  const { code } = error as { code?: unknown };
  // Our own error says all of it: how we came to it is of no help.
  const isOurs = error.name === "TornadoError" && frames.every(({ owner }) => !isOfApp(owner));
  return {
    relation,
    name: className(error),
    message: shortened(message),
    code: typeof code === "string" ? code : undefined,
    frames: isOurs ? [] : frames.map((frame) => ({ ...frame, excerpt: excerptFor(frame, readSource) })),
    notes: [],
  };
}

/** Core puts template places into the trace as well: what comes before them was called by a template, and is where it happened. */
function withTemplates(calls: readonly StackFrame[], templates: readonly StackFrame[]): StackFrame[] {
  const known = new Set(templates.map(({ file, line }) => `${file}:${line}`));
  const isTemplate = ({ file, line }: StackFrame) => known.has(`${file}:${line}`);
  const at = Math.max(0, calls.findIndex(isTemplate));
  return [...calls.slice(0, at), ...templates, ...calls.slice(at).filter((call) => !isTemplate(call))];
}

/** Reads what an error says of itself: it may be of a class that throws even then. */
function textOf(read: () => unknown): string {
  try {
    return String(read() ?? "");
  } catch {
    return "";
  }
}

function shortened(message: string): string {
  if (message.length <= MAX_MESSAGE_LENGTH) return message;
  return `${message.slice(0, MAX_MESSAGE_LENGTH)}… (${message.length} characters)`;
}

/** A template that cannot be compiled, and other errors about a file, name their place themselves. */
function ownPlace(error: Error): TemplatePlace[] {
  const { file, line, column } = error as { file?: unknown; line?: unknown; column?: unknown };
  if (typeof file !== "string" || typeof line !== "number") return [];
  return [{ file, line, ...(typeof column === "number" ? { column } : {}) }];
}

function className(error: Error): string {
  // An error that came from another process is a plain Error with the name of its class.
  return error.name !== "Error" ? error.name : (error.constructor?.name ?? "Error");
}

function excerptFor(frame: StackFrame, readSource: SourceReader): CodeExcerpt | undefined {
  if (frame.owner === "node") return undefined;
  const source = readSource(frame.file, frame.owner);
  return source === undefined ? undefined : excerptOf(source, frame.line, frame.column, LINES_AROUND);
}

/** Describes what keeps an app from being built. */
export function reportBuildError(error: BuildError, appRoot: string): ErrorReport {
  const errors = error.problems.map((problem, index) => describeProblem(problem, index, appRoot));
  return maskSecrets({ kind: "build", status: 500, errors, sections: [] }, secretsOfEnvironment(appRoot));
}

function describeProblem(problem: BuildProblem, index: number, appRoot: string): ReportedError {
  const file = problem.file === "" ? "" : `${appRoot}/${problem.file}`;
  const frame = makeFrame(file, problem.line, problem.column, "", appRoot, "app");
  const source = readFile(file);
  const excerpt =
    (source === undefined || problem.line === 0
      ? undefined
      : excerptOf(source, problem.line, problem.column, LINES_AROUND, problem.length)) ??
    (problem.lineText === ""
      ? undefined
      : {
          lines: [{ number: problem.line, text: problem.lineText, isMarked: true }],
          column: problem.column,
          length: problem.length,
        });
  return {
    relation: index === 0 ? "" : "One of its errors",
    name: "Build error",
    message: problem.message,
    frames: file === "" ? [] : [{ ...frame, shownFile: problem.file, excerpt }],
    notes: problem.notes,
  };
}

/** The frame that a reader should see first: the innermost of the app's own, or else of a package; never one of ours. */
export function leadingFrame(error: ReportedError): ReportedFrame | undefined {
  return error.frames.find(({ owner }) => isOfApp(owner)) ?? error.frames.find(({ owner }) => owner === "package");
}

function isOfApp(owner: StackFrame["owner"]): boolean {
  return owner === "template" || owner === "app";
}

/** Reads a source that the bundler has complained about; `undefined` when it is not there. */
function readFile(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
