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
  /** More than one, when the producer writes on before its last piece was wanted. */
  const waiting = new Set<{ goOn(): void; giveUp(error: Error): void }>();

  const write: BodyWriter = (chunk) => {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    if (stream.destroyed || stream.readableEnded) return handled(Promise.reject(goneError()));
    if (bytes.length === 0 || stream.push(bytes)) return Promise.resolve();
    const wanted = new Promise<void>((goOn, giveUp) => void waiting.add({ goOn, giveUp }));
    return handled(wanted);
  };
  const stream = new Readable({
    read() {
      for (const { goOn } of waiting) goOn();
      waiting.clear();
      if (isStarted) return;
      isStarted = true;
      void (async () => produce(write))().then(
        () => stream.push(null),
        (error: unknown) => stream.destroy(new ProducerError(error)),
      );
    },
    destroy(error, done) {
      for (const { giveUp } of waiting) giveUp(goneError());
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
