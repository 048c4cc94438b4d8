/**
 * Opens many WebSockets to a production server with several workers, has one of them say something to all, and stops the server:
 *
 *     npm run build && node test/bench/many-websockets.js [websockets] [workers] [clients]
 *
 * The limit of descriptors (`ulimit -n`) is each process's: there must be enough workers and client processes. Each client process
 * has a loopback address of its own, since one has no more than some 28,000 ports. Exits 1 when a WebSocket was not opened, did not
 * get the message or was cut at the end. Linux only, which tells the memory of a process.
 */

import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { buildApp } from "./built-app.js";

const [websockets, workers, clients] = [60_000, 6, 6].map((usual, index) => Number(process.argv[index + 2] ?? usual));

const appSource = `import { Application } from "tornado/web";
import { WebSocketHandler } from "tornado/websocket";
class Room extends WebSocketHandler {
  open() { this.subscribe("room"); }
  onMessage(message) { this.application.channel("room").publish(message); }
}
export function makeApp({ debug }) { return new Application([["/room", Room]], { debug, logFunction() {} }); }
`;

/** Starts the server; answers with it, its port and the process ids of its workers. */
async function startServer(program) {
  const args = [program, "--port", "0", "--host", "127.0.0.1", "--fork", String(workers)];
  const server = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  const pids = [];
  const port = await new Promise((serving, fail) => {
    createInterface({ input: server.stderr }).on("line", (line) => {
      const pid = /Worker \d+ started \(pid (\d+)\)/.exec(line)?.[1];
      if (pid !== undefined) pids.push(Number(pid));
      const found = /Serving at \S+:(\d+)/.exec(line)?.[1];
      if (found !== undefined) serving(found);
      if (/^\[[EW] /.test(line)) console.error(line);
    });
    server.once("exit", (code) => fail(new Error(`The server ended with ${code}.`)));
  });
  return { server, port, pids };
}

/** Waits for a message of each process that has this in it, and gives what it is in each. */
function told(processes, name) {
  return Promise.all(
    processes.map(
      (one) =>
        new Promise((done, fail) => {
          one.on("message", (message) => name in message && done(message[name]));
          one.once("exit", (code) =>
            fail(new Error(`A client ended with ${code} and had not told "${name}". See above.`)),
          );
        }),
    ),
  );
}

async function kilobytes(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, "utf8"))[1]);
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const memoryOf = async (pids) => sum(await Promise.all(pids.map(kilobytes)));
const since = (begun) => `${((performance.now() - begun) / 1000).toFixed(1)} s`;

const folder = await mkdtemp(join(tmpdir(), "tornado-bench-"));
const running = [];
try {
  const { server, port, pids } = await startServer(await buildApp(folder, appSource));
  running.push(server);
  const before = await memoryOf(pids);
  let begun = performance.now();
  const processes = Array.from({ length: clients }, (_, index) => {
    const share = Math.floor(websockets / clients) + (index < websockets % clients ? 1 : 0);
    const args = [port, share, `127.0.0.${index + 2}`].map(String);
    return fork(new URL("websocket/many-clients.js", import.meta.url), args);
  });
  running.push(...processes);
  const [heard, goodbyes] = [told(processes, "heard"), told(processes, "goodbyes")];
  // Whichever fails first is told of; the others would end the program before it has tidied up.
  for (const later of [heard, goodbyes]) later.catch(() => {});
  const retries = told(processes, "retries");
  console.log(
    `open: ${sum(await told(processes, "open"))} in ${since(begun)}, tried again ${sum(await retries)} times`,
  );
  const shares = await Promise.all(pids.map(async (pid) => (await readdir(`/proc/${pid}/fd`)).length));
  console.log(`descriptors of the ${workers} workers: ${shares.join(", ")}`);
  const grown = ((await memoryOf(pids)) - before) / websockets;
  console.log(`memory of the workers: ${grown.toFixed(1)} kB a WebSocket`);

  begun = performance.now();
  processes[0].send("speak");
  console.log(`got the message: ${sum(await heard)} in ${since(begun)}`);

  begun = performance.now();
  server.kill("SIGTERM");
  const [code] = await once(server, "exit");
  const codes = {};
  for (const found of await goodbyes) {
    for (const [name, count] of Object.entries(found)) codes[name] = (codes[name] ?? 0) + count;
  }
  console.log(`stopped with exit code ${code} in ${since(begun)}, close codes ${JSON.stringify(codes)}`);
  process.exitCode = code === 0 && codes.cut === undefined ? 0 : 1;
} finally {
  for (const one of running) one.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
}
process.exit();
