/** The headers that every response starts with, made anew only when the second changes. */

import { formatTimestamp } from "../http/date.js";
import { HTTPHeaders } from "../http/headers.js";

let currentSecond = -1;
let current = new HTTPHeaders();

/** Returns a fresh copy of `Server`, `Content-Type` and `Date`, in Tornado's order. */
export function defaultHeaders(): HTTPHeaders {
  const second = Math.floor(Date.now() / 1000);
  if (second !== currentSecond) {
    currentSecond = second;
    current = new HTTPHeaders();
    // No version: it would tell an attacker more than it tells anyone else.
    current.set("Server", "TornadoServer");
    current.set("Content-Type", "text/html; charset=UTF-8");
    current.set("Date", formatTimestamp(second));
  }
  return current.copy();
}
