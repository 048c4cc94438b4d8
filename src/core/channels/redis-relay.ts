/** Carries messages of channels to other machines by the publish and subscribe of Redis. */

import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { TornadoError, toError } from "../errors.js";
import { generalLog } from "../log.js";
import { redactKnownSecrets } from "../redact.js";
import type { ChannelRelay, CreateRelay, RelayHost } from "./channel-relay.js";
import { Outbox } from "./outbox.js";
import { Answers } from "./redis-count.js";
import {
  type RedisClient,
  RedisLine,
  type RedisLineEvents,
  type RedisListener,
  type RedisTiming,
  usualTiming,
} from "./redis-line.js";

/** Messages sent before the first of them is acknowledged. */
const batchSize = 200;
/** What has not left when the process ends gets this long. */
const closeTimeoutMs = 1000;
/** After an outage, what was held waits this long for the other processes to be there again, and looks as often as this. */
const returnTimeoutMs = 5000;
const returnStepMs = 50;
/** Publishers whose last message is remembered, so that one sent twice is taken once. */
const maxPublishers = 10_000;

/**
 * Makes relays for `CHANNELS_URL`.
 *
 * @param url - `redis://` or `rediss://`, with user, password and port as needed; `?prefix=name:` keeps apps that share a Redis apart.
 * @throws TornadoError `BAD_CHANNELS_URL`; the URL, which may hold a password, is not shown.
 */
export function redisRelay(url: string, timing: RedisTiming = usualTiming): CreateRelay {
  const place = URL.canParse(url) ? new URL(url) : null;
  if (place === null || (place.protocol !== "redis:" && place.protocol !== "rediss:") || place.hostname === "") {
    throw new TornadoError(
      "BAD_CHANNELS_URL",
      "CHANNELS_URL is no address of a Redis. Set it to one such as redis://127.0.0.1:6379, or remove it.",
    );
  }
  return (host) => new RedisRelay(place, host, timing);
}

/** Two connections: one that has subscribed can do nothing else. */
class RedisRelay implements ChannelRelay {
  readonly #host: RelayHost;
  readonly #url: URL;
  readonly #prefix: string;
  readonly #timing: RedisTiming;
  readonly #id = randomBytes(9).toString("base64url");
  readonly #outbox = new Outbox();
  readonly #lastSequences = new Map<string, number>();
  readonly #questions = new Map<string, Answers>();
  /** Channels with subscribers here. */
  readonly #wanted = new Set<string>();
  readonly #lines: RedisLine[] = [];
  #loading: Promise<void> | null = null;
  /** The connections, while they stand. */
  #publisher: RedisClient | null = null;
  #subscriber: RedisClient | null = null;
  /** Whether questions of other processes arrive. */
  #isSubscribed = false;
  /** How many processes listened, this one included, when last looked. */
  #listeners = 0;
  #sequence = 0;
  #isPumping = false;
  #isDown = false;
  #isRefused = false;
  #isClosed = false;
  #whenEmpty: (() => void) | null = null;

  constructor(url: URL, host: RelayHost, timing: RedisTiming) {
    this.#host = host;
    this.#timing = timing;
    this.#prefix = url.searchParams.get("prefix") ?? "tornado:";
    this.#url = new URL(url.href);
    this.#url.search = "";
  }

  publish(channel: string, text: string): void {
    if (this.#isClosed) return;
    this.#connect();
    this.#sequence++;
    const hadDropped = this.#outbox.hasDropped;
    this.#outbox.add({ channel: this.#key(channel), text: `${this.#id} ${this.#sequence} ${text}` });
    if (this.#outbox.hasDropped && !hadDropped) {
      generalLog.warn("The queue of channels to Redis is full: the oldest messages are dropped");
    }
    void this.#pump();
  }

  countChanged(channel: string, count: number): void {
    if (this.#isClosed) return;
    this.#connect();
    if (count > 0 === this.#wanted.has(channel)) return;
    if (count > 0) this.#wanted.add(channel);
    else this.#wanted.delete(channel);
    const subscriber = this.#subscriber;
    if (subscriber === null) return;
    const key = this.#key(channel);
    // Both by the same function: the library takes an end for one of all functions, also of one that comes right after it.
    const asked = count > 0 ? subscriber.subscribe(key, this.#arrived) : subscriber.unsubscribe(key, this.#arrived);
    asked.catch((error: unknown) => this.#noteRefusal(error));
  }

  async countOthers(channel: string): Promise<number> {
    if (this.#isClosed) return 0;
    this.#connect();
    if (this.#publisher === null) return 0;
    const question = randomBytes(9).toString("base64url");
    const answers = new Answers();
    this.#questions.set(question, answers);
    try {
      const text = JSON.stringify([this.#id, question, channel]);
      const listeners = await this.#publisher.publish(this.#controlKey, text);
      if (!this.#isPumping) this.#listeners = listeners;
      // One of those that got the question is this process, unless it has not subscribed yet.
      answers.expect(listeners - (this.#isSubscribed ? 1 : 0));
      return await answers.total;
    } catch {
      // The line has broken down meanwhile, which is in the log.
      return 0;
    } finally {
      this.#questions.delete(question);
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#outbox.size > 0 && this.#publisher !== null) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, closeTimeoutMs);
        this.#whenEmpty = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    await this.#loading;
    await Promise.all(this.#lines.map((line) => line.close()));
  }

  // -- the connections

  #connect(): void {
    this.#loading ??= this.#load();
  }

  /** Loads the client of Redis, which an app without it never does. */
  async #load(): Promise<void> {
    try {
      const { createClient } = await import("@redis/client");
      if (this.#isClosed) return;
      const create = (): RedisClient =>
        createClient({
          url: this.#url.href,
          // What waits, waits in our outbox, where there is a bound.
          disableOfflineQueue: true,
          socket: { reconnectStrategy: false, connectTimeout: this.#timing.answerTimeoutMs },
        }) as unknown as RedisClient;
      const publishing: RedisLineEvents = {
        connected: async (client) => this.#publishBy(client),
        ask: async (client) => {
          const listeners = await this.#countListeners(client);
          // While it is waited for those that are missing, their number is the one to keep.
          if (!this.#isPumping) this.#listeners = listeners;
        },
        lost: (error) => {
          this.#publisher = null;
          this.#noteDown(error);
        },
      };
      const subscribing: RedisLineEvents = {
        connected: (client) => this.#subscribeBy(client),
        ask: (client) => client.ping(),
        lost: (error) => {
          this.#subscriber = null;
          this.#isSubscribed = false;
          this.#noteDown(error);
        },
      };
      for (const events of [publishing, subscribing]) this.#lines.push(new RedisLine(create, events, this.#timing));
    } catch (error) {
      generalLog.error("Channels stay within this process: the client of Redis cannot be loaded", error);
    }
  }

  #publishBy(client: RedisClient): void {
    this.#publisher = client;
    this.#noteUp();
    if (this.#listeners === 0 || this.#outbox.size === 0) void this.#pump();
    else void this.#pumpToAll(client, this.#listeners);
  }

  /** All in one command: whoever sees this process listen again may count on all that it wants. */
  async #subscribeBy(client: RedisClient): Promise<void> {
    this.#subscriber = client;
    const keys = [...this.#wanted].map((channel) => this.#key(channel));
    await client.subscribe([...keys, this.#answerKey(this.#id), this.#controlKey], this.#arrived);
    this.#isSubscribed = true;
    this.#noteUp();
  }

  /** Looks how many processes listen. It is also the question whether Redis is still there. */
  async #countListeners(client: RedisClient): Promise<number> {
    try {
      const reply = await client.sendCommand(["PUBSUB", "NUMSUB", this.#controlKey]);
      return Number((reply as readonly unknown[])[1]);
    } catch (error) {
      // A user of Redis that may not ask this can still publish.
      if (!isAnswer(error)) throw error;
      return this.#listeners;
    }
  }

  #noteDown(error: unknown): void {
    this.#isRefused = false;
    if (this.#isDown) return;
    this.#isDown = true;
    generalLog.warn(
      `Redis at ${this.#url.host} is not there for channels: ${this.#describe(error)}. Messages to other processes are held, up to a bound`,
    );
  }

  #noteUp(): void {
    if (!this.#isDown || this.#publisher === null || !this.#isSubscribed) return;
    this.#isDown = false;
    generalLog.info(`Redis at ${this.#url.host} is there again for channels`);
  }

  /** Once a connection: what is refused now is refused each time. */
  #noteRefusal(error: unknown): void {
    if (this.#isRefused || !isAnswer(error)) return;
    this.#isRefused = true;
    generalLog.error(`Redis at ${this.#url.host} refuses messages of channels: ${this.#describe(error)}`);
  }

  #describe(error: unknown): string {
    const { code, message, name } = toError(error) as Error & { code?: unknown };
    const secrets = [this.#url.password, decodeURIComponent(this.#url.password)];
    return redactKnownSecrets(typeof code === "string" ? code : message || name, secrets);
  }

  // -- what leaves

  /** Sends what was held when those are there again for whom it was held, or most of it would reach nobody. */
  async #pumpToAll(client: RedisClient, listeners: number): Promise<void> {
    const deadlineMs = performance.now() + returnTimeoutMs;
    this.#isPumping = true;
    try {
      while (this.#publisher === client && performance.now() < deadlineMs) {
        if ((await this.#countListeners(client)) >= listeners) break;
        await sleep(returnStepMs);
      }
    } catch {
      // The line is lost again, which it says itself; what is held stays so.
    } finally {
      this.#isPumping = false;
    }
    void this.#pump();
  }

  /** Sends what waits, one batch after the other. What is not acknowledged stays, and is sent again. */
  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      while (this.#outbox.size > 0 && this.#publisher !== null) {
        const publisher = this.#publisher;
        const { entries, position } = this.#outbox.first(batchSize);
        const results = await Promise.allSettled(entries.map(({ channel, text }) => publisher.publish(channel, text)));
        const failed = results.findIndex((result) => result.status === "rejected" && !isAnswer(result.reason));
        this.#outbox.removeBefore(position + (failed === -1 ? entries.length : failed));
        for (const result of results) if (result.status === "rejected") this.#noteRefusal(result.reason);
        // Sent again on the next connection.
        if (failed !== -1) break;
      }
    } finally {
      this.#isPumping = false;
    }
    if (this.#outbox.size > 0) return;
    this.#whenEmpty?.();
    const dropped = this.#outbox.takeDropped();
    if (dropped > 0) generalLog.warn(`${dropped} messages of channels were dropped before Redis took them`);
  }

  // -- what arrives

  readonly #arrived: RedisListener = (text, key) => {
    if (key === this.#controlKey) this.#asked(text);
    else if (key === this.#answerKey(this.#id)) this.#answered(text);
    else this.#take(key.slice(this.#key("").length), text);
  };

  #take(channel: string, text: string): void {
    const [publisher = "", sequence = ""] = text.split(" ", 2);
    if (publisher === this.#id) return;
    const number = Number(sequence);
    if (number <= (this.#lastSequences.get(publisher) ?? 0)) return;
    this.#lastSequences.delete(publisher);
    this.#lastSequences.set(publisher, number);
    if (this.#lastSequences.size > maxPublishers) {
      this.#lastSequences.delete(this.#lastSequences.keys().next().value!);
    }
    this.#host.receive(channel, text.slice(publisher.length + sequence.length + 2));
  }

  #asked(text: string): void {
    const parsed = parseList(text);
    if (parsed === null || parsed[0] === this.#id || this.#publisher === null) return;
    const [asker, question, channel] = parsed as [string, string, string];
    const answer = JSON.stringify([question, this.#host.countHere(channel)]);
    // Whoever asks waits for a second at most.
    this.#publisher.publish(this.#answerKey(asker), answer).catch(() => {});
  }

  #answered(text: string): void {
    const parsed = parseList(text);
    if (parsed !== null) this.#questions.get(String(parsed[0]))?.add(Number(parsed[1]));
  }

  get #controlKey(): string {
    return `${this.#prefix}count`;
  }

  #answerKey(id: string): string {
    return `${this.#prefix}count:${id}`;
  }

  #key(channel: string): string {
    return `${this.#prefix}channel:${channel}`;
  }
}

/** Whether Redis itself has said no: the message arrived, and to send it again changes nothing. */
function isAnswer(error: unknown): boolean {
  return /^[A-Z]+ /.test(toError(error).message);
}

function parseList(text: string): unknown[] | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : null;
  } catch {
    return null;
  }
}
