/** The line with which the front introduces each relayed connection to the worker: whom it came from. */

import type { Socket } from "node:net";

/** What a worker cannot see for itself, since its peer is the front. */
export interface RelayPreface {
  readonly remoteIp: string;
  readonly protocol: "http" | "https";
  /** True for a request that the worker sends itself, to be warm: it must never reach the app. */
  readonly isRehearsal?: boolean;
}

const MAX_PREFACE_BYTES = 1024;

/** Sends the preface; the client's bytes follow. */
export function writePreface(socket: Socket, preface: RelayPreface): void {
  socket.write(`${JSON.stringify(preface)}\n`);
}

/**
 * Reads the preface from a new connection and leaves everything after it to be read.
 *
 * @param use - Called once, with the socket paused. Never called for a connection that sends no preface; it is destroyed.
 */
export function readPreface(socket: Socket, use: (preface: RelayPreface) => void): void {
  let received: Buffer | undefined;
  socket.on("error", () => {});
  const onData = (chunk: Buffer) => {
    received = received === undefined ? chunk : Buffer.concat([received, chunk]);
    const end = received.indexOf("\n");
    if (end === -1) {
      if (received.length > MAX_PREFACE_BYTES) socket.destroy();
      return;
    }
    socket.pause();
    socket.off("data", onData);
    const rest = received.subarray(end + 1);
    if (rest.length > 0) socket.unshift(rest);
    use(JSON.parse(received.toString("utf8", 0, end)) as RelayPreface);
  };
  socket.on("data", onData);
}
