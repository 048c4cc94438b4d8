/** A chat over WebSockets. A channel carries each message to all workers, and with CHANNELS_URL to all machines. */

import { Application, RequestHandler, url } from "tornado/web";
import { WebSocketHandler } from "tornado/websocket";

class PageHandler extends RequestHandler {
  get() {
    return this.render("chat.html");
  }
}

class ChatWebSocket extends WebSocketHandler {
  readonly #room = this.application.channel<string>("room");

  override open() {
    this.subscribe(this.#room);
  }

  override onMessage(message: string | Buffer) {
    if (typeof message === "string") this.#room.publish(message);
  }
}

/** How many are in the room, in all workers. */
class CountHandler extends RequestHandler {
  async get() {
    this.write({ count: await this.application.channel("room").count() });
  }
}

export function makeApp({ debug }: { debug: boolean }) {
  const routes = [
    url("/", PageHandler),
    url("/count", CountHandler),
    url("/ws", ChatWebSocket, {}, { name: "socket" }),
  ];
  return new Application(routes, { debug, templatePath: "templates", websocketMaxMessageSize: 2000 });
}
