/** Keeps a browser from showing a page that it has kept: live reload is not in it, or knows a revision that is gone. */

import type { HTTPConnection, HTTPMessageDelegate, HTTPServerConnectionDelegate } from "../core/http/connection.js";
import { isAskedByPage } from "./live-reload-transform.js";

const validators = ["If-None-Match", "If-Modified-Since"];

/** Answers every page anew, though the app would say that it is the same; what a page loads may still be answered by 304. */
export function freshPages(app: HTTPServerConnectionDelegate): HTTPServerConnectionDelegate {
  return {
    startRequest: (connection: HTTPConnection) => withoutValidators(app.startRequest(connection)),
    drain: async (deadlineMs, served) => (await app.drain?.(deadlineMs, served)) ?? { cut: 0 },
    onClose: (socket) => app.onClose?.(socket),
  };
}

function withoutValidators(delegate: HTTPMessageDelegate): HTTPMessageDelegate {
  return {
    headersReceived(startLine, headers) {
      const isPage = isAskedByPage(headers) && headers.get("Accept")?.includes("text/html") === true;
      if (isPage) for (const name of validators) headers.delete(name);
      return delegate.headersReceived(startLine, headers);
    },
    dataReceived: (chunk) => delegate.dataReceived(chunk),
    finish: () => delegate.finish(),
    onConnectionClose: () => delegate.onConnectionClose(),
  };
}
