/** What each server under attack shares: its two answers, the port to the parent, and how many connections it holds when asked. */

export const small = Buffer.from("hello");
/** More than the kernel buffers for a client that does not read. */
export const large = Buffer.alloc(8 * 1024 * 1024, "x");

/** Tells the parent the port, then answers each message with the count and the resident memory in bytes. */
export function ready(port, countConnections) {
  process.on("message", async () =>
    process.send({ connections: await countConnections(), rss: process.memoryUsage().rss }),
  );
  process.send(port);
}
