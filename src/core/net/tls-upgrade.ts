/** Turns plain sockets into encrypted ones, on either side. */

import { isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect, createServer, type Server, type TLSSocket } from "node:tls";
import { TornadoError } from "../errors.js";
import { readSslFiles, type StreamSSLOptions, sslOptionsToContext } from "./ssl-options.js";

/** Begins TLS as the client. The handshake goes on when this returns. */
export function startClientTls(socket: Socket, options: StreamSSLOptions, hostname: string | undefined): TLSSocket {
  // An address is no name to ask for (RFC 6066, section 3); it is checked against the certificate all the same.
  const servername = hostname === undefined || isIP(hostname) !== 0 ? undefined : hostname;
  const settings: ConnectionOptions = {
    ...readSslFiles(options),
    secureContext: sslOptionsToContext(options),
    socket,
    ...(hostname === undefined ? undefined : { host: hostname }),
    ...(servername === undefined ? undefined : { servername }),
  };
  ignoreErrors(socket);
  return connect(settings);
}

/** Waits for the client's half of a handshake. */
export async function handshakeOf(socket: TLSSocket): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("The connection was closed during the TLS handshake.")));
  });
}

/**
 * Makes what plain sockets are given to as `emit("connection", socket)`; it listens on no port. Encrypted ones come out as
 * `secureConnection`, and failures as `tlsClientError`.
 *
 * @throws TornadoError `BAD_SSL_OPTIONS` when there is no usable certificate.
 */
export function createTlsAcceptor(options: StreamSSLOptions): Server {
  const read = readSslFiles(options);
  // node:tls gives a context to clients alone.
  if (read.cert === undefined && read.pfx === undefined && read.SNICallback === undefined) {
    throw new TornadoError(
      "BAD_SSL_OPTIONS",
      'The TLS options of a server have no certificate. Add "certFile" and "keyFile", or "cert" and "key".',
    );
  }
  // Finds out what is wrong with them, and says it in words.
  sslOptionsToContext(options);
  return createServer(read);
}

/** Hands a plain socket to an acceptor. */
export function handToAcceptor(acceptor: Server, socket: Socket): void {
  ignoreErrors(socket);
  // Who hangs up during the handshake has no answer to wait for.
  socket.allowHalfOpen = false;
  acceptor.emit("connection", socket);
}

/** Does the server's half of a handshake on one socket. */
export async function acceptTls(socket: Socket, options: StreamSSLOptions): Promise<TLSSocket> {
  const acceptor = createTlsAcceptor(options);
  return await new Promise<TLSSocket>((resolve, reject) => {
    acceptor.once("secureConnection", resolve);
    acceptor.once("tlsClientError", (error) => {
      socket.destroy();
      reject(error);
    });
    handToAcceptor(acceptor, socket);
  });
}

/** The encrypted socket reports them; the plain one below it would end the process. */
function ignoreErrors(socket: Socket): void {
  socket.on("error", () => {});
}
