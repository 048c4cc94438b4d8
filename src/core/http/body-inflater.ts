/** Inflates a request's body as it arrives (the `decompressRequest` option). */

import { createGunzip, type Gunzip } from "node:zlib";
import { HTTPInputError } from "./http-input-error.js";

/** Passes on inflated pieces, each when the one before has been taken: a bomb is never in memory as a whole. */
export class BodyInflater {
  readonly #gunzip: Gunzip;
  readonly #taken: (chunk: Buffer) => void | Promise<void>;
  #fail: ((error: unknown) => void) | undefined;
  #error: unknown;

  /** @param take - Gets the pieces; what it throws stops the inflation and is thrown by `write` or `end`. */
  constructor(chunkSize: number, take: (chunk: Buffer) => void | Promise<void>) {
    this.#taken = take;
    this.#gunzip = createGunzip({ chunkSize });
    this.#gunzip.on("data", (chunk: Buffer) => this.#pass(chunk));
    this.#gunzip.on("error", (error) => {
      this.#stop(new HTTPInputError("The body is not gzip, or is cut off.", { cause: error }));
    });
  }

  /** Resolves when everything that the chunk holds has been taken. */
  write(chunk: Buffer): Promise<void> {
    return this.#attempt((done) => this.#gunzip.write(chunk, () => done()));
  }

  /** Resolves when the last piece has been taken. */
  end(): Promise<void> {
    return this.#attempt((done) => this.#gunzip.end().once("end", done));
  }

  destroy(): void {
    this.#gunzip.destroy();
  }

  #attempt(start: (done: () => void) => void): Promise<void> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      start(() => (this.#error === undefined ? resolve() : reject(this.#error)));
    });
  }

  #pass(chunk: Buffer): void {
    if (this.#error !== undefined) return;
    try {
      const held = this.#taken(chunk);
      if (held === undefined) return;
      this.#gunzip.pause();
      held.then(
        () => this.#gunzip.resume(),
        (error: unknown) => this.#stop(error),
      );
    } catch (error) {
      this.#stop(error);
    }
  }

  #stop(error: unknown): void {
    this.#error ??= error;
    this.#gunzip.destroy();
    this.#fail?.(this.#error);
  }
}
