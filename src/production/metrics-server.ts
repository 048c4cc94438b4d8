/** Answers the scrapes of Prometheus, on the loopback interface only. */

import { once } from "node:events";
import { createServer } from "node:http";
import { generalLog } from "../core/log.js";
import { listenError } from "./listening-socket.js";

/** A running metrics server. */
export interface MetricsServer {
  readonly port: number;
  close(): void;
}

const LOOPBACK = "127.0.0.1";

/**
 * Serves `GET /metrics`.
 *
 * @throws TornadoError when the port is taken.
 */
export async function serveMetrics(port: number, collect: () => Promise<string>): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    if (request.method !== "GET" || request.url !== "/metrics") {
      response.writeHead(404, { "Content-Type": "text/plain" }).end("The metrics are at /metrics\n");
      return;
    }
    collect().then(
      (text) => response.writeHead(200, { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" }).end(text),
      (error: unknown) => {
        generalLog.error("The metrics could not be collected", error);
        response.writeHead(500).end();
      },
    );
  });
  try {
    server.listen(port, LOOPBACK);
    await once(server, "listening");
  } catch (error) {
    throw await listenError(error, { port, host: LOOPBACK }, "--metrics-port");
  }
  // It must not keep a server alive that has nothing else to do.
  server.unref();
  const address = server.address();
  const found = typeof address === "object" && address !== null ? address.port : port;
  generalLog.info(`Metrics at http://${LOOPBACK}:${found}/metrics`);
  return {
    port: found,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
