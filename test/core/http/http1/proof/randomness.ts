/** Numbers that look random and are the same for the same seed, on every machine and version of Node. */

/** A generator of 32 bits of state (xorshift): its quality is enough to choose among shapes, and a number costs nanoseconds. */
export class Randomness {
  #state: number;

  constructor(seed: number) {
    // Multiplied, so that neighbouring seeds part at once; zero would stay zero.
    this.#state = Math.imul(seed | 0, 0x9e3779b1) | 1;
    for (let i = 0; i < 4; i++) this.below(2);
  }

  /** A whole number from 0 up to, and without, the bound. */
  below(bound: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 1) % bound;
  }

  /** True once in so many times. */
  onceIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)]!;
  }
}
