/** Passes the messages of channels from worker to worker, in the supervisor that has a line to each. */

import { generalLog } from "../core/log.js";
import type { WorkerProcess } from "../process/worker-process.js";
import {
  type ChannelReport,
  type ChannelTask,
  isChannelReport,
  maxMessagesUnderway,
  maxTextUnderway,
} from "./channel-messages.js";

interface Member {
  readonly taskId: number;
  /** Subscribers by channel; only channels that have some. */
  readonly counts: Map<string, number>;
  /** On their way: the worker has not said that it took them. */
  messages: number;
  characters: number;
  missed: number;
}

/** Knows which worker has subscribers of which channel. */
export class ChannelHub {
  readonly #members = new Map<WorkerProcess, Member>();

  /** Connects a worker from now until it exits. */
  add(taskId: number, worker: WorkerProcess): void {
    const member: Member = { taskId, counts: new Map(), messages: 0, characters: 0, missed: 0 };
    this.#members.set(worker, member);
    worker.onReport((payload) => {
      if (isChannelReport(payload)) this.#take(worker, member, payload);
    });
    void worker.exited.then(() => this.#members.delete(worker));
  }

  #take(worker: WorkerProcess, member: Member, report: ChannelReport): void {
    switch (report.kind) {
      case "channelPublish":
        this.#pass(worker, report.channel, report.text);
        break;
      case "channelCounts":
        for (const [channel, count] of report.counts) {
          if (count === 0) member.counts.delete(channel);
          else member.counts.set(channel, count);
        }
        break;
      case "channelTaken":
        member.messages -= report.messages;
        member.characters -= report.characters;
        this.#noteMissed(member);
        break;
      case "channelQuestion": {
        const count = this.#countOthers(worker, report.channel);
        worker.giveTask({ kind: "channelAnswer", question: report.question, count } satisfies ChannelTask);
        break;
      }
    }
  }

  #pass(publisher: WorkerProcess, channel: string, text: string): void {
    const task: ChannelTask = { kind: "channelMessage", channel, text };
    for (const [worker, member] of this.#members) {
      if (worker === publisher || !member.counts.has(channel)) continue;
      if (isBehind(member)) {
        member.missed++;
        if (member.missed === 1) {
          generalLog.warn(
            `Worker ${member.taskId} (pid ${worker.pid}) is behind with messages of channels, and misses some`,
          );
        }
      } else if (worker.giveTask(task)) {
        member.messages++;
        member.characters += text.length;
      }
    }
  }

  #noteMissed(member: Member): void {
    if (member.missed === 0 || isBehind(member, 0.5)) return;
    generalLog.warn(`Worker ${member.taskId} missed ${member.missed} messages of channels`);
    member.missed = 0;
  }

  #countOthers(asker: WorkerProcess, channel: string): number {
    let sum = 0;
    for (const [worker, { counts }] of this.#members) if (worker !== asker) sum += counts.get(channel) ?? 0;
    return sum;
  }
}

/** Whether as much is on its way to a worker as may be, or a part of that. */
function isBehind({ messages, characters }: Member, part = 1): boolean {
  return messages >= maxMessagesUnderway * part || characters >= maxTextUnderway * part;
}
