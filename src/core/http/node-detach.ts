/** Takes a socket out of the hands of node:http, so that another protocol can be spoken on it. */

import type { ServerResponse } from "node:http";
import { Socket } from "node:net";

/**
 * Gives the socket back as if it were new: nobody reads it, and what comes next waits for whoever listens.
 *
 * @param response - The response that node:http has put on the socket, if there is one.
 */
export function detachFromNode(socket: Socket, response: ServerResponse | undefined): void {
  if (response !== undefined && response.socket !== null) response.detachSocket(socket);
  // Without an upgrade node:http still reads; once somebody else listens for data, it lets go of the handle.
  socket.removeAllListeners("data");
  socket.on("data", ignoreData);
  socket.removeListener("data", ignoreData);
  // Of sockets of its own it allows no other text than bytes.
  socket.setEncoding = Socket.prototype.setEncoding;
  socket.pause();
  // As new: whoever listens for data first makes it flow.
  (socket as { readableFlowing: boolean | null }).readableFlowing = null;
}

function ignoreData(): void {}
