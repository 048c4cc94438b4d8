/** Tells whether numbers are prime. The computing is done by a pool of threads, so that the server answers others meanwhile. */

import { runInExecutor } from "tornado/ioloop";
import { Application, RequestHandler, url } from "tornado/web";
import { WebSocketHandler } from "tornado/websocket";
import type { smallestFactor } from "./prime.js";

class PageHandler extends RequestHandler {
  get() {
    return this.render("prime.html");
  }
}

class PrimeWebSocket extends WebSocketHandler {
  /** The client's next number waits until this one is answered: nobody has more than one thread. */
  override async onMessage(message: string | Buffer) {
    const number = Number(message);
    if (!Number.isSafeInteger(number) || number < 2) {
      return this.writeMessage({ problem: `Send a whole number from 2 to ${Number.MAX_SAFE_INTEGER}.` });
    }
    // Given up when the client leaves.
    const { signal } = this.request;
    const module = new URL("./prime.js", import.meta.url);
    const factor = await runInExecutor<typeof smallestFactor>(module, "smallestFactor", [number], { signal });
    await this.writeMessage({ number, isPrime: factor === number, factor });
  }
}

export function makeApp({ debug }: { debug: boolean }) {
  const routes = [url("/", PageHandler), url("/ws", PrimeWebSocket, {}, { name: "socket" })];
  return new Application(routes, { debug, templatePath: "templates", websocketMaxMessageSize: 100 });
}
