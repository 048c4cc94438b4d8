/** Reads a stack trace: which frames there are, and whose they are. */

import { join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { packageRoot } from "../bundle/tornado-resolver.js";

/** Whose code a frame runs: the app's own, a template of it, the framework, a package, or Node itself. */
export type FrameOwner = "app" | "template" | "tornado" | "package" | "node";

/** One call of a trace; line and column count from 1. */
export interface StackFrame {
  readonly owner: FrameOwner;
  /** Such as `HomeHandler.get`; empty for code outside of functions. */
  readonly functionName: string;
  /** Absolute path, or the name of a module of Node. */
  readonly file: string;
  /** Path as a person at the app's root would type it. */
  readonly shownFile: string;
  readonly line: number;
  readonly column: number;
}

const frameLine = /^\s+at (?:(.*?) \()?((?:file:\/\/|node:|[A-Za-z]:[\\/]|\/|[\w.-]+[\\/])[^()]*?):(\d+):(\d+)\)?$/;

/**
 * Takes the frames out of a trace, innermost first. Lines of another form, such as `at <anonymous>`, are left out.
 *
 * @param message - The error's message, which stands in the trace and is no part of it whatever it looks like.
 */
export function parseStack(stack: string, appRoot: string, message = ""): StackFrame[] {
  const messageAt = Math.max(0, stack.indexOf(message));
  const frames = frameOfSyntaxError(stack.slice(0, messageAt), appRoot);
  for (const line of stack.slice(messageAt + message.length).split("\n")) {
    const match = frameLine.exec(line);
    if (match === null) continue;
    const place = match[2]!;
    const file = absolutePath(place, appRoot);
    const functionName = (match[1] ?? "").replace(/^async /, "").replace(/^(?:Function|Module|Object)\.(?=.)/, "");
    frames.push(makeFrame(file, Number(match[3]), Number(match[4]), functionName, appRoot));
  }
  return frames;
}

/** Makes a frame of a place. */
export function makeFrame(
  file: string,
  line: number,
  column: number,
  functionName: string,
  appRoot: string,
  owner = ownerOf(file),
): StackFrame {
  return { owner, functionName, file, shownFile: shownPath(file, appRoot), line, column };
}

/** A module that cannot be linked has no frames of the app: its place stands on the line before the message. */
function frameOfSyntaxError(stack: string, appRoot: string): StackFrame[] {
  const match = /^((?:file:\/\/|\/|[A-Za-z]:\\).+?):(\d+)(?::(\d+))?\n/.exec(stack);
  if (match === null) return [];
  const file = absolutePath(match[1]!, appRoot);
  return [makeFrame(file, Number(match[2]), Number(match[3] ?? 1), "", appRoot)];
}

/** Traces name files by URL, by path, and templates relative to the app's root. */
function absolutePath(place: string, appRoot: string): string {
  if (place.startsWith("file://")) return fileURLToPath(place);
  return place.startsWith("node:") ? place : resolve(appRoot, place);
}

function ownerOf(file: string): FrameOwner {
  if (file.startsWith("node:")) return "node";
  // Before the packages: the framework is usually one of the app's.
  if (isBelow(file, framework)) return "tornado";
  if (/[\\/]node_modules[\\/]/.test(file)) return "package";
  return "app";
}

const framework = join(packageRoot, "dist");

function isBelow(file: string, folder: string): boolean {
  return file.startsWith(folder + sep);
}

/** The path relative to the app's root when it lies in or beside it, with forward slashes; otherwise as it is. */
function shownPath(file: string, appRoot: string): string {
  if (file.startsWith("node:")) return file;
  if (isBelow(file, framework)) return `tornado/${relative(framework, file).replaceAll("\\", "/")}`;
  const path = relative(appRoot, file).replaceAll("\\", "/");
  return path.startsWith("../../") || path === "" ? file : path;
}
