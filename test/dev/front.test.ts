import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { connect, createServer as createSocketServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Front, type FrontOptions } from "../../src/dev/front.js";
import { type RelayPreface, readPreface } from "../../src/dev/relay-preface.js";
import { parseResponse, request, sendRaw } from "../support/raw-http.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const quiet: FrontOptions = {
  pages: (_, response) => response.end("page"),
  beforeRequest: () => {},
  explainLoss: async () => false,
};

async function startFront(options: Partial<FrontOptions> = {}) {
  const front = new Front({ ...quiet, ...options });
  const port = await front.listen(0, "127.0.0.1");
  return { front, port, [Symbol.dispose]: () => front.close() };
}

/** A worker's end of the relay, which answers with the preface and the request. */
async function startWorker(path: string, name: string) {
  const prefaces: RelayPreface[] = [];
  const http: Server = createServer({ keepAlive: false }, (incoming, response) => {
    response.setHeader("Connection", "close");
    let body = "";
    incoming.on("data", (chunk) => (body += chunk));
    incoming.on("end", () => response.end(`${name} ${incoming.method} ${incoming.url} ${body}`));
  });
  const sockets = createSocketServer({ allowHalfOpen: true }, (socket) => {
    readPreface(socket, (preface) => {
      prefaces.push(preface);
      http.emit("connection", socket);
      socket.resume();
    });
  });
  sockets.listen(path);
  await once(sockets, "listening");
  return { path, prefaces, [Symbol.dispose]: () => void sockets.close() };
}

describe("Front", () => {
  it("relays a request with its body to the worker, and says whom it came from", async () => {
    await using folder = await temporaryFolder();
    using worker = await startWorker(join(folder.path, "w.sock"), "one");
    using running = await startFront();
    running.front.relayTo(worker.path);

    const response = await request(running.port, "POST /a?b=c", [], "x".repeat(200_000));

    expect(response.status).toBe(200);
    expect(response.body).toContain(`one POST /a?b=c ${"x".repeat(200_000)}`.slice(0, 1000));
    expect(worker.prefaces).toEqual([{ remoteIp: "127.0.0.1", protocol: "http" }]);
  });

  it("keeps requests while it holds, and gives them to the worker that comes", async () => {
    await using folder = await temporaryFolder();
    using old = await startWorker(join(folder.path, "old.sock"), "old");
    using fresh = await startWorker(join(folder.path, "new.sock"), "new");
    using running = await startFront();
    running.front.relayTo(old.path);

    running.front.hold();
    const waiting = [1, 2, 3].map(() => request(running.port, "GET /"));
    await once(process, "never", { signal: AbortSignal.timeout(30) }).catch(() => {});
    running.front.relayTo(fresh.path);

    for (const response of await Promise.all(waiting)) expect(response.body).toMatch(/new GET \//);
    expect(old.prefaces).toEqual([]);
  });

  it("lets a request through its first look hold all of them", async () => {
    await using folder = await temporaryFolder();
    using fresh = await startWorker(join(folder.path, "new.sock"), "new");
    const { promise: asked, resolve } = deferred();
    using running = await startFront({
      beforeRequest: () => {
        running.front.hold();
        resolve();
      },
    });
    running.front.relayTo(join(folder.path, "nobody.sock"));

    const response = request(running.port, "GET /");
    await asked;
    running.front.relayTo(fresh.path);

    expect((await response).body).toMatch(/new GET/);
  });

  it("answers its own paths itself, whatever happens to the app", async () => {
    using running = await startFront();

    const own = await request(running.port, "GET /__tornado/events");
    const absolute = await sendRaw(
      running.port,
      `GET http://127.0.0.1:${running.port}/__tornado/x HTTP/1.1\r\nHost: a\r\n\r\n`,
    );

    expect(own.body).toContain("page");
    expect(parseResponse(absolute).body).toContain("page");
  });

  it("reads a request line that arrives in pieces", async () => {
    using running = await startFront();
    running.front.showPages();
    const socket = connect(running.port, "127.0.0.1");
    let text = "";
    socket.on("data", (chunk) => (text += chunk));

    for (const piece of ["GE", "T / HT", "TP/1.1\r", "\nHost: a\r\n\r\n"]) {
      socket.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await once(socket, "close");

    expect(text).toMatch(/^HTTP\/1\.1 200/);
  });

  it("keeps a request whose worker has just gone for the next one", async () => {
    await using folder = await temporaryFolder();
    using fresh = await startWorker(join(folder.path, "new.sock"), "new");
    using running = await startFront();
    running.front.relayTo(join(folder.path, "gone.sock"));

    const response = request(running.port, "GET /kept");
    await expect.poll(() => running.front.isHolding).toBe(true);
    running.front.relayTo(fresh.path);

    expect((await response).body).toMatch(/new GET \/kept/);
  });

  it("shows why a worker broke off without an answer, when that is known", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "w.sock");
    const breaking = createSocketServer((socket) => socket.once("data", () => socket.destroy())).listen(path);
    using known = await startFront({ explainLoss: async (asked) => asked === path });
    using unknown = await startFront();
    known.front.relayTo(path);
    unknown.front.relayTo(path);

    const shown = await request(known.port, "GET /");
    const cut = await sendRaw(unknown.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");

    expect(shown.body).toContain("page");
    expect(cut).toBe("");
    breaking.close();
  });
});

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
