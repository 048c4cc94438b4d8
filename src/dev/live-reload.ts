/** The server's half of live reload: tells every open page what has happened to the app. */

import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { excerptText } from "./code-excerpt.js";
import type { EditorLink } from "./editor-link.js";
import { type ErrorReport, leadingFrame } from "./error-report.js";
import { place } from "./error-text.js";
import type { TypeFault } from "./type-check.js";

/** Proxies and laptops drop connections on which nothing is said. */
const KEEP_ALIVE_MS = 20_000;
const MAX_TYPE_FAULTS = 50;
/** A page begins to listen when it has loaded, and what it asks for until then may fail before. */
const LOADING_MS = 2000;

/** The channel to the open pages. It belongs to the front, so that it survives every change of the worker. */
export class LiveReload {
  readonly #pages = new Set<ServerResponse>();
  /** Tells this run of the dev server from an earlier one, whose pages may still be open. */
  readonly #run = randomBytes(6).toString("hex");
  readonly #timer: NodeJS.Timeout;
  readonly #editorLink: EditorLink;
  #count = 0;
  #failure: object | undefined;
  /** What went wrong last in an app that goes on. */
  #latest: { readonly shown: object; readonly at: number; isSeen: boolean } | undefined;
  #interruptions = 0;
  #typeFaults: { readonly faults: readonly object[]; readonly count: number } = { faults: [], count: 0 };

  /** @param editorLink - Makes the address that the place of a failure leads to. */
  constructor(editorLink: EditorLink) {
    this.#editorLink = editorLink;
    this.#timer = setInterval(() => this.#say(": still here\n\n"), KEEP_ALIVE_MS);
    this.#timer.unref();
  }

  /** Names the state of the app, its templates and static files: a page made before it is old. */
  get revision(): string {
    return `${this.#run}-${this.#count}`;
  }

  /** Number of pages that listen. */
  get pages(): number {
    return this.#pages.size;
  }

  /** Makes the response of a page the channel to it. */
  subscribe(response: ServerResponse): void {
    response.writeHead(200, {
      "Content-Type": "text/event-stream",
      "Cache-Control": "no-store",
      "X-Accel-Buffering": "no",
      "X-Content-Type-Options": "nosniff",
    });
    response.write(
      `retry: 300\n${event("hello", { revision: this.revision, failure: this.#failure, ...this.#typeFaults })}`,
    );
    const latest = this.#latest;
    if (latest !== undefined && this.#failure === undefined) {
      const isNews = !latest.isSeen || performance.now() - latest.at < LOADING_MS;
      if (isNews) response.write(event("failure", latest.shown));
      latest.isSeen = true;
    }
    this.#pages.add(response);
    response.on("close", () => this.#pages.delete(response));
  }

  /** Begins a new revision; pages made from now on belong to it. */
  advance(): void {
    this.#count += 1;
  }

  /** Has every page load again; call `advance` first. */
  reload(): void {
    this.#failure = undefined;
    this.#latest = undefined;
    this.#say(event("reload", { revision: this.revision }));
  }

  /** Has every page fetch these sheets again. @param paths - Relative to their static folder. */
  swapSheets(paths: readonly string[]): void {
    this.#say(event("style", { paths, revision: this.revision }));
  }

  /** Shows on every page, also on those opened later, what is broken. */
  fail(report: ErrorReport): void {
    this.advance();
    this.#failure = this.#shown(report);
    this.#say(event("failure", this.#failure));
  }

  /**
   * Shows on the open pages what went wrong in an app that goes on: a crash, or an exception that no page was the answer to.
   * A page that is being loaded shows it as well, and when none is open, the next one.
   */
  interrupt(report: ErrorReport): void {
    const shown = this.#shown(report);
    this.#latest = { shown, at: performance.now(), isSeen: this.#pages.size > 0 };
    this.#say(event("failure", shown));
  }

  #shown(report: ErrorReport): object {
    const [error] = report.errors;
    if (error === undefined) throw new Error("An error report without an error");
    const frame = leadingFrame(error);
    this.#interruptions += 1;
    return {
      id: `${this.revision}-${this.#interruptions}`,
      isPassing: report.kind === "crash" || report.kind === "request",
      request: report.request,
      name: error.name,
      message: error.message,
      place: frame === undefined ? "" : place(frame),
      link:
        frame === undefined || frame.file === "" ? undefined : this.#editorLink(frame.file, frame.line, frame.column),
      excerpt: frame?.excerpt === undefined ? undefined : excerptText(frame.excerpt),
    };
  }

  /** Takes the failure away without a reload: the app is again what the pages show. */
  recover(): void {
    this.#failure = undefined;
    this.#say(event("fine", { revision: this.revision }));
  }

  /** Shows on every page, in a corner, what the type check has found; an empty list takes it away. */
  showTypeFaults(root: string, faults: readonly TypeFault[]): void {
    const shown = faults.slice(0, MAX_TYPE_FAULTS).map(({ file, line, column, code, message }) => ({
      place: file === "" ? "" : `${file}:${line}:${column}`,
      link: file === "" ? undefined : this.#editorLink(join(root, file), line, column),
      message: `${code}: ${message}`,
    }));
    this.#typeFaults = { faults: shown, count: faults.length };
    this.#say(event("types", this.#typeFaults));
  }

  close(): void {
    clearInterval(this.#timer);
    for (const page of this.#pages) page.end();
  }

  #say(text: string): void {
    for (const page of this.#pages) page.write(text);
  }
}

function event(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
