/**
 * Has the sockets that a server accepts read into one buffer that they share.
 *
 * Without it Node allocates 64 kB for each packet, shrinks them, wraps them, and passes them through a stream: a tenth of what a
 * short request costs. It has a way around that, the `onread` option, but only for sockets that a program makes itself. What the
 * option does is done here to accepted ones; where Node has changed and a piece of it is not found, they are read as ever.
 */

import { Socket, type SocketConstructorOpts } from "node:net";

/**
 * Takes what was read, from the beginning of the shared buffer. When it returns the bytes are gone: what is kept must be copied.
 *
 * @returns Whether the socket is to be read on.
 */
export type SharedBufferReader = (this: Socket, count: number, bytes: Buffer) => boolean;

/** What a socket keeps of its `onread` option, under names that only Node knows. */
interface OnreadKeys {
  readonly buffer: symbol;
  readonly callback: symbol;
}

/** The part of a socket's handle that reads into memory which is not its own. */
interface UserBufferHandle {
  useUserBuffer?(buffer: Buffer): void;
}

/** As large as what Node would allocate. */
const sharedBytes = 64 * 1024;

let shared: Buffer | undefined;
/** `null` where this Node has no such keys. */
let keys: OnreadKeys | null | undefined;

/**
 * Gives what a socket reads to a function, in the place of its `data` events.
 *
 * To be called before the first bytes can have come. It stays so: a reader that is not interested any more pushes copies into
 * the stream, and returns what `push` does.
 *
 * @returns Whether this is possible; otherwise the socket is left as it is.
 */
export function readIntoSharedBuffer(socket: Socket, reader: SharedBufferReader): boolean {
  // A socket of TLS gets its bytes by another way. On Windows several sockets could be reading at the same time.
  if (Object.getPrototypeOf(socket) !== Socket.prototype || process.platform === "win32") return false;
  const handle = (socket as unknown as { readonly _handle?: UserBufferHandle | null })._handle;
  if (typeof handle?.useUserBuffer !== "function") return false;
  shared ??= Buffer.allocUnsafeSlow(sharedBytes);
  if (keys === undefined) keys = findOnreadKeys(shared, reader);
  const fields = socket as unknown as Record<symbol, unknown>;
  if (keys === null || fields[keys.buffer] !== null || fields[keys.callback] !== null) return false;
  fields[keys.buffer] = shared;
  fields[keys.callback] = reader;
  handle.useUserBuffer(shared);
  return true;
}

/**
 * Makes a socket that was read so, and is paused now, a stream like one that has not been read.
 *
 * As a stream it still waits for the bytes that it asked for when it was made: whoever listens for `readable` events would have
 * none, since it would not ask again.
 */
export function forgetFirstRead(socket: Socket): void {
  (socket as unknown as { readonly _readableState: { reading: boolean } })._readableState.reading = false;
}

/** Finds the keys by what stands under them in a socket that was given the option. */
function findOnreadKeys(buffer: Buffer, callback: SharedBufferReader): OnreadKeys | null {
  const options = { onread: { buffer, callback } } as SocketConstructorOpts;
  const probe = new Socket(options) as unknown as Record<symbol, unknown>;
  const keyOf = (value: unknown) => Object.getOwnPropertySymbols(probe).find((key) => probe[key] === value);
  const found = { buffer: keyOf(buffer), callback: keyOf(callback) };
  return found.buffer === undefined || found.callback === undefined ? null : (found as OnreadKeys);
}
