/** What a server asks of a way to speak HTTP, so that it knows none: transports, and the sessions on their sockets. */

import type { AddressInfo, ListenOptions, Socket } from "node:net";
import type { HTTPServerConnectionDelegate } from "./connection.js";
import type { ResolvedServerOptions } from "./server-options.js";
import type { Origin } from "./trusted-downstream.js";

/** Where to listen; the types of node:net leave out the sockets that are bound already. */
export type ListenPlace = ListenOptions & { fd?: number; handle?: object };

/** What all sessions of a server share; an `HTTPServer` is one. */
export interface TransportHost {
  readonly delegate: HTTPServerConnectionDelegate;
  readonly options: ResolvedServerOptions;
  /** Whether every answer is to close its connection. */
  readonly isDraining: boolean;
  /** Seconds that the server has run, counted by one coarse timer. */
  readonly seconds: number;
  sessionStarted(session: Session): void;
  /** A session has ended: its socket is closed, or no longer HTTP's. */
  sessionEnded(session: Session): void;
}

/** One socket over its life. */
export interface Session {
  readonly socket: Socket;
  /** Closes the session when nothing has been asked, or nothing moves, for too long. Called once a second. */
  sweep(): void;
  /** Closes the session if it has nothing to do. */
  closeIfIdle(): void;
  /** Cuts the session, whatever it does. */
  destroy(): void;
}

/** Opens a port or a path, and serves what connects to it. */
export interface Transport {
  /** Rejects with Node's own error. */
  listen(where: ListenPlace): Promise<void>;
  address(): AddressInfo | string | null;
  /** Serves a socket that somebody else accepted, and decrypted if need be. */
  addSocket(socket: Socket, peer: Origin): void;
  /** Stops accepting; connections stay. */
  stop(): void;
  /** Ends what still runs when no connection is left. */
  dispose(): void;
}
