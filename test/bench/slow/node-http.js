/** node:http with its default limits. */

import { createServer } from "node:http";
import { large, ready, small } from "./report-connections.js";

const server = createServer((request, response) => {
  request.resume().on("end", () => {
    const body = request.url === "/large" ? large : small;
    response.setHeader("Content-Length", body.length);
    response.end(body);
  });
});
server.listen(0, "127.0.0.1", () =>
  ready(
    server.address().port,
    () => new Promise((resolve) => server.getConnections((_error, count) => resolve(count))),
  ),
);
