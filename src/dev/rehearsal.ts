/** A request that a spare answers to itself: code that has run once is read, parsed and half compiled when it is needed. */

import { once } from "node:events";
import { connect } from "node:net";
import { DictLoader } from "../core/template/loader.js";
import { Application } from "../core/web/application.js";
import { RequestHandler } from "../core/web/request-handler.js";
import { writePreface } from "./relay-preface.js";

const template = "{% if word %}<p>{{ word }}</p>{% end %}{% for one in [word] %}{{ one.length }}{% end %}";

const ROUTES = 30;

class RehearsalHandler extends RequestHandler {
  async get(): Promise<void> {
    this.getQueryArgument("name", "");
    this.getCookie("session");
    await this.render("rehearsal.html", { word: "rehearsal" });
  }
}

/** Makes an application that does what most do, and says nothing about it. */
export function rehearsalApplication(): Application {
  // Reading routes is most of what the start of an app is: the code for it is compiled when it has run often.
  const routes = Array.from({ length: ROUTES }, (_, count) => [
    [`/${count}`, RehearsalHandler],
    [`/${count}/:name`, RehearsalHandler],
    [`/${count}/([0-9]+)`, RehearsalHandler],
  ]).flat() as [string, typeof RehearsalHandler][];
  return new Application([...routes, ["/(.*)", RehearsalHandler]], {
    debug: true,
    templateLoader: new DictLoader({ "rehearsal.html": template }),
    logFunction: () => {},
  });
}

/** Sends a few requests in the way that the front relays them, as long as there still is time for them. */
export async function rehearse(socketPath: string, hasTime: () => boolean): Promise<void> {
  for (let count = 0; count < 3 && hasTime(); count += 1) {
    const socket = connect(socketPath);
    socket.on("error", () => {});
    writePreface(socket, { remoteIp: "127.0.0.1", protocol: "http", isRehearsal: true });
    socket.write("GET /?name=a HTTP/1.1\r\nHost: localhost\r\nUser-Agent: Mozilla/5.0\r\nCookie: session=a\r\n\r\n");
    socket.resume();
    await once(socket, "close");
  }
}
