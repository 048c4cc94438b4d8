/** Puts the live reload script into the pages that an app answers to a browser. */

import type { HTTPHeaders } from "../core/http/headers.js";
import type { HTTPServerRequest } from "../core/http/request.js";
import { type FirstChunk, OutputTransform, type OutputTransformClass } from "../core/web/output-transform.js";
import { liveReloadTag } from "./live-reload-script.js";

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
      if (isPage(statusCode, headers) && isAskedByPage(this.request)) {
        const policy = headers.get("Content-Security-Policy") ?? "";
        const nonce = /'nonce-([^']+)'/.exec(policy)?.[1];
        if (policy !== "") headers.set("Content-Security-Policy", withOwnConnections(policy));
        this.#tag = Buffer.from(liveReloadTag({ revision: revision(), nonce }));
        const length = headers.get("Content-Length");
        if (length !== undefined) headers.set("Content-Length", String(Number(length) + this.#tag.length));
      }
      return { statusCode, headers, chunk: this.transformChunk(chunk, finishing) };
    }

    override transformChunk(chunk: Buffer, finishing: boolean): Buffer {
      if (this.#tag === undefined) return chunk;
      const at = Math.max(...bodyEnds.map((end) => chunk.lastIndexOf(end)));
      if (at === -1 && !finishing) return chunk;
      const position = at === -1 ? chunk.length : at;
      const whole = Buffer.concat([chunk.subarray(0, position), this.#tag, chunk.subarray(position)]);
      this.#tag = undefined;
      return whole;
    }
  };
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
  // What is encoded already cannot be added to; what the app compresses itself is compressed after us.
  return (
    headers.get("Content-Type")?.toLowerCase().startsWith("text/html") === true && !headers.has("Content-Encoding")
  );
}

/** A piece of HTML that a script fetched is no page. Where a browser does not say what it wants, it wants a page. */
function isAskedByPage({ headers }: HTTPServerRequest): boolean {
  const destination = headers.get("Sec-Fetch-Dest");
  if (destination !== undefined) return ["document", "iframe", "frame"].includes(destination);
  return headers.get("User-Agent")?.startsWith("Mozilla/") === true && !headers.has("X-Requested-With");
}
