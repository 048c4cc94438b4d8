/** Sends bytes to a server, and tells what it made of them: for scripts that compare servers. */

import { connect } from "node:net";

/** Statuses of the answers in a stream; interim ones are left out. Bodies in our servers hold no status line. */
export function statusesIn(text) {
  return [...text.matchAll(/HTTP\/1\.[01] (\d{3})/g)]
    .map((match) => Number(match[1]))
    .filter((status) => status >= 200);
}

/**
 * Sends the bytes at once, and takes what comes until the server closes, or is silent for the given time.
 *
 * @returns What was answered, and whether the server had closed.
 */
export function ask(port, bytes, silenceMs) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    const end = (isClosed) => {
      socket.removeAllListeners("timeout");
      socket.destroy();
      resolve({ statuses: statusesIn(text), isClosed, text });
    };
    socket.setTimeout(silenceMs, () => end(false));
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
    });
    // A reset behind an answer is a close; without one, no answer says so.
    socket.on("error", () => end(true));
    socket.on("close", () => end(true));
    socket.write(Buffer.from(bytes, "latin1"));
  });
}
