/** A request whose body waits for the server's consent (RFC 9110, section 10.1.1). undici does not know them, node:http does. */

import { type IncomingMessage, request as sendHttpRequest } from "node:http";
import type { Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import { HTTPHeaders } from "../http/headers.js";
import { anotherProtocol, endlessInterim, maxInterimResponses, type WireResponse } from "./exchange.js";
import { producedBody } from "./produced-body.js";
import { headerFields, type WireRequest } from "./wire-request.js";

/** A server that does not know the header says nothing; so long it is waited for, as other clients do. */
const patienceMs = 1000;

/** Sends a request with `Expect: 100-continue` on a connection of its own. A refusal is a response, and the body is not sent. */
export function exchangeExpectingConsent(
  socket: Socket,
  request: WireRequest,
  maxHeaderBytes: number,
  signal: AbortSignal,
): Promise<WireResponse> {
  return new Promise((resolve, reject) => {
    const { url, method, body } = request;
    const headers = request.headers.copy();
    headers.setDefault("Host", url.host);
    headers.set("Expect", "100-continue");
    headers.set("Connection", "close");
    if (typeof body === "function" && !headers.has("Content-Length")) headers.set("Transfer-Encoding", "chunked");
    const outgoing = sendHttpRequest({
      method,
      path: url.pathname + url.search,
      headers: headerFields(headers),
      createConnection: () => socket,
      maxHeaderSize: maxHeaderBytes,
      signal,
    });
    let isSent = false;
    const sendBody = () => {
      clearTimeout(impatience);
      if (isSent) return;
      isSent = true;
      if (typeof body === "function") pipeline(producedBody(body), outgoing).catch(fail);
      else outgoing.end(body ?? undefined);
    };
    const fail = (error: unknown) => {
      clearTimeout(impatience);
      reject(signal.aborted ? signal.reason : error);
      socket.destroy();
    };
    const impatience = setTimeout(sendBody, patienceMs);
    outgoing.on("continue", sendBody);
    let interimResponses = 0;
    outgoing.on("information", () => {
      if (++interimResponses > maxInterimResponses) fail(endlessInterim());
    });
    outgoing.on("upgrade", () => fail(anotherProtocol()));
    outgoing.on("error", fail);
    outgoing.on("response", (incoming: IncomingMessage) => {
      clearTimeout(impatience);
      // No more is sent to a server that has decided already.
      isSent = true;
      incoming.once("close", () => socket.destroy());
      incoming.on("error", () => {});
      resolve({
        code: incoming.statusCode!,
        reason: incoming.statusMessage ?? "",
        headers: HTTPHeaders.fromRaw(incoming.rawHeaders),
        body: incoming,
      });
    });
    outgoing.flushHeaders();
  });
}
