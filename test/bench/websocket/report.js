/** What a server of the WebSocket benchmark tells its parent: its port, and what it has used when it is asked. */

export function reportTo(port) {
  process.on("message", () => {
    global.gc?.();
    process.send({ cpu: process.cpuUsage(), rss: process.memoryUsage().rss });
  });
  process.send({ port });
}
