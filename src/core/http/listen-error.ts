/** Says in words why a server cannot listen where it should. */

import { TornadoError } from "../errors.js";

/** Where it should have listened. */
export interface WantedPlace {
  readonly path?: string | undefined;
  readonly port?: number | undefined;
  readonly host?: string | undefined;
}

/** Makes an error that a person can act on of the system's own, which becomes its cause. */
export function listenError(where: WantedPlace, error: NodeJS.ErrnoException): TornadoError {
  const place = where.path ?? (where.port === undefined ? "The inherited socket" : `Port ${where.port}`);
  const options = { cause: error };
  switch (error.code) {
    case "EADDRINUSE":
      return new TornadoError(
        "PORT_IN_USE",
        `${place} is in use. Stop the other process, or listen somewhere else.`,
        options,
      );
    case "EACCES":
    case "EPERM":
      return new TornadoError(
        "PORT_NOT_ALLOWED",
        `${place} may not be opened by this user. Ports below 1024 need rights of their own; choose one above.`,
        options,
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new TornadoError(
        "ADDRESS_NOT_AVAILABLE",
        `${JSON.stringify(where.host)} is not an address of this machine. Listen on 127.0.0.1, 0.0.0.0 or one of its own.`,
        options,
      );
    default:
      return new TornadoError("LISTEN_FAILED", `${place} cannot be opened: ${error.message}.`, options);
  }
}
