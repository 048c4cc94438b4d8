/** A chat for browsers and proxies without WebSockets: each page has one request open, which is answered when there is news. */

import { Application, HTTPError, RequestHandler, url } from "tornado/web";
import { MessageBuffer } from "./message-buffer.js";

/** Proxies end a request that says nothing, many of them after 30 seconds. */
const longestWaitSeconds = 25;
const maxTextLength = 500;

class PageHandler extends RequestHandler {
  get() {
    return this.render("chat.html", { maxTextLength });
  }
}

interface Shared {
  readonly buffer: MessageBuffer;
}

class MessagesHandler extends RequestHandler<Shared> {
  #buffer!: MessageBuffer;

  override initialize({ buffer }: Shared) {
    this.#buffer = buffer;
  }

  /** Answers with the messages after one, as soon as there are any. */
  async get() {
    const after = Number(this.getQueryArgument("after", "0"));
    if (!Number.isSafeInteger(after)) throw new HTTPError(400, '"after" is the number of a message');
    // Nobody waits any longer for a client that has left.
    const messages = await this.#buffer.after(after, { timeout: longestWaitSeconds, signal: this.request.signal });
    this.setHeader("Cache-Control", "no-store");
    this.write({ messages });
  }

  post() {
    const text = this.getBodyArgument("text");
    if (text === "" || text.length > maxTextLength)
      throw new HTTPError(400, `"text" has 1 to ${maxTextLength} characters`);
    this.setStatus(201);
    this.write(this.#buffer.add(text));
  }
}

export function makeApp({ debug }: { debug: boolean }) {
  const routes = [
    url("/", PageHandler, {}, { name: "page" }),
    url("/messages", MessagesHandler, { buffer: new MessageBuffer() }, { name: "messages" }),
  ];
  return new Application(routes, { debug, templatePath: "templates", xsrfCookies: "fetch-metadata" });
}
