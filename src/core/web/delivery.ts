/** Tells a handler when what it has sent is out. */

import type { WriteCallback } from "../http/connection.js";
import { ClientGoneError } from "./client-gone-error.js";

/** A promise that a write callback settles, and that nobody has to wait for. */
export class Delivery {
  readonly promise: Promise<void>;
  #settle!: WriteCallback;
  readonly callback: WriteCallback = (error) => this.#settle(error);

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#settle = (error) => (error ? reject(new ClientGoneError({ cause: error })) : resolve());
    });
    // A client that leaves is no reason to end the process of a handler that did not wait.
    this.promise.catch(() => {});
  }
}
