/** What goes wrong with a WebSocket, as the code that uses it sees it. */

/** A WebSocket that could not be opened, or was used in a way that it cannot be. */
export class WebSocketError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Rejects what is sent on a WebSocket that is closed, or about to be. It may be ignored: it ends no process. */
export class WebSocketClosedError extends WebSocketError {
  constructor(message = "The WebSocket is closed", options?: ErrorOptions) {
    super(message, options);
  }
}
