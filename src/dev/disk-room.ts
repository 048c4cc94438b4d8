/** Tells whether a disk is full, and whether there is room on it again. */

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What a bundle of a usual app takes, with its map. */
const ROOM_BYTES = 1024 * 1024;

/** Whether an error says, or was caused by it, that nothing more can be written: the disk, or this user's share of it, is used up. */
export function isDiskFull(error: unknown): boolean {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  return code === "ENOSPC" || code === "EDQUOT" || (cause instanceof Error && isDiskFull(cause));
}

/** Whether as much can be written to a folder as a bundle needs. What a system says of its free blocks leaves out quotas. */
export function hasRoom(folder: string): boolean {
  const probe = join(folder, "room");
  try {
    writeFileSync(probe, Buffer.alloc(ROOM_BYTES, 1));
    return true;
  } catch {
    // Full still, or the folder is gone: then it is a save that brings the app back.
    return false;
  } finally {
    rmSync(probe, { force: true });
  }
}
