/** WebSockets side by side with the ws library alone: echo, broadcast to 1,000, and the memory of an idle one. */

import { fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { WebSocket } from "ws";
import { inTurns, median } from "./measure.js";

const subjects = { ours: "./websocket/tornado.js", "bare ws": "./websocket/bare.js" };
const rounds = 5;

const head = (path) =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\nOrigin: http://127.0.0.1\r\nAccept-Language: en\r\n\r\n`;

async function withServer(file, use) {
  const child = fork(new URL(file, import.meta.url), { execArgv: ["--expose-gc"] });
  try {
    const [{ port }] = await once(child, "message");
    const usage = async (what = "time") => {
      child.send(what);
      return (await once(child, "message"))[0];
    };
    return await use(port, usage);
  } finally {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
}

const microseconds = (before, after) => after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system;

async function open(port, path) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { perMessageDeflate: false });
  await once(socket, "open");
  return socket;
}

/** CPU time of the server a message, in microseconds. */
async function echo(file) {
  return await withServer(file, async (port, usage) => {
    const sockets = await Promise.all(Array.from({ length: 50 }, () => open(port, "/echo")));
    const run = (count) =>
      Promise.all(
        sockets.map(
          (socket) =>
            new Promise((resolve) => {
              let left = count;
              socket.removeAllListeners("message");
              socket.on("message", () => (--left === 0 ? resolve() : socket.send("hello, how are you today?")));
              socket.send("hello, how are you today?");
            }),
        ),
      );
    await run(400);
    const before = await usage();
    await run(1000);
    return microseconds(before, await usage()) / (50 * 1000);
  });
}

/** CPU time of the server a message and receiver, in microseconds. */
async function broadcast(file) {
  return await withServer(file, async (port, usage) => {
    let received = 0;
    let reached = () => {};
    let wanted = 0;
    for (let opened = 0; opened < 1000; opened += 50) {
      await Promise.all(
        Array.from({ length: 50 }, async () => {
          const socket = connect(port, "127.0.0.1");
          socket.write(head("/room"));
          await once(socket, "data");
          socket.on("data", (chunk) => {
            received += chunk.length;
            if (received >= wanted) reached();
          });
        }),
      );
    }
    const speaker = await open(port, "/room");
    const text = "x".repeat(100);
    const say = (count) =>
      new Promise((resolve) => {
        received = 0;
        wanted = count * 1000 * 102;
        reached = resolve;
        for (let index = 0; index < count; index++) speaker.send(text);
      });
    await say(20);
    const before = await usage();
    for (let index = 0; index < 6; index++) await say(20);
    return microseconds(before, await usage()) / (120 * 1000);
  });
}

/** Bytes of the server's memory an idle WebSocket. */
async function memory(file, count) {
  return await withServer(file, async (port, usage) => {
    const sockets = [];
    const openMany = async (many) => {
      for (let opened = 0; opened < many; opened += 100) {
        await Promise.all(
          Array.from({ length: 100 }, async () => {
            const socket = connect(port, "127.0.0.1");
            socket.write(head("/echo"));
            await once(socket, "data");
            sockets.push(socket);
          }),
        );
      }
    };
    await openMany(500);
    const before = await usage("memory");
    await openMany(count);
    const after = await usage("memory");
    for (const socket of sockets) socket.destroy();
    return (after.rss - before.rss) / count;
  });
}

function show(title, unit, times) {
  const medians = new Map([...times].map(([name, values]) => [name, median(values)]));
  const base = medians.get("bare ws");
  console.log(`\n${title}`);
  for (const [name, value] of medians) {
    console.log(`  ${name.padEnd(10)} ${value.toFixed(2).padStart(10)} ${unit}   x${(value / base).toFixed(2)}`);
  }
}

const each = (measureOne) =>
  Object.fromEntries(Object.entries(subjects).map(([name, file]) => [name, () => measureOne(file)]));

show("Echo, CPU time of the server a message", "µs", await inTurns(each(echo), rounds));
show("Broadcast to 1,000, CPU time of the server a receiver", "µs", await inTurns(each(broadcast), rounds));
const idle = Number(process.env.WEBSOCKETS ?? 10_000);
show(
  `Memory of an idle WebSocket, at ${idle}`,
  "bytes",
  await inTurns(
    each((file) => memory(file, idle)),
    1,
  ),
);
