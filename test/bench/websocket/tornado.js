/** An echo, and a room, on ours. */

import { configureLogging } from "../../../dist/core/log/index.js";
import { Application } from "../../../dist/core/web/index.js";
import { WebSocketHandler } from "../../../dist/core/websocket/index.js";
import { reportTo } from "./report.js";

configureLogging({ level: "none" });

class Echo extends WebSocketHandler {
  onMessage(message) {
    this.writeMessage(message);
  }
}

class Room extends WebSocketHandler {
  open() {
    this.subscribe("room");
  }
  onMessage(message) {
    this.application.channel("room").publish(message);
  }
}

const app = new Application([
  ["/echo", Echo],
  ["/room", Room],
]);
const server = await app.listen(0, { address: "127.0.0.1" });
reportTo(server.port);
