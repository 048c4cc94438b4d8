/**
 * Opens connections, has one answer on each, and keeps them: `fork("clients.js", [port, count, request])`.
 *
 * A process of its own, so that the memory of the clients is not the server's, and each has descriptors of its own.
 */

import { connect } from "node:net";

const [port, count, request] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
let opened = 0;
let answered = 0;

function open() {
  opened++;
  const socket = connect(port, "127.0.0.1", () => socket.write(request));
  socket.once("data", () => {
    answered++;
    socket.resume();
    if (answered === count) process.send("ready");
    else if (opened < count) open();
  });
  socket.once("error", (error) => {
    throw error;
  });
  socket.once("close", () => {
    throw new Error(`The server closed a connection after ${answered} answers.`);
  });
}

// A few at a time: more than the backlog would wait for the kernel to try again.
for (let i = 0; i < Math.min(64, count); i++) open();
process.on("disconnect", () => process.exit());
