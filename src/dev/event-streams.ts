/** Ends the event streams of a worker that gives way to another: their clients connect again, and get the new code. */

import type { Duplex } from "node:stream";
import type { HTTPHeaders } from "../core/http/headers.js";
import { type FirstChunk, OutputTransform, type OutputTransformClass } from "../core/web/output-transform.js";

/** The connections of a worker that carry event streams. */
export class EventStreams {
  readonly #sockets = new Set<Duplex>();

  /** A transform that changes nothing, and notes each response that is an event stream. */
  transform(): OutputTransformClass {
    const note = (socket: Duplex) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    };
    return class EventStreamTransform extends OutputTransform {
      override transformFirstChunk(statusCode: number, headers: HTTPHeaders, chunk: Buffer): FirstChunk {
        const type = headers.get("Content-Type")?.toLowerCase();
        if (type?.startsWith("text/event-stream") === true) note(this.request.connection.socket);
        return { statusCode, headers, chunk };
      }
    };
  }

  /** Cuts them: a stream of events has no end that its client would take for anything else. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
