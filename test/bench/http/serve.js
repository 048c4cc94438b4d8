/** What each server of the benchmark shares: the same content, the port to the parent, and its CPU time when asked. */

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const greeting = "Hello, world";
export const record = () => ({ id: 42, name: "Ada Lovelace", tags: ["mathematics", "engines"], active: true });

/** A folder with a 100 kB file in it. */
export const staticFolder = mkdtempSync(join(tmpdir(), "tornado-bench-static-"));
writeFileSync(join(staticFolder, "100k.js"), "let answer = 42;\n".repeat(6024));

/** Tells the parent the port, then answers each message with the CPU time used so far in microseconds. */
export function ready(port) {
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    process.send(user + system);
  });
  process.send(port);
}
