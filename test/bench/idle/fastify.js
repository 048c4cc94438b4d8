/** Fastify, whose limit for idle connections is lifted as node:http's is. */

import Fastify from "fastify";
import { ready } from "./report-memory.js";

const app = Fastify({ keepAliveTimeout: 3_600_000 });
app.get("/", () => "Hello, world");
await app.listen({ port: 0, host: "127.0.0.1" });
ready(app.server.address().port);
