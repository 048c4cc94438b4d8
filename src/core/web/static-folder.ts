/** Opens files below a folder so that no path and no symbolic link leads out of it, and remembers small ones. */

import { createHash, type Hash } from "node:crypto";
import { constants, type Stats, statSync } from "node:fs";
import { type FileHandle, open, readlink, realpath, stat } from "node:fs/promises";
import { isServablePath, isWithin, pathBelow } from "./static-path.js";

/** What a folder lets out. */
export interface StaticFolderOptions {
  /** Absolute path. */
  readonly root: string;
  /** `true` follows links to anywhere; a list, to these folders as well. Default: links within the root only. */
  readonly followSymlinks: boolean | readonly string[];
  /** Lets out files and folders whose name begins with a dot. */
  readonly serveDotFiles: boolean;
  /** A file that was changed within this time is not remembered: a second change may go unseen. Default 2000. */
  readonly settledAfterMs?: number;
}

/** A file that may be served: what it is, and its bytes or an open handle to them. */
export interface StaticFile {
  readonly sizeBytes: number;
  /** Whole seconds, as Last-Modified has them. */
  readonly modified: Date;
  /** SHA-512 in hexadecimal. */
  readonly hash: string;
  /** All bytes of a small file. */
  readonly content: Buffer | null;
  /** For the other files; whoever got it closes it. */
  readonly handle: FileHandle | null;
}

/** Why there is no file: nothing there or nothing to be seen, a folder, something that is no file, no permission, no descriptor left. */
export type NoStaticFile = "missing" | "folder" | "special" | "forbidden" | "exhausted";

interface Remembered {
  readonly file: StaticFile;
  readonly status: Stats;
}

/** Larger files are read as they are sent. */
const maxRememberedBytes = 1024 * 1024;
const maxRememberedTotalBytes = 64 * 1024 * 1024;
const maxRememberedHashes = 10_000;
/** The coarsest file systems keep times in steps of two seconds. */
const defaultSettledAfterMs = 2_000;
const chunkBytes = 256 * 1024;
// Without it, opening a named pipe would wait for its other end, in one of the few threads that read files.
const readFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** One folder of static files with what is remembered of them. */
export class StaticFolder {
  readonly root: string;
  readonly #options: StaticFolderOptions;
  /** In order of use, the longest unused first. */
  readonly #remembered = new Map<string, Remembered>();
  readonly #hashes = new Map<string, string>();
  readonly #hashing = new Map<string, Promise<string>>();
  #rememberedBytes = 0;

  constructor(options: StaticFolderOptions) {
    this.#options = options;
    this.root = options.root;
  }

  /** Tells whether the spelling of a decoded URL path is one that may be served. */
  permits(path: string): boolean {
    return isServablePath(path, this.#options.serveDotFiles);
  }

  /** Gives a small file from memory if it is unchanged, which one look at the disk tells; `null` otherwise. */
  recall(absolutePath: string): StaticFile | null {
    const known = this.#remembered.get(absolutePath);
    if (known === undefined) return null;
    // Synchronous: it takes a few microseconds, where a trip through the thread pool takes fifty.
    if (isSameStatus(known.status, tryStatSync(absolutePath))) {
      this.#remembered.delete(absolutePath);
      this.#remembered.set(absolutePath, known);
      return known.file;
    }
    this.#forget(absolutePath, known);
    return null;
  }

  /** Opens a file. What counts is where the opened file really lies, so that no link can be swapped after the check. */
  async open(absolutePath: string): Promise<StaticFile | NoStaticFile> {
    let handle: FileHandle | undefined;
    try {
      const found = await stat(absolutePath);
      if (found.isDirectory()) return (await this.#isPermitted(await realpath(absolutePath))) ? "folder" : "missing";
      if (!found.isFile()) return "special";
      handle = await open(absolutePath, readFlags);
      const status = await handle.stat();
      if (!status.isFile()) return "special";
      if (!(await this.#isPermitted(await realPathOf(handle, absolutePath, status)))) return "missing";
      const file = await this.#read(handle, status, absolutePath);
      if (file.handle !== null) handle = undefined;
      return file;
    } catch (error) {
      return reasonOf(error as NodeJS.ErrnoException);
    } finally {
      await handle?.close();
    }
  }

  async #isPermitted(realPath: string | null): Promise<boolean> {
    const { followSymlinks, serveDotFiles } = this.#options;
    if (followSymlinks === true) return true;
    if (realPath === null) return false;
    // Found anew each time: a deployment may swap the link that the root itself is.
    for (const folder of [this.root, ...(followSymlinks === false ? [] : followSymlinks)]) {
      const realFolder = await realpath(folder).catch(() => null);
      if (realFolder === null || !isWithin(realFolder, realPath)) continue;
      // A link within the root must not lead to a dot file either.
      return serveDotFiles || !/(?:^|\/)\./.test(pathBelow(realFolder, realPath));
    }
    return false;
  }

  async #read(handle: FileHandle, status: Stats, absolutePath: string): Promise<StaticFile> {
    const modified = new Date(Math.floor(status.mtimeMs / 1000) * 1000);
    if (status.size > maxRememberedBytes) {
      const hash = await this.#hashOf(handle, status);
      return { sizeBytes: status.size, modified, hash, content: null, handle };
    }
    const content = Buffer.allocUnsafeSlow(status.size);
    const sizeBytes = await readFully(handle, content);
    const bytes = sizeBytes === content.length ? content : content.subarray(0, sizeBytes);
    const hash = createHash("sha512").update(bytes).digest("hex");
    const file: StaticFile = { sizeBytes, modified, hash, content: bytes, handle: null };
    if (this.#isSettled(status) && isSameStatus(status, await handle.stat()))
      this.#remember(absolutePath, { file, status });
    return file;
  }

  /** Hashes a large file in pieces between which other requests run; requests for the same file share the work. */
  async #hashOf(handle: FileHandle, status: Stats): Promise<string> {
    const identity = `${status.dev} ${status.ino} ${status.size} ${status.mtimeMs} ${status.ctimeMs}`;
    const known = this.#hashes.get(identity);
    if (known !== undefined) return known;
    const running = this.#hashing.get(identity) ?? hashFile(handle, status.size);
    this.#hashing.set(identity, running);
    try {
      const hash = await running;
      if (this.#isSettled(status)) {
        if (this.#hashes.size >= maxRememberedHashes) this.#hashes.clear();
        this.#hashes.set(identity, hash);
      }
      return hash;
    } finally {
      this.#hashing.delete(identity);
    }
  }

  #remember(absolutePath: string, entry: Remembered): void {
    const former = this.#remembered.get(absolutePath);
    if (former !== undefined) this.#forget(absolutePath, former);
    this.#remembered.set(absolutePath, entry);
    this.#rememberedBytes += entry.file.sizeBytes;
    for (const [path, oldest] of this.#remembered) {
      if (this.#rememberedBytes <= maxRememberedTotalBytes && this.#remembered.size <= maxRememberedHashes) break;
      this.#forget(path, oldest);
    }
  }

  #isSettled(status: Stats): boolean {
    const { settledAfterMs = defaultSettledAfterMs } = this.#options;
    return Date.now() - Math.max(status.mtimeMs, status.ctimeMs) >= settledAfterMs;
  }

  #forget(absolutePath: string, entry: Remembered): void {
    if (this.#remembered.delete(absolutePath)) this.#rememberedBytes -= entry.file.sizeBytes;
  }
}

/** Where an open file lies, or `null` when the name that was opened stands for another file by now. */
async function realPathOf(handle: FileHandle, absolutePath: string, status: Stats): Promise<string | null> {
  if (process.platform === "linux") {
    // The kernel's own answer, about this very descriptor.
    const path = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => null);
    if (path !== null) return path;
  }
  const path = await realpath(absolutePath);
  const named = await stat(path);
  return named.dev === status.dev && named.ino === status.ino ? path : null;
}

async function readFully(handle: FileHandle, buffer: Buffer): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

async function hashFile(handle: FileHandle, sizeBytes: number): Promise<string> {
  const hash: Hash = createHash("sha512");
  const buffer = Buffer.allocUnsafeSlow(chunkBytes);
  for (let position = 0; position < sizeBytes; ) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(chunkBytes, sizeBytes - position), position);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
  return hash.digest("hex");
}

function tryStatSync(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // Whatever is the matter with it, opening it will tell.
    return undefined;
  }
}

function isSameStatus(one: Stats, other: Stats | undefined): boolean {
  return (
    other !== undefined &&
    one.ino === other.ino &&
    one.mtimeMs === other.mtimeMs &&
    one.size === other.size &&
    one.ctimeMs === other.ctimeMs &&
    one.dev === other.dev
  );
}

function reasonOf(error: NodeJS.ErrnoException): NoStaticFile {
  switch (error.code) {
    case "ENOENT":
    case "ENOTDIR":
    case "ENAMETOOLONG":
    case "ELOOP":
    case "EINVAL":
      return "missing";
    case "EACCES":
    case "EPERM":
      return "forbidden";
    case "EISDIR":
      return "folder";
    case "EMFILE":
    case "ENFILE":
      return "exhausted";
    default:
      throw error;
  }
}
