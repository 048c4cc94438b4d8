/** Ends a connection without losing what was written to it before. */

import type { Socket } from "node:net";

/** What was written may still go out for so long, if the other end takes it. */
const LINGER_MS = 5000;

/** Lets what was written before go out, and closes the socket. */
export function closeSoon(socket: Socket): void {
  socket.destroySoon();
  if (socket.destroyed) return;
  const linger = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once("close", () => clearTimeout(linger));
}
