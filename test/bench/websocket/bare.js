/** The same on the ws library alone. */

import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { reportTo } from "./report.js";

const server = createServer();
const sockets = new WebSocketServer({ server, maxPayload: 2 ** 20 });
const room = new Set();
sockets.on("connection", (socket, request) => {
  socket.on("error", () => {});
  if (request.url === "/echo") {
    socket.on("message", (data, isBinary) => socket.send(isBinary ? data : data.toString()));
    return;
  }
  room.add(socket);
  socket.on("close", () => room.delete(socket));
  socket.on("message", (data, isBinary) => {
    const message = isBinary ? data : data.toString();
    for (const one of room) one.send(message);
  });
});
server.listen(0, "127.0.0.1", () => reportTo(server.address().port));
