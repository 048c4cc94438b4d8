/** The channels of one application in one process: who has subscribed to which, and the line to other processes. */

import { TornadoError } from "../errors.js";
import { applicationLog, generalLog } from "../log.js";
import { Channel, type ChannelKeeper, type MessageTaker } from "./channel.js";
import { ChannelMessage, decodeFromRelay, encodeForRelay, type Publishable } from "./channel-message.js";
import { type ChannelRelay, type CreateRelay, workerRelay } from "./channel-relay.js";
import { redisRelay } from "./redis-relay.js";

const maxNameLength = 200;

/** Keeps subscriptions, and hands messages to them. */
export class Channels implements ChannelKeeper {
  readonly #subscribers = new Map<string, Set<MessageTaker>>();
  readonly #relay: ChannelRelay | null;

  /**
   * @param createRelay - The line to other processes. Default: Redis with `CHANNELS_URL`, or else the supervisor's, if there is one.
   * @throws TornadoError `BAD_CHANNELS_URL`.
   */
  constructor(createRelay: CreateRelay | null = chosenRelay()) {
    this.#relay =
      createRelay?.({
        receive: (channel, text) => this.#receive(channel, text),
        countHere: (channel) => this.countHere(channel),
      }) ?? null;
  }

  /** @throws TornadoError `BAD_ARGUMENT` for an empty or very long name. */
  channel<Message extends Publishable>(name: string): Channel<Message> {
    if (typeof name !== "string" || name === "" || name.length > maxNameLength) {
      throw new TornadoError(
        "BAD_ARGUMENT",
        `channel() was given ${JSON.stringify(name)?.slice(0, 60)} as a name. Give a text of 1 to ${maxNameLength} characters.`,
      );
    }
    return new Channel<Message>(name, this);
  }

  publish(channel: string, value: unknown): void {
    // Also with nobody else there: what cannot be sent must not come out only in production.
    const text = encodeForRelay(value);
    this.#deliver(channel, new ChannelMessage(value));
    this.#relay?.publish(channel, text);
  }

  subscribe(channel: string, taker: MessageTaker): () => void {
    let subscribers = this.#subscribers.get(channel);
    if (subscribers === undefined) {
      subscribers = new Set();
      this.#subscribers.set(channel, subscribers);
    }
    // Of its own each time: a function may subscribe twice, and ends one subscription then.
    const own: MessageTaker = (message) => taker(message);
    subscribers.add(own);
    this.#relay?.countChanged(channel, subscribers.size);
    return () => this.#unsubscribe(channel, own);
  }

  countHere(channel: string): number {
    return this.#subscribers.get(channel)?.size ?? 0;
  }

  async count(channel: string): Promise<number> {
    const others = (await this.#relay?.countOthers(channel)) ?? 0;
    return this.countHere(channel) + others;
  }

  /** Ends all subscriptions and the line to other processes. */
  async close(): Promise<void> {
    this.#subscribers.clear();
    await this.#relay?.close();
  }

  #unsubscribe(channel: string, taker: MessageTaker): void {
    const subscribers = this.#subscribers.get(channel);
    if (subscribers?.delete(taker) !== true) return;
    if (subscribers.size === 0) this.#subscribers.delete(channel);
    this.#relay?.countChanged(channel, subscribers.size);
  }

  #receive(channel: string, text: string): void {
    if (!this.#subscribers.has(channel)) return;
    try {
      this.#deliver(channel, new ChannelMessage(decodeFromRelay(text)));
    } catch (error) {
      // Something else than a process of this app publishes there.
      generalLog.warn(`A message for the channel ${JSON.stringify(channel)} cannot be read`, error);
    }
  }

  #deliver(channel: string, message: ChannelMessage): void {
    const subscribers = this.#subscribers.get(channel);
    if (subscribers === undefined) return;
    // One that subscribes now gets the next message, not this one.
    for (const taker of [...subscribers]) {
      if (subscribers.has(taker)) call(taker, message, channel);
    }
  }
}

function call(taker: MessageTaker, message: ChannelMessage, channel: string): void {
  try {
    const result = taker(message);
    if (result instanceof Promise) result.catch((error: unknown) => note(error, channel));
  } catch (error) {
    note(error, channel);
  }
}

function note(error: unknown, channel: string): void {
  applicationLog.error(`Uncaught exception in a subscriber of the channel ${JSON.stringify(channel)}`, error);
}

/**
 * Chooses how the channels of this process are connected with those of others.
 *
 * @throws TornadoError `BAD_CHANNELS_URL`.
 */
export function chosenRelay(): CreateRelay | null {
  const url = process.env.CHANNELS_URL;
  return url === undefined || url === "" ? workerRelay() : redisRelay(url);
}
