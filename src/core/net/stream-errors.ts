/** What can go wrong with a stream. */

/** Thrown by an operation on a stream that is closed, or closes before it is done. */
export class StreamClosedError extends Error {
  /** What closed the stream, such as Node's ECONNRESET; `null` when one of the two ends closed it in order. */
  readonly realError: Error | null;

  constructor(realError: Error | null = null) {
    super(
      realError === null ? "The stream is closed." : `The stream is closed: ${reason(realError)}`,
      realError === null ? undefined : { cause: realError },
    );
    this.name = "StreamClosedError";
    this.realError = realError;
  }
}

/** Several addresses that failed make an error without a message of its own. */
function reason(error: Error): string {
  const { message } = error instanceof AggregateError ? ((error.errors[0] as Error | undefined) ?? error) : error;
  return message === "" ? error.name : message;
}

/** The reason of the end of a stream that did not bring what was read for within `maxBytes`. */
export class UnsatisfiableReadError extends Error {
  constructor(what: string, maxBytes: number) {
    super(`${what} did not come within ${maxBytes} bytes. Give more maxBytes if it may come later.`);
    this.name = "UnsatisfiableReadError";
  }
}

/** Thrown when more bytes would have to wait in memory than the stream may hold. */
export class StreamBufferFullError extends Error {
  constructor(name: "maxBufferSize" | "maxWriteBufferSize", bytes: number) {
    super(`The stream may hold ${bytes} bytes and no more. Read or write in smaller pieces, or raise ${name}.`);
    this.name = "StreamBufferFullError";
  }
}
