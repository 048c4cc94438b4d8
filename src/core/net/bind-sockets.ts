/** Opens ports and unix sockets to listen on. */

import { once } from "node:events";
import { chmod } from "node:fs/promises";
import { createServer, type ListenOptions, type Server, type Socket } from "node:net";
import { toError } from "../errors.js";
import { listenError } from "../http/listen-error.js";
import { removeStaleSocket } from "../http/unix-socket.js";
import { applicationLog, generalLog } from "../log.js";
import { DefaultResolver } from "./resolver.js";

/** What {@link bindSockets} takes. */
export interface BindOptions {
  /** 4 or 6 for addresses of that kind alone. Default 0: both. */
  readonly family?: 0 | 4 | 6;
  /** How many connections may wait to be accepted. Default 128. */
  readonly backlog?: number;
  /** Lets several processes listen on the port, where the system and this Node can (Node 22.12, Linux). Default false. */
  readonly reusePort?: boolean;
}

/** How often another port is tried when "any free one" is free for one kind of address and not for the other. */
const ATTEMPTS = 5;

/**
 * Listens on a port of every address that a host has.
 *
 * @param port - 0 is any free one, the same for all addresses.
 * @param address - Name or address; without it, all interfaces.
 * @returns Servers without a handler. Give them one before the next turn of the event loop: `TCPServer.addSockets` or
 * {@link addAcceptHandler}.
 * @throws TornadoError `PORT_IN_USE`, `PORT_NOT_ALLOWED`, `ADDRESS_NOT_AVAILABLE` or `LISTEN_FAILED`.
 */
export async function bindSockets(port: number, address?: string | null, options: BindOptions = {}): Promise<Server[]> {
  const places = await placesOf(port, address ?? "", options.family ?? 0);
  for (let attempt = 1; ; attempt++) {
    const servers: Server[] = [];
    try {
      let chosen = port;
      for (const host of places) {
        const server = await listen({ ...listenOptions(options), host, port: chosen, ipv6Only: host.includes(":") });
        servers.push(server);
        chosen = portOf(server);
      }
      return servers;
    } catch (error) {
      for (const server of servers) server.close();
      const mayTryAnother = port === 0 && servers.length > 0 && attempt < ATTEMPTS;
      if (!mayTryAnother) throw listenError({ port, host: address ?? undefined }, toError(error));
    }
  }
}

/**
 * Listens on a unix socket. A file that a server which is gone has left there is replaced.
 *
 * @param options - `mode` is the permissions of the file, by default 0o600.
 */
export async function bindUnixSocket(
  path: string,
  options: { readonly mode?: number; readonly backlog?: number } = {},
): Promise<Server> {
  await removeStaleSocket(path);
  try {
    const server = await listen({ path, backlog: options.backlog ?? 128 });
    if (!path.startsWith("\0") && process.platform !== "win32") await chmod(path, options.mode ?? 0o600);
    return server;
  } catch (error) {
    throw listenError({ path }, toError(error));
  }
}

/**
 * Calls a function with each connection that a server accepts. What it throws is logged.
 *
 * @returns A function that takes the handler away again.
 */
export function addAcceptHandler(
  server: Server,
  callback: (connection: Socket, address: string | undefined) => unknown,
): () => void {
  const accept = async (socket: Socket) => {
    try {
      await callback(socket, socket.remoteAddress);
    } catch (error) {
      applicationLog.error("Exception in an accept handler", toError(error));
    }
  };
  server.on("connection", accept);
  return () => void server.off("connection", accept);
}

function listenOptions({ backlog = 128, reusePort = false }: BindOptions): ListenOptions {
  return { backlog, ...(reusePort ? ({ reusePort: true } as ListenOptions) : undefined) };
}

async function placesOf(port: number, address: string, family: 0 | 4 | 6): Promise<string[]> {
  if (address === "")
    return ["0.0.0.0", ...((await hasIpv6()) ? ["::"] : [])].filter((_, index) => isWanted(index, family));
  try {
    const found = await new DefaultResolver().resolve(address, port, family);
    return [...new Set(found.map((one) => one.address))];
  } catch (error) {
    throw listenError({ port, host: address }, toError(error));
  }
}

function isWanted(index: number, family: 0 | 4 | 6): boolean {
  return family === 0 || (family === 6) === (index === 1);
}

/** Containers often have none. */
async function hasIpv6(): Promise<boolean> {
  try {
    const server = await listen({ port: 0, host: "::1" });
    server.close();
    return true;
  } catch {
    return false;
  }
}

async function listen(options: ListenOptions): Promise<Server> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(options);
  await once(server, "listening");
  // Such as too many open files; whoever connects next may be luckier.
  server.on("error", (error) => generalLog.error("A socket that listens had an error", error));
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
