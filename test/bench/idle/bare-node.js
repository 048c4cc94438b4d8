/** node:http with nothing above it; its own limit of five seconds for idle connections is lifted, as ours is an hour. */

import { createServer } from "node:http";
import { ready } from "./report-memory.js";

const server = createServer({ keepAliveTimeout: 3_600_000 }, (_request, response) => response.end("Hello, world"));
server.listen({ port: 0, host: "127.0.0.1" }, () => ready(server.address().port));
