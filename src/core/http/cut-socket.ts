/** Ends a connection in a way that no client takes for the end of an answer. */

import { Socket } from "node:net";
import type { Duplex } from "node:stream";

/**
 * Cuts a socket: by a reset where the system has one, which is TCP without TLS.
 *
 * A plain end would complete an answer whose length was not announced. Under TLS that end lacks the `close_notify` which
 * tells it from an attacker's.
 */
export function cutSocket(socket: Duplex): void {
  if (socket.constructor === Socket && (socket as Socket).remoteFamily !== undefined) {
    (socket as Socket).resetAndDestroy();
  } else {
    socket.destroy();
  }
}
