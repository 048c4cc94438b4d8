/** What a server of the WebSocket benchmark tells its parent: its port, and what it has used when it is asked. */

export function reportTo(port) {
  process.on("message", async (what) => {
    // Several, since what one collection frees may free more; none while time is measured.
    for (let i = 0; what === "memory" && i < 4; i++) {
      globalThis.gc?.();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    process.send({ cpu: process.cpuUsage(), rss: process.memoryUsage().rss });
  });
  process.send({ port });
}
