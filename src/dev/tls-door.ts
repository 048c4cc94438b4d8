/** Lets a port speak TLS, and sends whoever speaks plain HTTP to it to the right address. */

import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";

/** RFC 8446, section 5.1: the type of the record that a handshake begins with. */
const HANDSHAKE = 0x16;

/**
 * Makes the server; its connections are secure ones.
 *
 * @param certificate - PEM.
 */
export function createTlsDoor(
  certificate: { readonly cert: string; readonly key: string },
  accept: (socket: TLSSocket) => void,
): Server {
  const secure = createTlsServer({ ...certificate, allowHalfOpen: true }, accept);
  // A browser that does not trust the certificate says so by breaking off.
  secure.on("tlsClientError", () => {});
  return createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on("error", () => {});
    socket.once("end", () => socket.end());
    socket.once("data", (head: Buffer) => {
      socket.pause();
      if (head[0] !== HANDSHAKE) {
        answerPlain(socket, head.toString("latin1"));
        return;
      }
      socket.removeAllListeners("end");
      socket.unshift(head);
      secure.emit("connection", socket);
    });
  });
}

/** Not for ever: the same port may speak plain HTTP the next time. */
function answerPlain(socket: Socket, head: string): void {
  const host = /^host:[ \t]*([\w.:[\]-]+)[ \t]*$/im.exec(head.replaceAll("\r", ""))?.[1];
  const path = /^[A-Z]+ (\/[^\s]*) HTTP\/1\./.exec(head)?.[1] ?? "/";
  const address = host === undefined ? undefined : `https://${host}${path}`;
  const text = `This port speaks HTTPS${address === undefined ? "" : `: ${address}`}\n`;
  const lines = [
    address === undefined ? "HTTP/1.1 400 Bad Request" : "HTTP/1.1 307 Temporary Redirect",
    ...(address === undefined ? [] : [`Location: ${address}`]),
    "Content-Type: text/plain; charset=UTF-8",
    `Content-Length: ${text.length}`,
    "Cache-Control: no-store",
    "Connection: close",
  ];
  socket.end(`${lines.join("\r\n")}\r\n\r\n${text}`);
  socket.resume();
}
