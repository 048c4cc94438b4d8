/**
 * Measures what a request costs above the transport: from the headers to the response given to the connection, with no socket:
 * `npm run build && node test/bench/lifecycle.js [rounds]`. Nanoseconds of CPU a request, the median of the rounds.
 */

import { HTTPHeaders } from "tornado/httputil";
import { Application, RequestHandler } from "tornado/web";
import { routes } from "./http/handlers.js";
import { greeting, pageFolder } from "./http/serve.js";
import { median } from "./measure.js";

const rounds = Number(process.argv[2] ?? 9);
const requestsARound = 20_000;

class AsyncHello extends RequestHandler {
  async get() {
    this.write(greeting);
  }
}

const app = new Application([...routes, ["/async", AsyncHello]], {
  templatePath: pageFolder,
  logFunction: () => {},
});

/** Takes a response and forgets it. */
class Nowhere {
  remoteIp = "127.0.0.1";
  protocol = "http";
  socket = null;
  writeHeaders(_startLine, headers) {
    headers.flat();
  }
  write() {}
  finish(callback) {
    callback?.();
  }
  setMaxBodySize() {}
}

const form = Buffer.from(`name=Ada&text=${"x".repeat(1000)}`);
const scenarios = {
  hello: { path: "/" },
  "hello, async": { path: "/async" },
  JSON: { path: "/json" },
  "parameter route": { path: "/users/42/posts/7" },
  "form post": { method: "POST", path: "/form", body: form },
  "template page": { path: "/page" },
  "no route": { path: "/nowhere" },
};

function send({ method = "GET", path, body }) {
  const connection = new Nowhere();
  const fields = ["Host", "localhost:8888", "User-Agent", "bench"];
  if (body !== undefined) fields.push("Content-Type", "application/x-www-form-urlencoded");
  const delegate = app.startRequest(connection);
  delegate.headersReceived({ method, path, version: "HTTP/1.1" }, HTTPHeaders.fromRaw(fields));
  if (body !== undefined) delegate.dataReceived(body);
  delegate.finish();
}

function measure(scenario) {
  const before = process.cpuUsage();
  for (let count = 0; count < requestsARound; count++) send(scenario);
  const { user, system } = process.cpuUsage(before);
  return (1000 * (user + system)) / requestsARound;
}

for (const [title, scenario] of Object.entries(scenarios)) {
  for (let round = 0; round < 3; round++) measure(scenario);
  const times = [];
  for (let round = 0; round < rounds; round++) {
    times.push(measure(scenario));
    await new Promise(setImmediate);
  }
  console.log(`${title.padEnd(17)} ${Math.round(median(times)).toString().padStart(7)} ns`);
}
process.exit();
