/** What each server of the benchmark of idle connections shares: the port to the parent, and its memory when asked. */

/** Tells the parent the port, then answers each message with the memory in use after a collection, in bytes. */
export function ready(port) {
  process.on("message", async () => {
    // Several, since what one collection frees may free more; between them, sockets that have ended are let go.
    for (let i = 0; i < 4; i++) {
      globalThis.gc();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { rss, heapUsed, external } = process.memoryUsage();
    process.send({ rss, heap: heapUsed, external });
  });
  process.send(port);
}
