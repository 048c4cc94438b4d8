/** Sends the time every second as server-sent events. A client that was away gets the seconds it has missed. */

import { sleep } from "tornado/gen";
import { Application, RequestHandler, url } from "tornado/web";

/** More than this is not made up for. */
const longestGapSeconds = 60;
/**
 * The stream ends after so long, and the browser asks again from where it was. A server that stops gives 30 seconds to what
 * has begun: it never has to cut one of these.
 */
const streamSeconds = 20;

class PageHandler extends RequestHandler {
  get() {
    return this.render("clock.html");
  }
}

class ClockHandler extends RequestHandler {
  async get() {
    this.setHeader("Content-Type", "text/event-stream");
    this.setHeader("Cache-Control", "no-store");
    // Asks nginx to pass events on as they come.
    this.setHeader("X-Accel-Buffering", "no");
    this.write("retry: 500\n\n");
    const end = now() + streamSeconds;
    for (let second = this.#firstSecond(); second < end; second++) {
      await sleep(second - Date.now() / 1000, { signal: this.request.signal });
      this.write(`id: ${second}\ndata: ${new Date(second * 1000).toISOString()}\n\n`);
      // Waits for a client that reads slowly.
      await this.flush();
    }
  }

  /** The second after the last one that the client has seen, which it tells when it comes back. */
  #firstSecond(): number {
    const seen = Number(this.request.headers.get("Last-Event-ID") ?? Number.NaN);
    if (!Number.isSafeInteger(seen)) return now();
    return Math.min(Math.max(seen + 1, now() - longestGapSeconds), now() + 1);
  }
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}

export function makeApp({ debug }: { debug: boolean }) {
  const routes = [url("/", PageHandler), url("/clock", ClockHandler, {}, { name: "clock" })];
  return new Application(routes, { debug, templatePath: "templates" });
}
