/** A named place where messages are published, and from where all that have subscribed get them. */

import type { ChannelMessage, Publishable } from "./channel-message.js";

/** Takes a message. What it throws is logged, and harms no other subscriber. */
export type Subscriber<Message> = (message: Message) => unknown;

/** Takes a message in the form that is encoded once; for WebSocket handlers. */
export type MessageTaker = (message: ChannelMessage) => unknown;

/** What a channel asks of the place where all are kept. */
export interface ChannelKeeper {
  publish(channel: string, message: unknown): void;
  subscribe(channel: string, taker: MessageTaker): () => void;
  countHere(channel: string): number;
  count(channel: string): Promise<number>;
}

/** The takers of whole messages; for WebSocketHandler alone. */
export const subscribeTaker: unique symbol = Symbol("subscribeTaker");

/**
 * A channel of an application, made by `app.channel(name)`. Two of the same name are the same channel, in every worker and, with
 * `CHANNELS_URL`, on every machine.
 *
 * @typeParam Message - What is published. Yours to keep true: it is not checked.
 */
export class Channel<Message extends Publishable = Publishable> {
  readonly name: string;
  readonly #keeper: ChannelKeeper;

  constructor(name: string, keeper: ChannelKeeper) {
    this.name = name;
    this.#keeper = keeper;
  }

  /**
   * Sends a message to every subscriber: to those of this process before it returns, to the others soon.
   *
   * Those of one publisher arrive in the order in which they were published. A process that cannot be reached gets what the bounded
   * queue to it has kept.
   *
   * @throws TypeError for what JSON cannot say.
   */
  publish(message: Message): void {
    this.#keeper.publish(this.name, message);
  }

  /**
   * Has a function called with each message from now on.
   *
   * @returns A function that ends it, and may be called again.
   */
  subscribe(subscriber: Subscriber<Message>): () => void {
    return this.#keeper.subscribe(this.name, (message) => subscriber(message.value as Message));
  }

  [subscribeTaker](taker: MessageTaker): () => void {
    return this.#keeper.subscribe(this.name, taker);
  }

  /** How many subscribers it has in this process. */
  get localCount(): number {
    return this.#keeper.countHere(this.name);
  }

  /** Counts its subscribers in all processes. One that does not answer within a second counts as none. */
  count(): Promise<number> {
    return this.#keeper.count(this.name);
  }
}
