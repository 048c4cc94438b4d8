/**
 * Measures our transport without a kernel under it: `node test/bench/transport.js [thousands of requests] [rounds]`.
 *
 * A session is given the bytes of a request, and writes its answer to a socket that throws it away. Beside it stands the time of
 * the same bytes through the reader alone, and through the whole lifecycle of a handler.
 */

import { EventEmitter } from "node:events";
import { join } from "node:path";
import { browserHeaders } from "./http/browser-headers.js";
import { loadTypeScript } from "./load-typescript.js";
import { median } from "./measure.js";

const { Application, HTTP1Session, HTTPHeaders, HTTPServer, RequestHandler, RequestReader } = await loadTypeScript(
  join(import.meta.dirname, "http/transport-parts.ts"),
);
const count = 1000 * Number(process.argv[2] ?? 200);
const rounds = Number(process.argv[3] ?? 5);

const heads = {
  "wrk's bare request": "GET / HTTP/1.1\r\nHost: 127.0.0.1:8888\r\n\r\n",
  "ten browser headers": ["GET / HTTP/1.1", "Host: 127.0.0.1:8888", ...browserHeaders, "\r\n"].join("\r\n"),
};

/** What a session needs of a socket. */
class Sink extends EventEmitter {
  allowHalfOpen = true;
  writableLength = 0;
  bytesWritten = 0;
  destroyed = false;
  remoteAddress = "127.0.0.1";

  write(data) {
    // Makes one piece of a text that is put together, as a real socket does.
    if (typeof data === "string") data.charCodeAt(data.length >> 1);
    return true;
  }

  isPaused() {
    return false;
  }
}

class Hello extends RequestHandler {
  get() {
    this.write("Hello, world");
  }
}

function answer({ connection }) {
  const headers = new HTTPHeaders();
  headers.set("Content-Type", "text/html; charset=UTF-8");
  headers.set("Content-Length", "12");
  connection.writeHeaders({ code: 200, reason: "OK" }, headers, "Hello, world", undefined, true);
  connection.finish();
}

function reading() {
  const target = { headRead() {}, bodyAnnounced() {}, bodyRead() {}, messageRead: () => reader.resume(), refused() {} };
  const reader = new RequestReader({ maxHeaderBytes: 16_384, maxHeaderCount: 100 }, target);
  return (bytes) => reader.push(bytes);
}

function serving(application) {
  const session = new HTTP1Session(new HTTPServer(application), new Sink());
  return (bytes) => session.data(bytes);
}

const subjects = {
  "the reader alone": reading(),
  "the transport, a function answers": serving(answer),
  "a handler with its lifecycle": serving(new Application([["/", Hello]], { logFunction: () => {} })),
};

for (const [title, head] of Object.entries(heads)) {
  const bytes = Buffer.from(head);
  console.log(`\n${title}, ns of CPU a request`);
  for (const [name, push] of Object.entries(subjects)) {
    const times = [];
    for (let round = 0; round <= rounds; round++) {
      const before = process.cpuUsage();
      for (let i = 0; i < count; i++) push(bytes);
      const { user, system } = process.cpuUsage(before);
      // The first one is the compiler's.
      if (round > 0) times.push(((user + system) * 1000) / count);
    }
    console.log(`  ${name.padEnd(36)} ${median(times).toFixed(0).padStart(6)}`);
  }
}
