/**
 * Measures what an idle connection costs a server in memory: `node test/bench/idle-connections.js [connections] [rounds]`.
 *
 * Each connection has had one answer, and waits for its next request. The figures are the growth of the process over the
 * one with no connections but a thousand requests behind it, by the number of connections; garbage is collected first. A server is a file in
 * `idle/` and a line in the list here: what it is called, its arguments, and what a client sends once.
 */

import { fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { median } from "./measure.js";

const connections = Number(process.argv[2] ?? 10_000);
const rounds = Number(process.argv[3] ?? 1);
const folder = join(import.meta.dirname, "idle");
const request = "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: idle\r\nAccept: */*\r\n\r\n";

const servers = [
  { name: "ours", file: "tornado.js", args: [], request },
  { name: "ours over node:http", file: "tornado.js", args: ["node"], request },
  { name: "bare node:http", file: "bare-node.js", args: [], request },
  { name: "Fastify 5", file: "fastify.js", args: [], request },
];

async function start(file, args) {
  const child = fork(join(folder, file), args, {
    execArgv: ["--expose-gc"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const [port] = await once(child, "message");
  return { child, port };
}

async function memory(child) {
  child.send("memory");
  const [figures] = await once(child, "message");
  return figures;
}

/** Has code compiled and buffers grown before the first measure. */
function warmUp(port, text) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let left = 1000;
    socket.on("error", reject);
    socket.on("close", resolve);
    socket.on("data", (bytes) => {
      const isSwitched = bytes.toString("latin1").startsWith("HTTP/1.1 101");
      if (isSwitched || --left === 0) socket.end();
      else socket.write(text);
    });
    socket.write(text);
  });
}

async function measure({ file, args, request: text }) {
  const { child, port } = await start(file, args);
  await warmUp(port, text);
  const before = await memory(child);
  // Two processes: descriptors are limited for each.
  const halves = [Math.ceil(connections / 2), Math.floor(connections / 2)];
  const clients = halves.map((count) => fork(join(folder, "clients.js"), [String(port), String(count), text]));
  await Promise.all(clients.map((client) => once(client, "message")));
  const after = await memory(child);
  for (const process of [...clients, child]) process.kill();
  await Promise.all([...clients, child].map((process) => once(process, "exit")));
  return Object.fromEntries(Object.keys(before).map((kind) => [kind, (after[kind] - before[kind]) / connections]));
}

const results = new Map(servers.map(({ name }) => [name, { rss: [], heap: [], external: [] }]));
for (let round = 0; round < rounds; round++) {
  for (const server of servers) {
    const figures = await measure(server);
    for (const [kind, value] of Object.entries(figures)) results.get(server.name)[kind].push(value);
  }
}

console.log(`\nBytes a connection, ${connections} idle ones, median of ${rounds}`);
console.log(`  ${"".padEnd(22)} ${["RSS", "heap", "external"].map((kind) => kind.padStart(9)).join("")}`);
for (const [name, { rss, heap, external }] of results) {
  const columns = [rss, heap, external].map((values) => Math.round(median(values)).toLocaleString("en").padStart(9));
  console.log(`  ${name.padEnd(22)} ${columns.join("")}`);
}
