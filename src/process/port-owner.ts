/** Finds out which process holds a port, for the message that says so. */

import { readdir, readFile, readlink } from "node:fs/promises";
import { basename } from "node:path";

/** The process that listens on a port. */
export interface PortOwner {
  readonly pid: number;
  /** What it was started as, in a few words, such as `node server.js`. */
  readonly command: string;
}

/** The state of a listening socket in /proc/net/tcp. */
const LISTENING = "0A";
const MAX_COMMAND_LENGTH = 60;

/**
 * Finds the process that listens on a TCP port of this machine.
 *
 * @returns `undefined` when nobody does, when it is another user's, or where there is no /proc (anything but Linux).
 */
export async function portOwner(port: number): Promise<PortOwner | undefined> {
  try {
    const sockets = new Set([
      ...listeningSockets(await readFile("/proc/net/tcp", "utf8"), port),
      ...listeningSockets(await readFile("/proc/net/tcp6", "utf8").catch(() => ""), port),
    ]);
    if (sockets.size === 0) return undefined;
    // The oldest process first: a supervisor shares its socket with workers, and is the one to stop.
    const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
    for (const pid of pids.sort((one, other) => one - other)) {
      if (await holdsOneOf(pid, sockets)) return { pid, command: await commandOf(pid) };
    }
  } catch {
    // The message is worth having without the owner.
  }
  return undefined;
}

/** Says it in the middle of a sentence: ` by node server.js (pid 4711)`, or nothing. */
export async function describePortOwner(port: number): Promise<string> {
  const owner = await portOwner(port);
  return owner === undefined ? "" : ` by "${owner.command}" (pid ${owner.pid})`;
}

/** Takes the inodes out of the kernel's table, whose columns are: number, local address, remote address, state, …, inode. */
function listeningSockets(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return table
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(suffix) === true && columns[3] === LISTENING)
    .map((columns) => `socket:[${columns[9]}]`);
}

async function holdsOneOf(pid: number, sockets: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  // The process may belong to another user, or end while we look.
  const descriptors = await readdir(folder).catch(() => []);
  for (const descriptor of descriptors) {
    const target = await readlink(`${folder}/${descriptor}`).catch(() => "");
    if (sockets.has(target)) return true;
  }
  return false;
}

async function commandOf(pid: number): Promise<string> {
  const words = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0").filter((word) => word !== "");
  const [program = "", ...rest] = words;
  // Arguments may hold secrets or control characters: the program and the script it runs are enough to know it.
  const script = rest.find((word) => !word.startsWith("-"));
  const command = script === undefined ? basename(program) : `${basename(program)} ${script}`;
  return command.replace(/[^\x20-\x7e]/g, "?").slice(0, MAX_COMMAND_LENGTH);
}
