/** Ours: the bare HTTPServer, whose callback is called when a request is whole. */

import { HTTPServer } from "tornado/httpserver";
import { HTTPHeaders } from "tornado/httputil";
import { counter } from "./ready.js";

const { called, ready } = counter();
const server = new HTTPServer(
  (request) => {
    const body = called();
    const headers = new HTTPHeaders({ "Content-Length": String(body.length) });
    request.connection.writeHeaders({ code: 200, reason: "OK" }, headers, request.method === "HEAD" ? "" : body);
    request.connection.finish();
  },
  { transport: "sockets", maxBodySize: 1_000_000 },
);
await server.listen(0, "127.0.0.1");
ready(server.port);
