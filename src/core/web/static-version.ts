/** Knows the version of a static file that its URL carries, so that browsers may keep the file for years. */

import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { generalLog } from "../log.js";
import { runtime } from "../runtime.js";

const chunkBytes = 256 * 1024;

interface KnownVersion {
  readonly version: string | null;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly changedMs: number;
}

/**
 * Hashes a file: SHA-512 in hexadecimal, as Tornado does.
 *
 * It reads the file synchronously, because a template asks for a URL synchronously; a production build knows the hashes
 * beforehand.
 */
export function hashFileSync(absolutePath: string): string {
  const descriptor = openSync(absolutePath, "r");
  try {
    const hash = createHash("sha512");
    const buffer = Buffer.allocUnsafe(chunkBytes);
    for (let read = readSync(descriptor, buffer); read > 0; read = readSync(descriptor, buffer)) {
      hash.update(buffer.subarray(0, read));
    }
    return hash.digest("hex");
  } finally {
    closeSync(descriptor);
  }
}

/** The versions of one handler class, each computed once, or again when the file changes. */
export class StaticVersions {
  readonly #compute: (absolutePath: string) => string | null;
  readonly #known = new Map<string, KnownVersion>();

  constructor(compute: (absolutePath: string) => string | null) {
    this.#compute = compute;
  }

  /**
   * Gives the version of a file, or `null`, with a line in the log, when it cannot be read.
   *
   * @param rechecks - Looks at the file again at every call, as `staticHashCache: false` asks for.
   */
  versionOf(absolutePath: string, rechecks: boolean): string | null {
    const known = this.#known.get(absolutePath);
    if (known !== undefined && !rechecks) return known.version;
    const status = statSync(absolutePath, { throwIfNoEntry: false });
    const sizeBytes = status?.size ?? -1;
    const modifiedMs = status?.mtimeMs ?? -1;
    const changedMs = status?.ctimeMs ?? -1;
    if (known?.sizeBytes === sizeBytes && known.modifiedMs === modifiedMs && known.changedMs === changedMs) {
      return known.version;
    }
    const version = this.#tryCompute(absolutePath);
    this.#known.set(absolutePath, { version, sizeBytes, modifiedMs, changedMs });
    return version;
  }

  clear(): void {
    this.#known.clear();
  }

  #tryCompute(absolutePath: string): string | null {
    try {
      return this.#compute(absolutePath);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      generalLog.error(`Could not open the static file ${JSON.stringify(absolutePath)} (${code ?? String(error)}).`);
      return null;
    }
  }
}

/** Gives the hash that the build has found, or `undefined`. */
export function builtStaticVersion(absolutePath: string): string | undefined {
  const { staticVersions } = runtime();
  return staticVersions?.get(process.platform === "win32" ? absolutePath.replaceAll("\\", "/") : absolutePath);
}
