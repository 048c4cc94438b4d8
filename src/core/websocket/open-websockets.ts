/** Knows the open WebSockets of an application, so that they end well when it does. */

import { closeCodes, closeTimeoutMs } from "./close-codes.js";

/** What can be ended from here. */
interface OpenWebSocket {
  close(code: number, reason: string): void;
  terminate(): void;
}

/** Clients that lose their connection come back: this many a second are more than one worker opens without delay. */
const closesPerSecond = 5000;
const stepMs = 50;

/** The WebSockets of one application in this process. */
export class OpenWebSockets {
  readonly #open = new Set<OpenWebSocket>();
  #whenEmpty: (() => void)[] = [];
  #isDraining = false;

  get count(): number {
    return this.#open.size;
  }

  /** Whether new ones are to be refused. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  add(websocket: OpenWebSocket): void {
    this.#open.add(websocket);
  }

  delete(websocket: OpenWebSocket): void {
    if (!this.#open.delete(websocket) || this.#open.size > 0) return;
    const waiting = this.#whenEmpty;
    this.#whenEmpty = [];
    for (const resolve of waiting) resolve();
  }

  /** Closes all of them now. Resolves when they are gone: one that does not answer, or whose callback does not end, is dropped after 5 s. */
  async closeAll(code: number, reason: string): Promise<void> {
    const all = [...this.#open];
    for (const websocket of all) websocket.close(code, reason);
    const deadline = setTimeout(() => this.#drop(all), closeTimeoutMs);
    await this.#empty();
    clearTimeout(deadline);
  }

  /**
   * Closes all of them with 1001, in steps, so that their clients do not all come back at once; and refuses new ones meanwhile.
   *
   * @param served - Until then, requests may still come, and new ones are refused as well.
   * @returns How many had not answered by the deadline, or whose callbacks had not ended, and were dropped.
   */
  async drain(deadlineMs: number, served?: Promise<void>): Promise<{ cut: number }> {
    this.#isDraining = true;
    let cut = 0;
    const deadline = setTimeout(() => {
      cut = this.#open.size;
      this.#drop([...this.#open]);
    }, deadlineMs);
    try {
      await this.#closeInSteps(Math.min(deadlineMs / 2, (this.#open.size / closesPerSecond) * 1000));
      await this.#empty();
      await served;
    } finally {
      clearTimeout(deadline);
      this.#isDraining = false;
    }
    return { cut };
  }

  async #closeInSteps(spreadMs: number): Promise<void> {
    const all = [...this.#open];
    const steps = Math.max(1, Math.ceil(spreadMs / stepMs));
    const perStep = Math.ceil(all.length / steps);
    for (let first = 0; first < all.length; first += perStep) {
      if (first > 0) await new Promise((resolve) => setTimeout(resolve, stepMs));
      for (const websocket of all.slice(first, first + perStep)) {
        if (this.#open.has(websocket)) websocket.close(closeCodes.goingAway, "The server ends");
      }
    }
  }

  #drop(websockets: readonly OpenWebSocket[]): void {
    for (const websocket of websockets) {
      websocket.terminate();
      this.delete(websocket);
    }
  }

  #empty(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenEmpty.push(resolve));
  }
}

const ofApplications = new WeakMap<object, OpenWebSockets>();

/** Returns the WebSockets of an application. Apart from it, since one without any need not load what they need. */
export function openWebSockets(application: object): OpenWebSockets {
  let open = ofApplications.get(application);
  if (open === undefined) {
    open = new OpenWebSockets();
    ofApplications.set(application, open);
  }
  return open;
}
