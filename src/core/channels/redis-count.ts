/** The answers of other processes to the question how many subscribers they have. */

const answerTimeoutMs = 1000;

/** Gathers the answers to one question, of which some may come before it is known how many are to be expected. */
export class Answers {
  readonly total: Promise<number>;
  #expected = Number.POSITIVE_INFINITY;
  #received = 0;
  #sum = 0;
  #finish!: () => void;

  constructor() {
    this.total = new Promise((resolve) => {
      const timer = setTimeout(() => resolve(this.#sum), answerTimeoutMs);
      this.#finish = () => {
        clearTimeout(timer);
        resolve(this.#sum);
      };
    });
  }

  expect(count: number): void {
    this.#expected = count;
    this.#look();
  }

  add(count: number): void {
    this.#received++;
    this.#sum += count;
    this.#look();
  }

  #look(): void {
    if (this.#received >= this.#expected) this.#finish();
  }
}
