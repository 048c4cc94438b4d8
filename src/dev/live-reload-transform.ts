/** Puts the live reload script into the pages that an app answers to a browser. */

import type { HTTPHeaders } from "../core/http/headers.js";
import { type FirstChunk, OutputTransform, type OutputTransformClass } from "../core/web/output-transform.js";
import { liveReloadTag } from "./live-reload-script.js";

/** What stands before the head is short. */
const MAX_HEAD_BYTES = 4096;
const bodyEnds = ["</body>", "</BODY>"];

/**
 * Makes the transform.
 *
 * @param revision - Gives the revision of the app that a page made now belongs to.
 */
export function liveReloadTransform(revision: () => string): OutputTransformClass {
  return class LiveReloadTransform extends OutputTransform {
    /** What is still to be put in; `undefined` when nothing is, or no more. */
    #tag: Buffer | undefined;

    override transformFirstChunk(
      statusCode: number,
      headers: HTTPHeaders,
      chunk: Buffer,
      finishing: boolean,
    ): FirstChunk {
      if (isPage(statusCode, headers) && isAskedByPage(this.request.headers)) {
        const policy = headers.get("Content-Security-Policy") ?? "";
        const nonce = scriptNonce(policy);
        if (policy !== "") headers.set("Content-Security-Policy", withOwnConnections(policy));
        this.#tag = Buffer.from(liveReloadTag({ revision: revision(), nonce }));
        const length = headers.get("Content-Length");
        if (length !== undefined) headers.set("Content-Length", String(Number(length) + this.#tag.length));
        // They are the app's, and would let a browser take this page for the one that the app serves without us.
        headers.delete("Etag");
        headers.delete("Last-Modified");
      }
      return { statusCode, headers, chunk: this.#firstPiece(chunk, finishing) };
    }

    /** A page that comes in pieces may break off before its end, or never come to it. */
    #firstPiece(chunk: Buffer, finishing: boolean): Buffer {
      const position = finishing || this.#tag === undefined ? -1 : headStart(chunk);
      return position === -1 ? this.transformChunk(chunk, finishing) : this.#putIn(chunk, position);
    }

    override transformChunk(chunk: Buffer, finishing: boolean): Buffer {
      if (this.#tag === undefined) return chunk;
      const at = Math.max(...bodyEnds.map((end) => chunk.lastIndexOf(end)));
      if (at === -1 && !finishing) return chunk;
      return this.#putIn(chunk, at === -1 ? chunk.length : at);
    }

    #putIn(chunk: Buffer, position: number): Buffer {
      const tag = this.#tag ?? Buffer.alloc(0);
      this.#tag = undefined;
      return Buffer.concat([chunk.subarray(0, position), tag, chunk.subarray(position)]);
    }
  };
}

/** Where the head begins, or else the body; -1 when neither does here. */
function headStart(chunk: Buffer): number {
  const text = chunk.toString("latin1", 0, MAX_HEAD_BYTES).toLowerCase();
  for (const tag of ["<head>", "<head ", "<body>", "<body "]) {
    const begin = text.indexOf(tag);
    const end = begin === -1 ? -1 : text.indexOf(">", begin);
    if (end !== -1) return end + 1;
  }
  return -1;
}

/** What the policy admits scripts by: a nonce of its style sheets does not. */
export function scriptNonce(policy: string): string | undefined {
  const directives = policy.split(/[;,]/).map((directive) => directive.trim());
  for (const name of ["script-src-elem", "script-src", "default-src"]) {
    const sources = directives.find((directive) => directive.split(/\s/, 1)[0]?.toLowerCase() === name);
    if (sources !== undefined) return /'nonce-([^']+)'/.exec(sources)?.[1];
  }
  return undefined;
}

/** Lets the page listen to the dev server, where the app's policy would not let it connect to its own host. */
export function withOwnConnections(policy: string): string {
  const directives = policy.split(";").map((directive) => directive.trim().split(/\s+/));
  const named = (name: string) => directives.find((directive) => directive[0]?.toLowerCase() === name);
  const connections = named("connect-src");
  const sources = (connections ?? named("default-src"))?.slice(1);
  if (sources === undefined || sources.some((source) => source === "'self'" || source === "*")) return policy;
  const open = ["connect-src", ...sources.filter((source) => source !== "'none'"), "'self'"].join(" ");
  if (connections === undefined) return `${policy.replace(/[;\s]+$/, "")}; ${open}`;
  return directives.map((directive) => (directive === connections ? open : directive.join(" "))).join("; ");
}

function isPage(statusCode: number, headers: HTTPHeaders): boolean {
  if (statusCode === 204 || statusCode === 206 || statusCode === 304) return false;
  // A file that is kept must be as the app has made it.
  if (headers.get("Content-Disposition")?.toLowerCase().startsWith("attachment") === true) return false;
  // What is encoded already cannot be added to; what the app compresses itself is compressed after us.
  return (
    headers.get("Content-Type")?.toLowerCase().startsWith("text/html") === true && !headers.has("Content-Encoding")
  );
}

/** A piece of HTML that a script fetched is no page. Where a browser does not say what it wants, it wants a page. */
export function isAskedByPage(headers: HTTPHeaders): boolean {
  const destination = headers.get("Sec-Fetch-Dest");
  if (destination !== undefined) return ["document", "iframe", "frame"].includes(destination);
  return headers.get("User-Agent")?.startsWith("Mozilla/") === true && !headers.has("X-Requested-With");
}
