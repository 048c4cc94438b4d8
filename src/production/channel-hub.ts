/** Passes the messages of channels from worker to worker, in the supervisor that has a line to each. */

import { generalLog } from "../core/log.js";
import type { WorkerProcess } from "../process/worker-process.js";
import { type ChannelReport, type ChannelTask, channelAckInterval, isChannelReport } from "./channel-messages.js";

/** Messages on their way to a worker that has not said that it took them: beyond this, it misses some. */
const maxUnacknowledged = 20_000;

interface Member {
  readonly taskId: number;
  /** Subscribers by channel; only channels that have some. */
  readonly counts: Map<string, number>;
  unacknowledged: number;
  missed: number;
}

/** Knows which worker has subscribers of which channel. */
export class ChannelHub {
  readonly #members = new Map<WorkerProcess, Member>();

  /** Connects a worker from now until it exits. */
  add(taskId: number, worker: WorkerProcess): void {
    const member: Member = { taskId, counts: new Map(), unacknowledged: 0, missed: 0 };
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
        member.unacknowledged -= channelAckInterval;
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
      if (member.unacknowledged >= maxUnacknowledged) {
        member.missed++;
        if (member.missed === 1) {
          generalLog.warn(
            `Worker ${member.taskId} (pid ${worker.pid}) is behind with messages of channels, and misses some`,
          );
        }
      } else if (worker.giveTask(task)) {
        member.unacknowledged++;
      }
    }
  }

  #noteMissed(member: Member): void {
    if (member.missed === 0 || member.unacknowledged > maxUnacknowledged / 2) return;
    generalLog.warn(`Worker ${member.taskId} missed ${member.missed} messages of channels`);
    member.missed = 0;
  }

  #countOthers(asker: WorkerProcess, channel: string): number {
    let sum = 0;
    for (const [worker, { counts }] of this.#members) if (worker !== asker) sum += counts.get(channel) ?? 0;
    return sum;
  }
}
