/** Makes way for a unix socket: a socket file that nobody listens on any more is removed, nothing else is. */

import { lstat, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { TornadoError } from "../errors.js";

/**
 * Removes a stale socket file. One that answers stays: it is another server's, or the one that cluster workers share.
 *
 * @throws TornadoError if there is a file of another kind.
 */
export async function removeStaleSocket(path: string): Promise<void> {
  // Linux's abstract names are no files.
  if (path.startsWith("\0") || process.platform === "win32") return;
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined) return;
  if (!stats.isSocket()) {
    throw new TornadoError("NOT_A_SOCKET", `${path} exists and is not a socket. Remove it, or listen on another path.`);
  }
  if (!(await isAnswered(path))) await unlink(path).catch(() => undefined);
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code !== "ECONNREFUSED"));
  });
}
