/** What a handler sees when it waits for a client that has left. */

/** Rejects `flush()`, `finish()` and the wait for a streamed body when the connection is gone. It is not logged as a failure. */
export class ClientGoneError extends Error {
  constructor(options?: ErrorOptions) {
    super("The client left before it was answered", options);
    this.name = "ClientGoneError";
  }
}
