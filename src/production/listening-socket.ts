/** Finds or opens what a production server listens on: a port, a unix socket, or a descriptor that it inherits. */

import { once } from "node:events";
import * as net from "node:net";
import { TornadoError } from "../core/errors.js";
import { removeStaleSocket } from "../core/http/unix-socket.js";
import { describePortOwner } from "../process/port-owner.js";
import type { StartOptions } from "./options.js";

/** What `HTTPServer.listen` is told. */
export type ListenTarget =
  | { readonly port: number; readonly host: string | undefined }
  | { readonly path: string }
  | { readonly fd: number };

/** A socket that a supervisor holds for its workers. */
export interface HeldSocket {
  /** What the workers listen on. */
  readonly target: ListenTarget;
  /** The descriptor that they inherit for it; none where the system, or this Node, cannot. */
  readonly fd: number | undefined;
  /** What goes into a browser. */
  readonly url: string;
  close(): void;
}

/** systemd passes sockets from this descriptor on, and workers get theirs as this one, too. */
export const FIRST_INHERITED_FD = 3;

/** Takes the listening socket that systemd, or the process of the release before, passes on (`LISTEN_FDS`). */
export function inheritedSocket(environment: NodeJS.ProcessEnv = process.env): { fd: number } | undefined {
  const isForUs = environment.LISTEN_PID === String(process.pid) && Number(environment.LISTEN_FDS) >= 1;
  // Meant for this process alone: a child that saw them would take a descriptor that is something else there.
  delete environment.LISTEN_PID;
  delete environment.LISTEN_FDS;
  delete environment.LISTEN_FDNAMES;
  return isForUs ? { fd: FIRST_INHERITED_FD } : undefined;
}

/** Says what a server listens on, by its options. */
export function listenTarget(options: StartOptions): ListenTarget {
  if (options.unixSocket !== undefined) return { path: options.unixSocket };
  return { port: options.port, host: options.host };
}

/**
 * Opens the socket of a supervisor, which never accepts on it.
 *
 * It stays bound as long as the supervisor lives, so that clients wait in the kernel's queue, and are not refused, even
 * when all workers die at once.
 *
 * @throws TornadoError when the port or path is taken, forbidden or not of this machine.
 */
export async function holdSocket(options: StartOptions): Promise<HeldSocket> {
  const inherited = inheritedSocket();
  const scheme = schemeOf(options);
  if (inherited !== undefined) {
    return { target: inherited, fd: inherited.fd, url: "the inherited socket", close() {} };
  }
  const wanted = listenTarget(options);
  const address = await tryToListen(wanted);
  // A worker of node:cluster cannot take a unix socket by its descriptor: these are shared through node:cluster.
  if (typeof address === "string")
    return { target: { path: address }, fd: undefined, url: `unix:${address}`, close() {} };
  const host = "host" in wanted ? wanted.host : undefined;
  const url = urlOf(scheme, host, address.port);
  const handle = createHandle(address.address, address.port, address.family === "IPv6" ? 6 : 4);
  if (handle?.fd === undefined || handle.fd < 0) {
    return { target: { port: address.port, host }, fd: undefined, url, close() {} };
  }
  return { target: { fd: FIRST_INHERITED_FD }, fd: handle.fd, url, close: () => handle.close() };
}

/**
 * Turns what the system says about a socket that cannot be opened into words.
 *
 * @param flag - The option to change when it is about the port.
 */
export async function listenError(error: unknown, target: ListenTarget, flag = "--port"): Promise<unknown> {
  // The server's own error names the place; the system's, behind it, says why.
  const systemError = error instanceof TornadoError ? error.cause : error;
  if (!(systemError instanceof Error)) return error;
  const { code } = systemError as NodeJS.ErrnoException;
  const fail = (name: string, message: string) => new TornadoError(name, message, { cause: error });
  if ("path" in target) {
    if (code === "EADDRINUSE") {
      return fail(
        "SOCKET_IN_USE",
        `"${target.path}" is in use by another server. Stop it, or choose another --unix-socket.`,
      );
    }
    return code === undefined
      ? error
      : fail("SOCKET_REFUSED", `Cannot listen on "${target.path}" (${code}). Choose another --unix-socket.`);
  }
  if ("fd" in target) {
    return fail("SOCKET_REFUSED", `The inherited descriptor ${target.fd} is not a socket to listen on (${code}).`);
  }
  const { port, host } = target;
  switch (code) {
    case "EADDRINUSE": {
      const owner = await describePortOwner(port);
      return fail("PORT_IN_USE", `Port ${port} is in use${owner}. Stop the other process, or choose another ${flag}.`);
    }
    case "EACCES":
      return fail("PORT_NOT_ALLOWED", `This user may not listen on port ${port}. Choose a ${flag} above 1023.`);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return fail(
        "ADDRESS_NOT_AVAILABLE",
        `"${host}" is not an address of this machine (${code}). Choose another --host.`,
      );
    default:
      return error;
  }
}

/** What a person opens in a browser; a server on all addresses is reached by the loopback one. */
export function urlOf(scheme: string, host: string | undefined, port: number): string {
  const name = host === undefined || host === "::" || host === "0.0.0.0" ? "127.0.0.1" : host;
  return `${scheme}://${name.includes(":") ? `[${name}]` : name}:${port}`;
}

export function schemeOf(options: StartOptions): "http" | "https" {
  return options.sslCert === undefined ? "http" : "https";
}

/**
 * Opens the socket behind a descriptor that a worker of node:cluster inherited; given the number alone, node:net would
 * look for it in the supervisor.
 */
export function inheritedHandle(fd: number): object {
  const handle = createHandle(null, null, null, fd);
  if (handle !== undefined && handle.constructor.name === "TCP") return handle;
  throw new TornadoError(
    "SOCKET_REFUSED",
    `The inherited descriptor ${fd} is not a TCP socket, which several workers need. Use --fork 1, or a port.`,
  );
}

/** Listens for a moment: finds out every reason why it cannot be done, and which port "any" is. */
async function tryToListen(target: ListenTarget): Promise<net.AddressInfo | string> {
  if ("path" in target) await removeStaleSocket(target.path);
  const server = net.createServer();
  try {
    server.listen(target);
    await once(server, "listening");
  } catch (error) {
    throw await listenError(error, target);
  }
  const address = server.address()!;
  server.close();
  await once(server, "close");
  return address;
}

interface Handle {
  readonly fd?: number;
  close(): void;
}

/**
 * Makes a bound socket that does not listen, from an address or a descriptor. Node 20 to 24 have no public call for it;
 * this is the one by which node:cluster itself does it. Where it is missing, workers share the port through node:cluster.
 */
function createHandle(
  ...args: [address: string, port: number, addressType: number] | [address: null, port: null, type: null, fd: number]
): Handle | undefined {
  const create: unknown = Reflect.get(net, "_createServerHandle");
  if (process.platform === "win32" || typeof create !== "function") return undefined;
  const handle: unknown = create(...args);
  return typeof handle === "object" && handle !== null ? (handle as Handle) : undefined;
}
