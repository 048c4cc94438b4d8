/** Ours with its default limits. */

import { HTTPServer } from "tornado/httpserver";
import { HTTPHeaders } from "tornado/httputil";
import { large, ready, small } from "./report-connections.js";

const server = new HTTPServer(
  (request) => {
    const body = request.path === "/large" ? large : small;
    const headers = new HTTPHeaders({ "Content-Length": String(body.length) });
    request.connection.writeHeaders({ code: 200, reason: "OK" }, headers, body);
    request.connection.finish();
  },
  { transport: "sockets" },
);
await server.listen(0, "127.0.0.1");
ready(server.port, () => server.connectionCount);
