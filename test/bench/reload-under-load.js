/**
 * Counts what clients lose while a production server is reloaded and its workers are killed:
 *
 *     node test/bench/reload-under-load.js [--reloads 50] [--requests 100000] [--kills 100] [--workers 2] [--clients 32]
 *
 * Builds a small app and serves it with `--fork <workers>`. Clients keep their connections and send one request after the
 * other, half of them without a pause and half with one, never a second time: an answer that does not come is a failure.
 * First the server is reloaded so many times, over at least so many requests. Then workers are killed by SIGKILL, one by
 * one, each when the one before has been replaced and when it has served for a second itself. A failure is expected only of a request on a worker that was killed;
 * a client that waits 10 s for an answer hangs. Exits 1 when a request was lost without reason, or a client hung.
 */

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { buildApp } from "./built-app.js";
import { median } from "./measure.js";

const HANG_MS = 10_000;
const STEP_LIMIT_MS = 60_000;
const request = "GET / HTTP/1.1\r\nHost: bench\r\n\r\n";

const { values } = parseArgs({
  options: {
    reloads: { type: "string", default: "50" },
    requests: { type: "string", default: "100000" },
    kills: { type: "string", default: "100" },
    workers: { type: "string", default: "2" },
    clients: { type: "string", default: "32" },
  },
});
const [reloads, requests, kills, workers, clients] = ["reloads", "requests", "kills", "workers", "clients"].map(
  (name) => Number(values[name]),
);

const appSource = `import { Application, RequestHandler } from "tornado/web";
class PidHandler extends RequestHandler { get() { this.write(String(process.pid)); } }
export function makeApp({ debug }) { return new Application([["/", PidHandler]], { debug, logFunction() {} }); }
`;

/** The supervisor, as its log tells of it. */
class Server {
  port = 0;
  reloaded = 0;
  /** How many workers have become ready, and when the last one did. Not by their process ids, which come again. */
  started = 0;
  lastStartAt = 0;
  /** When each worker became ready, by its process id. */
  startedAt = new Map();
  #log = [];
  #living = new Set();
  #waiting = new Set();

  constructor(program) {
    const args = [
      program,
      "--port",
      "0",
      "--host",
      "127.0.0.1",
      "--fork",
      String(workers),
      "--max-restarts",
      "1000000",
    ];
    this.process = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
    this.exited = new Promise((end) => this.process.on("exit", (code, signal) => end(code ?? signal)));
    createInterface({ input: this.process.stderr }).on("line", (line) => this.#read(line));
  }

  get living() {
    return [...this.#living];
  }

  /** Waits for what the log tells. */
  until(condition, what) {
    return new Promise((done, fail) => {
      const timer = setTimeout(
        () => fail(new Error(`It took too long to ${what}:\n${this.#log.join("\n")}`)),
        STEP_LIMIT_MS,
      );
      const check = () => {
        if (!condition()) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        done();
      };
      this.#waiting.add(check);
      check();
    });
  }

  kill(pid) {
    this.#living.delete(pid);
    process.kill(pid, "SIGKILL");
  }

  #read(line) {
    this.#log = [...this.#log.slice(-9), line];
    const started = /Worker \d+ started \(pid (\d+)\)/.exec(line);
    if (started !== null) {
      this.started++;
      this.lastStartAt = performance.now();
      this.startedAt.set(Number(started[1]), this.lastStartAt);
      this.#living.add(Number(started[1]));
    }
    const ended = /Worker \d+ \(pid (\d+)\) (?:drained|was killed|did not end)/.exec(line);
    if (ended !== null) this.#living.delete(Number(ended[1]));
    this.port ||= Number(/Serving at \S+:(\d+)/.exec(line)?.[1] ?? 0);
    if (line.includes("Reloaded:")) this.reloaded += 1;
    if (/^\[E /.test(line)) console.error(line);
    for (const check of this.#waiting) check();
  }
}

/** Sends request after request on kept-alive connections, and counts. */
class Load {
  answered = 0;
  /** The pid of the worker (when it was known) of each request that failed, and why. */
  failures = [];
  hangs = 0;
  #isOver = false;
  #clients;

  constructor(port) {
    this.#clients = Array.from({ length: clients }, (_, index) => this.#run(port, index % 2 === 0 ? 0 : 20));
  }

  async stop() {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }

  async #run(port, pauseMs) {
    let connection;
    while (!this.#isOver) {
      if (connection === undefined || connection.isClosed) connection = new Connection(port);
      const pid = await connection.ask().catch((error) => {
        if (error.message === "hangs") this.hangs += 1;
        else this.failures.push({ pid: connection.pid, at: performance.now(), reason: error.message });
        connection.close();
      });
      if (pid !== undefined) this.answered += 1;
      if (pauseMs > 0) await sleep(Math.random() * pauseMs);
    }
    connection?.close();
  }
}

/** One connection, which is one worker's for its whole life. */
class Connection {
  pid = undefined;
  isClosed = false;
  #socket;
  #received = "";
  #pending = null;

  constructor(port) {
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (text) => this.#receive(text));
    // A server may close a connection on which nothing is asked; that is not a failure.
    this.#socket.on("end", () => this.#fail("closed without an answer"));
    this.#socket.on("close", () => this.#fail("closed without an answer"));
    this.#socket.on("error", (error) => this.#fail(error.code));
  }

  ask() {
    return new Promise((answer, fail) => {
      const timer = setTimeout(() => this.#fail("hangs"), HANG_MS);
      this.#pending = { answer, fail, timer };
      this.#socket.write(request);
    });
  }

  close() {
    this.isClosed = true;
    this.#socket.destroy();
  }

  #receive(text) {
    this.#received += text;
    const end = this.#received.indexOf("\r\n\r\n");
    if (end === -1) return;
    const head = this.#received.slice(0, end);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    const body = this.#received.slice(end + 4);
    if (body.length < length) return;
    this.#received = "";
    if (!head.startsWith("HTTP/1.1 200 ")) return this.#fail(head.slice(0, 40));
    this.pid = Number(body);
    if (/\r\nconnection: close/i.test(head)) this.close();
    const pending = this.#pending;
    this.#pending = null;
    clearTimeout(pending?.timer);
    pending?.answer(this.pid);
  }

  #fail(reason) {
    this.isClosed = true;
    const pending = this.#pending;
    this.#pending = null;
    clearTimeout(pending?.timer);
    pending?.fail(new Error(reason));
  }
}

/** Kilobytes of memory that a process holds; only Linux tells. */
async function residentKilobytes(pid) {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN);
}

function percentile(numbers, part) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)];
}

async function measureReloads(server) {
  const load = new Load(server.port);
  const perReload = requests / Math.max(1, reloads);
  for (let reload = 1; reload <= reloads; reload++) {
    server.process.kill("SIGHUP");
    await server.until(() => server.reloaded >= reload, "reload");
    while (load.answered + load.failures.length < perReload * reload) await sleep(10);
  }
  await load.stop();
  console.log(
    `reloads: ${reloads}   requests: ${load.answered}   failed: ${load.failures.length}   clients left hanging: ${load.hangs}`,
  );
  for (const { reason } of load.failures.slice(0, 5)) console.log(`  ${reason}`);
  return load.failures.length + load.hangs;
}

async function measureKills(server) {
  await server.until(() => server.living.length === workers, "drain the old workers");
  const load = new Load(server.port);
  /** Not by process id: one may come again within the run. */
  const killed = [];
  const backMs = [];
  for (let kill = 1; kill <= kills; kill++) {
    const { started } = server;
    const victim = server.living[0];
    await sleep(Math.max(0, server.startedAt.get(victim) + 1000 - performance.now()) + Math.random() * 50);
    const begun = performance.now();
    killed.push({ pid: victim, at: begun });
    server.kill(victim);
    await server.until(() => server.started > started, `replace worker ${victim}, kill ${kill}`);
    backMs.push(server.lastStartAt - begun);
  }
  await load.stop();
  // A connection that was lost before its first answer does not tell whose it was: the time has to.
  const isExplained = ({ pid, at }) =>
    killed.some((kill) => at >= kill.at && (pid === undefined ? at - kill.at < 1000 : pid === kill.pid));
  const lost = load.failures.filter((failure) => !isExplained(failure));
  console.log(
    `kills: ${kills}   requests: ${load.answered}   failed on a killed worker: ${load.failures.length - lost.length}   failed elsewhere: ${lost.length}   clients left hanging: ${load.hangs}`,
  );
  console.log(
    `worker back and accepting: median ${median(backMs).toFixed(0)} ms   p99 ${percentile(backMs, 0.99).toFixed(0)} ms   longest ${Math.max(...backMs).toFixed(0)} ms`,
  );
  for (const { pid, reason } of lost.slice(0, 5)) console.log(`  worker ${pid}: ${reason}`);
  return lost.length + load.hangs;
}

const folder = await mkdtemp(join(tmpdir(), "tornado-under-load-"));
const server = new Server(await buildApp(folder, appSource));
let problems = 0;
try {
  await server.until(() => server.port > 0, "start");
  console.log(`Node ${process.version}, ${workers} workers, ${clients} keep-alive clients`);
  const before = await residentKilobytes(server.process.pid);
  if (reloads > 0) problems += await measureReloads(server);
  if (kills > 0) problems += await measureKills(server);
  const after = await residentKilobytes(server.process.pid);
  console.log(`supervisor's memory: ${(before / 1024).toFixed(1)} MB before, ${(after / 1024).toFixed(1)} MB after`);
  server.process.kill("SIGTERM");
  console.log(`exit code after SIGTERM: ${await server.exited}`);
} finally {
  server.process.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
}
process.exit(problems === 0 ? 0 : 1);
