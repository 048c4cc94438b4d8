/**
 * Measures what a request costs the one who sends it: `node test/bench/http-client.js [requests] [rounds]`.
 *
 * CPU time of this process in microseconds a request, ten at a time over kept connections, the body read as text. The server is
 * another process. Bare undici is what our client stands on; `fetch` is Node's own.
 */

import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { gzipSync } from "node:zlib";
import { Agent, request } from "undici";
import { AsyncHTTPClient } from "../../dist/core/httpclient/index.js";
import { inTurns, report } from "./measure.js";

const atOnce = 10;

function serve() {
  const bodies = { "/1k": Buffer.alloc(1000, "a"), "/100k": Buffer.alloc(100_000, "a") };
  const zipped = gzipSync(Buffer.alloc(20_000, "hello world, "));
  const server = createServer((incoming, response) => {
    const body = bodies[incoming.url] ?? zipped;
    if (body === zipped) response.setHeader("Content-Encoding", "gzip");
    response.setHeader("Content-Length", body.length);
    response.end(body);
  });
  server.listen(0, "127.0.0.1", () => process.send(server.address().port));
}

async function measure() {
  const [requests = 1500, rounds = 7] = process.argv.slice(2).map(Number);
  const server = fork(import.meta.filename, ["serve"]);
  const [port] = await once(server, "message");
  const client = new AsyncHTTPClient({ forceInstance: true, maxClients: atOnce });
  const dispatcher = new Agent({ connections: atOnce });
  const senders = {
    ours: async (url) => (await client.fetch(url)).text(),
    "bare undici": async (url) => (await request(url, { dispatcher })).body.text(),
    fetch: async (url) => (await fetch(url)).text(),
  };
  for (const path of ["/1k", "/100k", "/gzip"]) {
    const costOf = (send) => async () => {
      const before = process.cpuUsage();
      let left = requests;
      const sendAll = async () => {
        while (left-- > 0) await send(`http://127.0.0.1:${port}${path}`);
      };
      await Promise.all(Array.from({ length: atOnce }, sendAll));
      const { user, system } = process.cpuUsage(before);
      return (user + system) / requests;
    };
    const subjects = Object.fromEntries(Object.entries(senders).map(([name, send]) => [name, costOf(send)]));
    await inTurns(subjects, 1);
    report(`A response of ${path.slice(1)}`, await inTurns(subjects, rounds), "us");
  }
  await client.close();
  await dispatcher.close();
  server.kill();
}

if (process.argv[2] === "serve") serve();
else await measure();
