/** Turns a `bodyProducer`, which pushes, into a stream, which is asked. */

import { Readable } from "node:stream";
import type { BodyWriter } from "./http-request.js";

/** Marks what a producer has thrown, which is not the connection's fault. */
export class ProducerError extends Error {
  constructor(cause: unknown) {
    super("The bodyProducer has failed.", { cause });
  }
}

/** Gives the stream of a producer, which is started by the first read. Each `write` resolves when more is wanted. */
export function producedBody(produce: (write: BodyWriter) => void | Promise<void>): Readable {
  let isStarted = false;
  let goOn: (() => void) | null = null;
  let giveUp: ((error: Error) => void) | null = null;

  const write: BodyWriter = (chunk) => {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    if (stream.destroyed || stream.readableEnded) return handled(Promise.reject(goneError()));
    if (bytes.length === 0 || stream.push(bytes)) return Promise.resolve();
    const wanted = new Promise<void>((resolve, reject) => {
      goOn = resolve;
      giveUp = reject;
    });
    return handled(wanted);
  };
  const stream = new Readable({
    read() {
      goOn?.();
      if (isStarted) return;
      isStarted = true;
      void (async () => produce(write))().then(
        () => stream.push(null),
        (error: unknown) => stream.destroy(new ProducerError(error)),
      );
    },
    destroy(error, done) {
      giveUp?.(goneError());
      done(error);
    },
  });
  return stream;
}

/** A producer may leave it unawaited; that must not end the process. */
function handled(promise: Promise<void>): Promise<void> {
  promise.catch(() => {});
  return promise;
}

function goneError(): Error {
  return Object.assign(new Error("The server takes no more of the request's body."), { code: "EPIPE" });
}
