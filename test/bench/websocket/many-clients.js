/**
 * Opens WebSockets and keeps them: `fork("many-clients.js", [port, count, localAddress])`. Tells the parent when all are open, when
 * all have got a message, and how they were closed. Told "speak", one of them sends a message.
 *
 * The frames are written by hand: with a library, the clients would need more memory than the server.
 */

import { connect } from "node:net";

const [port, count, localAddress] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
const handshake = `GET /room HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://127.0.0.1:${port}\r\n\r\n`;
/** "hello, all" as a masked text; the mask is 0, which leaves it as it is. */
const spoken = Buffer.concat([Buffer.from([0x81, 0x8a, 0, 0, 0, 0]), Buffer.from("hello, all")]);

let begun = 0;
let open = 0;
let heard = 0;
let closed = 0;
let retries = 0;
let first;
/** How often the server said goodbye with each close code; "cut" is without one. */
const goodbyes = {};

function openOne() {
  begun++;
  const socket = connect({ port, host: "127.0.0.1", localAddress });
  socket.on("connect", () => socket.write(handshake));
  let isOpen = false;
  socket.once("data", (answer) => {
    if (!answer.toString("latin1").startsWith("HTTP/1.1 101"))
      fail(`the handshake was answered ${answer.toString("latin1")}`);
    open++;
    isOpen = true;
    first ??= socket;
    socket.on("data", (frame) => receive(socket, frame));
    if (open === count) process.send({ open, retries });
    else if (begun < count) openOne();
  });
  socket.on("error", (error) => {
    if (isOpen && socket.goodbye === undefined) fail(error.message);
  });
  socket.on("close", () => {
    if (!isOpen) {
      // A machine that is too busy to answer in time: as a browser would, the client tries again.
      if (++retries > count) fail("the server answers none");
      begun--;
      return openOne();
    }
    if (open < count) fail("an open WebSocket was closed");
    const code = socket.goodbye ?? "cut";
    goodbyes[code] = (goodbyes[code] ?? 0) + 1;
    if (++closed === count) process.send({ goodbyes });
  });
}

function fail(reason) {
  console.error(`With ${begun} begun, ${open} open, ${heard} messages and ${closed} closed: ${reason}`);
  process.exit(1);
}

function receive(socket, frame) {
  const opcode = frame[0] & 0x0f;
  if (opcode === 1 && ++heard === count) process.send({ heard });
  if (opcode !== 8) return;
  socket.goodbye = frame.readUInt16BE(2);
  socket.end(Buffer.from([0x88, 0x82, 0, 0, 0, 0, frame[2], frame[3]]));
}

// A few at a time: more than the backlog would wait for the kernel to try again.
for (let index = 0; index < Math.min(16, count); index++) openOne();
process.on("message", () => first.write(spoken));
process.on("disconnect", () => process.exit());
