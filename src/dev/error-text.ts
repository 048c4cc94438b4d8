/** Writes an error report as plain text: for curl, for a terminal, and to be copied. */

import type { TerminalStyle } from "../core/terminal-style.js";
import { excerptText } from "./code-excerpt.js";
import { type ErrorReport, leadingFrame, type ReportedError, type ReportedFrame } from "./error-report.js";

/** A longer message would push everything else out of the terminal. */
const MAX_TERMINAL_MESSAGE = 2000;
const INDENT = "    ";

/** The whole report as plain text: what a client gets that wants no HTML. */
export function errorText(report: ErrorReport): string {
  const parts = report.errors.map((error) => errorPart(error));
  const about = [report.request, report.handler].filter((part) => part !== undefined).join("  ->  ");
  const sections = report.sections
    .filter(({ rows }) => rows.length > 0)
    .map(
      ({ title, rows }) =>
        `${title}\n${rows.map(([name, value]) => `  ${name}: ${value.replaceAll("\n", "\n  ")}`).join("\n")}`,
    );
  // It is shown by a terminal as often as not.
  return escapeControls(`${[...(about === "" ? [] : [about]), ...parts, ...sections].join("\n\n")}\n`);
}

/** The report as JSON: what a client gets that asks for it. */
export function errorJson(report: ErrorReport): string {
  const errors = report.errors.map(({ relation, name, message, code, frames, notes }) => ({
    ...(relation === "" ? {} : { relation }),
    name,
    message,
    ...(code === undefined ? {} : { code }),
    frames: frames.map(({ owner, functionName, shownFile, line, column }) => ({
      owner,
      function: functionName,
      file: shownFile,
      line,
      column,
    })),
    ...(notes.length === 0 ? {} : { notes }),
  }));
  const { status, kind, request, handler } = report;
  return `${JSON.stringify({ status, kind, request, handler, errors }, null, 2)}\n`;
}

/**
 * What the terminal shows: what and where, the code, and the app's own frames.
 *
 * @param columns - Width of the terminal, in which no line of code is broken. Default: any.
 */
export function terminalText(errors: readonly ReportedError[], style: TerminalStyle, columns?: number): string {
  const lines: string[] = [];
  for (const error of errors) {
    const relation = error.relation === "" ? "" : style.dim(`${error.relation}: `);
    lines.push(
      `${relation}${style.red(style.bold(escapeControls(error.name)))}: ${escapeControls(shorterMessage(error.message))}`,
    );
    const leading = leadingFrame(error);
    const own = error.frames.filter(({ owner }) => owner === "app" || owner === "template");
    if (leading !== undefined) {
      lines.push(
        `  ${style.dim("at")} ${escapeControls(frameName(leading))}${style.cyan(escapeControls(place(leading)))}`,
      );
      if (leading.excerpt !== undefined) lines.push(indent(colorExcerpt(shorter(leading, columns), style)));
    }
    for (const frame of own.filter((one) => one !== leading).slice(0, 5)) {
      lines.push(`  ${style.dim("at")} ${escapeControls(frameName(frame))}${style.cyan(escapeControls(place(frame)))}`);
    }
    for (const note of error.notes) lines.push(`  ${style.dim(escapeControls(note))}`);
  }
  return lines.join("\n");
}

function errorPart(error: ReportedError): string {
  const relation = error.relation === "" ? "" : `${error.relation}: `;
  const leading = leadingFrame(error);
  const excerpt = leading?.excerpt === undefined ? [] : [`${place(leading)}\n${excerptText(leading.excerpt)}`];
  const frames = error.frames.map((frame) => `    at ${frameName(frame)}${place(frame)}`).join("\n");
  const title = `${relation}${error.name}: ${error.message}`;
  return [
    title,
    ...excerpt,
    ...(error.frames.length > (leading === undefined ? 0 : 1) ? [frames] : []),
    ...error.notes,
  ].join("\n\n");
}

/** `file:line:column`, or the file alone when no line is to blame. */
export function place({ shownFile, line, column }: ReportedFrame): string {
  return line === 0 ? shownFile : `${shownFile}:${line}:${column}`;
}

function frameName({ functionName }: ReportedFrame): string {
  return functionName === "" ? "" : `${functionName} `;
}

/** Five lines are enough in a terminal, which scrolls. */
function shorter(frame: ReportedFrame, columns: number | undefined): string {
  const excerpt = frame.excerpt!;
  const marked = excerpt.lines.findIndex(({ isMarked }) => isMarked);
  const lines = excerpt.lines.slice(Math.max(0, marked - 2), marked + 3);
  return excerptText({ ...excerpt, lines }, columns === undefined ? undefined : columns - INDENT.length);
}

function shorterMessage(message: string): string {
  return message.length <= MAX_TERMINAL_MESSAGE ? message : `${message.slice(0, MAX_TERMINAL_MESSAGE)}…`;
}

function colorExcerpt(text: string, style: TerminalStyle): string {
  return text
    .split("\n")
    .map((line) => {
      const escaped = escapeControls(line);
      if (line.startsWith(">")) return style.bold(escaped);
      return /^ *\| *\^+$/.test(line) ? style.red(escaped) : style.dim(escaped);
    })
    .join("\n");
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, INDENT);
}

/** A message may hold what a client sent: it must not be able to command the terminal. */
export function escapeControls(text: string): string {
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
