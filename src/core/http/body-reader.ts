/** A request's body for one who pulls: pieces are let in as they are asked for. */

/** Takes pieces at one end and gives them at the other, one at a time. */
export class BodyReader implements AsyncIterableIterator<Buffer> {
  /** The piece that nobody has asked for yet. */
  #chunk: Buffer | null = null;
  /** Lets the next piece in; called when the last one has been worked through. */
  #admit: (() => void) | null = null;
  #reader: { resolve(result: IteratorResult<Buffer, undefined>): void; reject(error: unknown): void } | null = null;
  #failure: { readonly error: unknown } | null = null;
  #hasEnded = false;
  #isAbandoned = false;

  /** Whether nobody wants the rest. */
  get isAbandoned(): boolean {
    return this.#isAbandoned;
  }

  /** Takes a piece. The returned promise resolves when whoever reads asks for more. */
  push(chunk: Buffer): Promise<void> | undefined {
    if (this.#isAbandoned) return undefined;
    if (this.#reader === null) this.#chunk = chunk;
    else this.#settle({ value: chunk, done: false });
    return new Promise((resolve) => {
      this.#admit = resolve;
    });
  }

  /** The body has come to its end. */
  end(): void {
    this.#hasEnded = true;
    if (this.#reader !== null) this.#settle({ value: undefined, done: true });
  }

  /** The rest of the body will not come. */
  fail(error: unknown): void {
    if (this.#hasEnded) return;
    this.#failure ??= { error };
    const reader = this.#reader;
    this.#reader = null;
    reader?.reject(error);
  }

  next(): Promise<IteratorResult<Buffer, undefined>> {
    if (this.#reader !== null)
      return Promise.reject(new Error("Two readers ask for the same body. Read it in one place."));
    const chunk = this.#chunk;
    if (chunk !== null) {
      this.#chunk = null;
      return Promise.resolve({ value: chunk, done: false });
    }
    if (this.#failure !== null) return Promise.reject(this.#failure.error);
    if (this.#hasEnded || this.#isAbandoned) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
      this.#release();
    });
  }

  /** Called by a loop that ends early: the rest is thrown away. */
  return(): Promise<IteratorResult<Buffer, undefined>> {
    this.#isAbandoned = true;
    this.#chunk = null;
    this.#release();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #settle(result: IteratorResult<Buffer, undefined>): void {
    const reader = this.#reader!;
    this.#reader = null;
    reader.resolve(result);
  }

  #release(): void {
    const admit = this.#admit;
    this.#admit = null;
    admit?.();
  }
}
