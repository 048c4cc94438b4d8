/** Draws an error report as a page: self-contained, readable without JavaScript, in light and dark, at any width. */

import { xhtmlEscape } from "../core/escape.js";
import { type CodeExcerpt, caretLine } from "./code-excerpt.js";
import { highlight } from "./code-highlight.js";
import { devPage } from "./dev-page.js";
import type { EditorLink } from "./editor-link.js";
import { errorPageStyle } from "./error-page-style.js";
import {
  type ErrorReport,
  leadingFrame,
  type ReportedError,
  type ReportedFrame,
  type ReportSection,
} from "./error-report.js";
import { errorText, place } from "./error-text.js";

export interface ErrorPageOptions {
  /** Random text that admits the page's own style and script, and no other. */
  readonly nonce: string;
  /** Makes the addresses that places lead to. */
  readonly editorLink: EditorLink;
  /** HTML to put at the end, such as the live reload script. */
  readonly trailer?: string | undefined;
}

/** A message that is no headline any more. */
const LONG_MESSAGE = 240;

/** Draws the page. Every text in it is escaped here and nowhere else. */
export function errorPage(report: ErrorReport, { nonce, editorLink, trailer }: ErrorPageOptions): string {
  const [first, ...others] = report.errors;
  if (first === undefined) throw new Error("An error report without an error");
  const title = `${first.name}: ${first.message}`;
  const content = [
    head(report, first, editorLink),
    leadingCode(first),
    notes(first),
    hint(report, first),
    report.kind === "build" ? "" : stack(first, editorLink),
    ...others.map((error) => furtherError(report, error, editorLink)),
    ...report.sections.map(section),
    `<textarea id="report" readonly hidden aria-label="The report as text">${xhtmlEscape(markdown(title, report))}</textarea>`,
  ].join("\n");
  return devPage({ nonce, title, style: errorPageStyle, content, script: pageScript, trailer });
}

function head(report: ErrorReport, error: ReportedError, link: EditorLink): string {
  const leading = leadingFrame(error);
  const about = [report.request, report.handler].filter((part) => part !== undefined);
  const request =
    about.length === 0
      ? ""
      : `<p class="about"><span class="request">${xhtmlEscape(about[0]!)}</span>${about[1] === undefined ? "" : ` <span class="arrow" aria-label="handled by">→</span> <span>${xhtmlEscape(about[1])}</span>`}</p>`;
  return `<header>
<h1${error.message.length > LONG_MESSAGE ? ' class="long" tabindex="0"' : ""}>${xhtmlEscape(error.message === "" ? error.name : error.message)}</h1>
<p class="kind"><span class="class">${xhtmlEscape(error.name)}</span>${error.code === undefined ? "" : ` <span class="code">${xhtmlEscape(error.code)}</span>`}<button type="button" id="copy" hidden>Copy as Markdown</button></p>
${request}
${leading === undefined ? "" : `<p class="place">${placeLink(leading, link)}</p>`}
</header>`;
}

function leadingCode(error: ReportedError): string {
  const leading = leadingFrame(error);
  return leading?.excerpt === undefined ? "" : code(leading.excerpt, leading.file);
}

/** The numbers stand in the margin, and are not copied along with the code. */
function code(excerpt: CodeExcerpt, file: string): string {
  const lines = excerpt.lines.map(({ number, text, isMarked }) => {
    const line = `<span class="gutter" data-number="${number}"></span>${highlight(text, file)}`;
    if (!isMarked) return `<span class="line">${line}</span>`;
    const carets = caretLine(text, excerpt.column, excerpt.length);
    const begin = carets.indexOf("^");
    const caret = `<span class="gutter"></span>${carets.slice(0, begin)}<b>${carets.slice(begin)}</b>`;
    return `<mark class="line">${line}</mark><span class="line caret" aria-hidden="true">${caret}</span>`;
  });
  const marked = excerpt.lines.find(({ isMarked }) => isMarked)?.number;
  return `<pre class="excerpt" tabindex="0" role="group" aria-label="Code around line ${marked}"><code>${lines.join("")}</code></pre>`;
}

function notes(error: ReportedError): string {
  if (error.notes.length === 0) return "";
  return `<ul class="notes">${error.notes.map((note) => `<li>${xhtmlEscape(note)}</li>`).join("")}</ul>`;
}

function hint(report: ErrorReport, error: ReportedError): string {
  const hints: Record<ErrorReport["kind"], string> = {
    build: "This page goes away by itself when the file is saved without the error.",
    start: "The app did not start. This page goes away by itself when it does.",
    crash: "The app’s process has ended. The next request starts it again.",
    request: leadingFrame(error) === undefined ? "The trace names no place in the app’s own code." : "",
  };
  const text = hints[report.kind];
  return text === "" ? "" : `<p class="hint">${text}</p>`;
}

/** The app's own frames with their code; runs of others folded into one line. */
function stack(error: ReportedError, link: EditorLink): string {
  const leading = leadingFrame(error);
  const parts: string[] = [];
  let folded: ReportedFrame[] = [];
  const closeFold = () => {
    if (folded.length > 0) parts.push(fold(folded, link));
    folded = [];
  };
  for (const frame of error.frames) {
    if (frame.owner !== "app" && frame.owner !== "template") {
      folded.push(frame);
      continue;
    }
    closeFold();
    parts.push(frame === leading ? `<li>${frameTitle(frame, link)}</li>` : openFrame(frame, link));
  }
  closeFold();
  return parts.length === 0 ? "" : `<section><h2>Call stack</h2><ol class="frames">${parts.join("\n")}</ol></section>`;
}

function openFrame(frame: ReportedFrame, link: EditorLink): string {
  if (frame.excerpt === undefined) return `<li>${frameTitle(frame, link)}</li>`;
  return `<li><details open><summary>${frameTitle(frame, link)}</summary>${code(frame.excerpt, frame.file)}</details></li>`;
}

function fold(frames: readonly ReportedFrame[], link: EditorLink): string {
  const owners = { tornado: "Tornado", package: "packages", node: "Node.js", app: "the app", template: "templates" };
  const names = [...new Set(frames.map(({ owner }) => owners[owner]))].join(", ");
  const count = frames.length === 1 ? "1 frame" : `${frames.length} frames`;
  const list = frames.map((frame) => `<li>${frameTitle(frame, link)}</li>`).join("");
  return `<li class="folded"><details><summary>${count} in ${names}</summary><ol class="frames">${list}</ol></details></li>`;
}

function frameTitle(frame: ReportedFrame, link: EditorLink): string {
  const name = frame.functionName === "" ? "" : `<span class="function">${xhtmlEscape(frame.functionName)}</span> `;
  const badge = frame.owner === "template" ? `<span class="badge">template</span> ` : "";
  return `${name}${badge}<span class="place">${placeLink(frame, link)}</span>`;
}

function placeLink(frame: ReportedFrame, link: EditorLink): string {
  const shown = xhtmlEscape(place(frame));
  const address = frame.owner === "node" || frame.file === "" ? undefined : link(frame.file, frame.line, frame.column);
  if (address === undefined) return `<span>${shown}</span>`;
  return `<a href="${xhtmlEscape(address)}" title="Open in the editor">${shown}</a>`;
}

function furtherError(report: ErrorReport, error: ReportedError, link: EditorLink): string {
  const relation = report.kind === "build" ? "" : `<span class="relation">${error.relation}</span> `;
  const leading = leadingFrame(error);
  return `<section class="further"><h2>${relation}${report.kind === "build" ? "" : `<span class="class">${xhtmlEscape(error.name)}</span> `}${xhtmlEscape(error.message)}</h2>
${leading === undefined ? "" : `<p class="place">${placeLink(leading, link)}</p>`}
${leadingCode(error)}
${notes(error)}
${report.kind === "build" || error.frames.length < 2 ? "" : stack(error, link)}
</section>`;
}

function section({ title, rows }: ReportSection): string {
  if (rows.length === 0) return "";
  const cells = rows.map(([name, value]) => `<dt>${xhtmlEscape(name)}</dt><dd>${xhtmlEscape(value)}</dd>`);
  return `<section><details open><summary><h2>${xhtmlEscape(title)}</h2></summary><dl>${cells.join("")}</dl></details></section>`;
}

function markdown(title: string, report: ErrorReport): string {
  // A fence longer than any in the text cannot be closed by it.
  const text = errorText(report);
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `### ${title.replaceAll("\n", " ")}\n\n${fence}text\n${text}${fence}\n`;
}

/** A column far to the right is what the reader came for. */
const pageScript = `
for (const caret of document.querySelectorAll(".caret b")) {
  const code = caret.closest("pre");
  code.scrollLeft = caret.offsetLeft + caret.offsetWidth - code.clientWidth * 0.75;
}
const button = document.getElementById("copy"), report = document.getElementById("report");
button.hidden = false;
button.onclick = async () => {
  try { await navigator.clipboard.writeText(report.value); }
  catch { report.hidden = false; report.select(); document.execCommand("copy"); report.hidden = true; }
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy as Markdown"; }, 1500);
};`;
