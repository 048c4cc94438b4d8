/** Ours: an application with one handler, over our own transport. */

import { Application, RequestHandler } from "tornado/web";
import { ready } from "./report-memory.js";

class Hello extends RequestHandler {
  get() {
    this.write("Hello, world");
  }
}

const app = new Application([["/", Hello]], { logFunction: () => {} });
const server = await app.listen(0, { address: "127.0.0.1", transport: process.argv[2] ?? "sockets" });
ready(server.port);
