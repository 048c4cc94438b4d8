/** A worker's line to its fellow workers, through the supervisor of them all. */

import type { ChannelRelay, RelayHost } from "../core/channels/channel-relay.js";
import { generalLog } from "../core/log.js";
import { reportToParent } from "../process/run-worker.js";
import { type ChannelReport, type ChannelTask, channelAckInterval } from "./channel-messages.js";

const answerTimeoutMs = 1000;
/** Messages that the supervisor has not read: beyond this, new ones are dropped. */
const maxUnread = 20_000;

/** The one relay of a worker; an app has one set of channels. */
export class WorkerRelay implements ChannelRelay {
  readonly #hosts = new Set<RelayHost>();
  readonly #questions = new Map<number, (count: number) => void>();
  /** Channels whose count the supervisor does not know yet; told once a turn, however many come and go. */
  #changed: Set<string> | null = null;
  #lastQuestion = 0;
  #taken = 0;
  #unread = 0;
  #dropped = 0;

  /** Has the channels of an application in this process get what arrives. */
  connect(host: RelayHost): this {
    this.#hosts.add(host);
    return this;
  }

  publish(channel: string, text: string): void {
    this.#report({ kind: "channelPublish", channel, text });
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
    this.#taken++;
    if (this.#taken % channelAckInterval === 0) this.#report({ kind: "channelTaken" });
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

  #report(report: ChannelReport): void {
    if (report.kind === "channelPublish" && this.#unread >= maxUnread) {
      this.#dropped++;
      if (this.#dropped === 1)
        generalLog.warn("The supervisor is behind with messages of channels: new ones are dropped");
      return;
    }
    this.#unread++;
    reportToParent(report, () => {
      this.#unread--;
      if (this.#dropped === 0 || this.#unread > maxUnread / 2) return;
      generalLog.warn(`${this.#dropped} messages of channels were dropped`);
      this.#dropped = 0;
    });
  }
}
