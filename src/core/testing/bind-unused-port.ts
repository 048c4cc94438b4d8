/** Finds a port that nothing uses, for tests of programs that must be told one. */

import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";

/** A port that is held until `server.close()`. */
export interface UnusedPort {
  /** Listens on the port; close it before something else does, or give its connections to what is tested. */
  readonly server: Server;
  readonly port: number;
}

/** Listens on a free port of the loopback interface. It does not keep the process alive. */
export async function bindUnusedPort(address = "127.0.0.1"): Promise<UnusedPort> {
  const server = createServer().unref();
  server.listen(0, address);
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}
