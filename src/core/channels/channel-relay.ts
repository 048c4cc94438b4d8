/** What carries messages of channels to other processes. Without one, a channel ends where its process does. */

/** One process's line to the others that serve the same app. None of its methods throws because that line is down. */
export interface ChannelRelay {
  /** Sends a message to the others, in the order of the calls. */
  publish(channel: string, text: string): void;
  /** How many subscribers there are here has changed; with some, messages are wanted. */
  countChanged(channel: string, count: number): void;
  /** Counts the subscribers in the other processes; those that do not answer in time count as none. */
  countOthers(channel: string): Promise<number>;
  close(): Promise<void>;
}

/** The side of a process that a relay talks to. */
export interface RelayHost {
  /** Takes a message of another process. */
  receive(channel: string, text: string): void;
  /** How many subscribers a channel has in this process. */
  countHere(channel: string): number;
}

export type CreateRelay = (host: RelayHost) => ChannelRelay;

let createWorkerRelay: CreateRelay | null = null;

/** Connects the channels of this process with those of its fellow workers. Called by a worker before its app is made. */
export function relayBetweenWorkers(create: CreateRelay): void {
  createWorkerRelay = create;
}

/** How workers of one supervisor are connected; `null` in a process that has no fellows. */
export function workerRelay(): CreateRelay | null {
  return createWorkerRelay;
}
