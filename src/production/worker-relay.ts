/** A worker's line to its fellow workers, through the supervisor of them all. */

import type { ChannelRelay, RelayHost } from "../core/channels/channel-relay.js";
import { generalLog } from "../core/log.js";
import { reportToParent } from "../process/run-worker.js";
import { type ChannelReport, type ChannelTask, maxMessagesUnderway, maxTextUnderway } from "./channel-messages.js";

const answerTimeoutMs = 1000;
/** The supervisor is told after this much that it has been taken. */
const toldMessages = 256;
const toldCharacters = 2 ** 20;

/** The one relay of a worker; an app has one set of channels. */
export class WorkerRelay implements ChannelRelay {
  readonly #hosts = new Set<RelayHost>();
  readonly #questions = new Map<number, (count: number) => void>();
  /** Channels whose count the supervisor does not know yet; told once a turn, however many come and go. */
  #changed: Set<string> | null = null;
  #lastQuestion = 0;
  /** Taken, and not told yet. */
  #takenMessages = 0;
  #takenCharacters = 0;
  /** On their way to the supervisor. */
  #messages = 0;
  #characters = 0;
  #dropped = 0;

  /** Has the channels of an application in this process get what arrives. */
  connect(host: RelayHost): this {
    this.#hosts.add(host);
    return this;
  }

  publish(channel: string, text: string): void {
    if (this.#isBehind()) {
      this.#dropped++;
      if (this.#dropped === 1) {
        generalLog.warn("The supervisor is behind with messages of channels: new ones are dropped");
      }
      return;
    }
    this.#messages++;
    this.#characters += text.length;
    reportToParent({ kind: "channelPublish", channel, text } satisfies ChannelReport, () => {
      this.#messages--;
      this.#characters -= text.length;
      if (this.#dropped > 0 && !this.#isBehind(0.5)) this.#noteDropped();
    });
  }

  countChanged(channel: string): void {
    if (this.#changed === null) {
      this.#changed = new Set();
      setImmediate(() => this.#tellCounts());
    }
    this.#changed.add(channel);
  }

  countOthers(channel: string): Promise<number> {
    const question = ++this.#lastQuestion;
    return new Promise((resolve) => {
      const finish = (count: number) => {
        clearTimeout(timer);
        this.#questions.delete(question);
        resolve(count);
      };
      const timer = setTimeout(finish, answerTimeoutMs, 0);
      this.#questions.set(question, finish);
      this.#report({ kind: "channelQuestion", question, channel });
    });
  }

  async close(): Promise<void> {
    this.#hosts.clear();
  }

  /** Takes what the supervisor says. */
  take(task: ChannelTask): void {
    if (task.kind === "channelAnswer") {
      this.#questions.get(task.question)?.(task.count);
      return;
    }
    for (const host of this.#hosts) host.receive(task.channel, task.text);
    this.#takenMessages++;
    this.#takenCharacters += task.text.length;
    if (this.#takenMessages < toldMessages && this.#takenCharacters < toldCharacters) return;
    this.#report({ kind: "channelTaken", messages: this.#takenMessages, characters: this.#takenCharacters });
    this.#takenMessages = 0;
    this.#takenCharacters = 0;
  }

  #tellCounts(): void {
    const changed = [...this.#changed!];
    this.#changed = null;
    const counts = changed.map((channel) => [channel, this.#countHere(channel)] as const);
    this.#report({ kind: "channelCounts", counts });
  }

  #countHere(channel: string): number {
    let sum = 0;
    for (const host of this.#hosts) sum += host.countHere(channel);
    return sum;
  }

  /** Whether as much is on its way as may be, or a part of that. */
  #isBehind(part = 1): boolean {
    return this.#messages >= maxMessagesUnderway * part || this.#characters >= maxTextUnderway * part;
  }

  #noteDropped(): void {
    generalLog.warn(`${this.#dropped} messages of channels were dropped`);
    this.#dropped = 0;
  }

  #report(report: ChannelReport): void {
    reportToParent(report);
  }
}
