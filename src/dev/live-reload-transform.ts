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
        const nonce = /'nonce-([^']+)'/.exec(headers.get("Content-Security-Policy") ?? "")?.[1];
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
