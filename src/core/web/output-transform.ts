/** The hook between a handler's response and the wire: what may change a response on its way out. */

import type { HTTPHeaders } from "../http/headers.js";
import type { HTTPServerRequest } from "../http/request.js";

/** A response as it stands when its headers are about to leave. */
export interface FirstChunk {
  readonly statusCode: number;
  readonly headers: HTTPHeaders;
  readonly chunk: Buffer;
}

/**
 * Changes responses on their way out; one is made for each request.
 *
 * Either method may return a promise. A transform that never does keeps the response free of promises.
 *
 * ```ts
 * class Shout extends OutputTransform {
 *   override transformChunk(chunk: Buffer) { return Buffer.from(chunk.toString().toUpperCase()); }
 * }
 * ```
 */
export class OutputTransform {
  readonly request: HTTPServerRequest;

  constructor(request: HTTPServerRequest) {
    this.request = request;
  }

  /**
   * Takes the headers and the first piece of the body, once.
   *
   * @param headers - May be changed in place. `Content-Length`, when set, must fit what is returned.
   * @param finishing - True when this piece is also the last.
   */
  transformFirstChunk(
    statusCode: number,
    headers: HTTPHeaders,
    chunk: Buffer,
    finishing: boolean,
  ): FirstChunk | Promise<FirstChunk> {
    const transformed = this.transformChunk(chunk, finishing);
    if (transformed instanceof Promise) return transformed.then((body) => ({ statusCode, headers, chunk: body }));
    return { statusCode, headers, chunk: transformed };
  }

  /** Takes each further piece of the body; the last one, which may be empty, with `finishing` true. */
  transformChunk(chunk: Buffer, _finishing: boolean): Buffer | Promise<Buffer> {
    return chunk;
  }
}

/** The class of a transform, as the `transforms` setting and `addTransform` take it. */
export type OutputTransformClass = new (request: HTTPServerRequest) => OutputTransform;
