/** Carries messages of channels to other machines by the publish and subscribe of Redis. */

import { randomBytes } from "node:crypto";
import { TornadoError, toError } from "../errors.js";
import { generalLog } from "../log.js";
import { redactKnownSecrets } from "../redact.js";
import type { ChannelRelay, CreateRelay, RelayHost } from "./channel-relay.js";
import { Outbox } from "./outbox.js";

/** As much of a client of @redis/client as is used here. */
interface RedisClient {
  readonly isReady: boolean;
  on(event: "error", listener: (error: unknown) => void): unknown;
  on(event: "ready", listener: () => void): unknown;
  connect(): Promise<unknown>;
  publish(channel: string, message: string): Promise<number>;
  subscribe(channel: string, listener: (message: string) => void): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  destroy(): void;
}

const firstDelayMs = 100;
const longestDelayMs = 10_000;
/** Messages sent before the first of them is acknowledged. */
const batchSize = 200;
/** A line that is cut without a word is noticed by this. */
const pingIntervalMs = 15_000;
const answerTimeoutMs = 1000;
/** What has not left when the process ends gets this long. */
const closeTimeoutMs = 1000;
/** Publishers whose last message is remembered, so that one sent twice is taken once. */
const maxPublishers = 10_000;

/**
 * Makes relays for `CHANNELS_URL`.
 *
 * @param url - `redis://` or `rediss://`, with user, password and port as needed; `?prefix=name:` keeps apps that share a Redis apart.
 * @throws TornadoError `BAD_CHANNELS_URL`; the URL, which may hold a password, is not shown.
 */
export function redisRelay(url: string): CreateRelay {
  const place = URL.canParse(url) ? new URL(url) : null;
  if (place === null || (place.protocol !== "redis:" && place.protocol !== "rediss:") || place.hostname === "") {
    throw new TornadoError(
      "BAD_CHANNELS_URL",
      "CHANNELS_URL is no address of a Redis. Set it to one such as redis://127.0.0.1:6379, or remove it.",
    );
  }
  return (host) => new RedisRelay(place, host);
}

/** Two connections: one that has subscribed can do nothing else. */
class RedisRelay implements ChannelRelay {
  readonly #host: RelayHost;
  readonly #url: URL;
  readonly #prefix: string;
  readonly #id = randomBytes(9).toString("base64url");
  readonly #outbox = new Outbox();
  readonly #lastSequences = new Map<string, number>();
  readonly #questions = new Map<string, Answers>();
  #loading: Promise<void> | null = null;
  #publisher: RedisClient | null = null;
  #subscriber: RedisClient | null = null;
  /** Channels with subscribers here. */
  readonly #wanted = new Set<string>();
  /** Channels that Redis has been asked for. */
  readonly #subscribed = new Set<string>();
  /** Whether questions of other processes arrive. */
  #hasSubscribed = false;
  #sequence = 0;
  #isPumping = false;
  #isDown = false;
  #isClosed = false;
  #whenEmpty: (() => void) | null = null;

  constructor(url: URL, host: RelayHost) {
    this.#host = host;
    this.#prefix = url.searchParams.get("prefix") ?? "tornado:";
    this.#url = new URL(url.href);
    this.#url.search = "";
  }

  publish(channel: string, text: string): void {
    if (this.#isClosed) return;
    this.#connect();
    this.#sequence++;
    const isKept = this.#outbox.add({ channel: this.#key(channel), text: `${this.#id} ${this.#sequence} ${text}` });
    if (!isKept) this.#noteDown("its queue is full, and the oldest messages are dropped");
    void this.#pump();
  }

  countChanged(channel: string, count: number): void {
    if (this.#isClosed) return;
    this.#connect();
    if (count === 0) {
      this.#wanted.delete(channel);
      if (this.#subscriber?.isReady === true) this.#unsubscribe(channel);
    } else if (!this.#wanted.has(channel)) {
      this.#wanted.add(channel);
      if (this.#subscriber?.isReady === true && !this.#subscribed.has(channel)) void this.#subscribe(channel);
    }
  }

  async countOthers(channel: string): Promise<number> {
    if (this.#isClosed) return 0;
    this.#connect();
    if (this.#publisher?.isReady !== true) return 0;
    const question = randomBytes(9).toString("base64url");
    const answers = new Answers();
    this.#questions.set(question, answers);
    try {
      const text = JSON.stringify([this.#id, question, channel]);
      const receivers = await this.#publisher.publish(this.#controlKey, text);
      // One of those that got the question is this process, unless it has not subscribed yet.
      answers.expect(receivers - (this.#hasSubscribed ? 1 : 0));
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
    if (this.#outbox.size > 0 && this.#publisher?.isReady === true) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, closeTimeoutMs);
        this.#whenEmpty = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    await this.#loading;
    this.#publisher?.destroy();
    this.#subscriber?.destroy();
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
          pingInterval: pingIntervalMs,
          socket: { reconnectStrategy: (retries: number) => this.#delay(retries), connectTimeout: 5000 },
        }) as unknown as RedisClient;
      this.#publisher = this.#start(create(), () => void this.#pump());
      this.#subscriber = this.#start(create(), () => void this.#subscribeAll());
    } catch (error) {
      generalLog.error("Channels stay within this process: the client of Redis cannot be loaded", error);
    }
  }

  #start(client: RedisClient, whenReady: () => void): RedisClient {
    client.on("error", (error) => this.#noteDown(this.#describe(error)));
    client.on("ready", () => {
      if (this.#publisher?.isReady === true && this.#subscriber?.isReady === true) this.#noteUp();
      whenReady();
    });
    // It tries again by itself, and says by its events how that goes.
    client.connect().catch((error: unknown) => this.#noteDown(this.#describe(error)));
    return client;
  }

  #delay(retries: number): number | false {
    if (this.#isClosed) return false;
    // Processes that lose Redis together must not return together.
    const jitter = 0.8 + 0.4 * Math.random();
    return Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(retries, 20)) * jitter;
  }

  #noteDown(why: string): void {
    if (this.#isDown || this.#isClosed) return;
    this.#isDown = true;
    generalLog.warn(
      `Redis at ${this.#url.host} is not there for channels: ${why}. Messages to other processes are held, up to a bound`,
    );
  }

  #noteUp(): void {
    if (!this.#isDown) return;
    this.#isDown = false;
    const dropped = this.#outbox.takeDropped();
    const lost = dropped === 0 ? "" : `; ${dropped} of the messages held for it had to be dropped`;
    generalLog.info(`Redis at ${this.#url.host} is there again for channels${lost}`);
  }

  #describe(error: unknown): string {
    const { code, message, name } = toError(error) as Error & { code?: unknown };
    const secrets = [this.#url.password, decodeURIComponent(this.#url.password)];
    return redactKnownSecrets(typeof code === "string" ? code : message || name, secrets);
  }

  // -- what leaves

  /** Sends what waits, one batch after the other. What is not acknowledged stays, and is sent again. */
  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      while (this.#outbox.size > 0 && this.#publisher?.isReady === true) {
        const entries = this.#outbox.first(batchSize);
        const publisher = this.#publisher;
        const results = await Promise.allSettled(entries.map(({ channel, text }) => publisher.publish(channel, text)));
        const acknowledged = results.findIndex((result) => result.status === "rejected" && !isAnswer(result.reason));
        this.#outbox.removeFirst(acknowledged === -1 ? entries.length : acknowledged);
        const refused = results.find((result) => result.status === "rejected" && isAnswer(result.reason));
        if (refused?.status === "rejected") this.#noteDown(this.#describe(refused.reason));
        // Sent again when the connection is there again.
        if (acknowledged !== -1) break;
      }
    } finally {
      this.#isPumping = false;
    }
    if (this.#outbox.size === 0) this.#whenEmpty?.();
  }

  // -- what arrives

  /** On each new connection: the library remembers subscriptions, but not those that were asked for while it was down. */
  async #subscribeAll(): Promise<void> {
    const subscriber = this.#subscriber!;
    try {
      if (!this.#hasSubscribed) {
        await subscriber.subscribe(this.#controlKey, (text) => this.#asked(text));
        await subscriber.subscribe(this.#answerKey(this.#id), (text) => this.#answered(text));
        this.#hasSubscribed = true;
      }
      for (const channel of this.#wanted) if (!this.#subscribed.has(channel)) await this.#subscribe(channel);
    } catch (error) {
      this.#noteDown(this.#describe(error));
    }
  }

  async #subscribe(channel: string): Promise<void> {
    this.#subscribed.add(channel);
    try {
      await this.#subscriber!.subscribe(this.#key(channel), (text) => this.#arrived(channel, text));
    } catch (error) {
      this.#subscribed.delete(channel);
      this.#noteDown(this.#describe(error));
      return;
    }
    if (!this.#wanted.has(channel)) this.#unsubscribe(channel);
  }

  #unsubscribe(channel: string): void {
    if (!this.#subscribed.delete(channel)) return;
    this.#subscriber!.unsubscribe(this.#key(channel)).catch((error: unknown) => {
      // The library has forgotten it all the same, and does not ask for it again.
      this.#noteDown(this.#describe(error));
    });
  }

  #arrived(channel: string, text: string): void {
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
    if (parsed === null || parsed[0] === this.#id || this.#publisher?.isReady !== true) return;
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

/** Gathers the answers to one question, of which some may come before it is known how many are to be expected. */
class Answers {
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
