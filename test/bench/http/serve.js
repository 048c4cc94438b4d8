/** What each server of the benchmark shares: the same content, the port to the parent, and its CPU time when asked. */

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const greeting = "Hello, world";
export const record = () => ({ id: 42, name: "Ada Lovelace", tags: ["mathematics", "engines"], active: true });

/**
 * A folder with a 100 kB file in it, the same for all servers of all runs: a file that was written a moment ago may be written
 * again, and nobody keeps it in memory.
 */
export const staticFolder = join(tmpdir(), "tornado-bench-static");
const script = join(staticFolder, "100k.js");
mkdirSync(staticFolder, { recursive: true });
if (!existsSync(script)) writeFileSync(script, "let answer = 42;\n".repeat(6024));

/** Templates of the 10 kB page: Tornado's, which Python's reads as well, and Eta's. */
export const pageFolder = join(import.meta.dirname, "pages");
export const viewFolder = join(import.meta.dirname, "views");

const stories = Array.from({ length: 75 }, (_, index) => ({
  id: 1000 + index,
  title: index % 5 === 0 ? `Notes & queries, part <${index}>` : `A story of the analytical engine, part ${index}`,
  author: index % 2 === 0 ? "Ada Lovelace" : "Charles Babbage",
  points: 3 * index,
  isNew: index % 7 === 0,
}));

/** What the page shows; some of it must be escaped. */
export const page = () => ({ title: "Stories & notes", visitor: "somebody", stories });

/** Tells the parent the port, then answers each message with the CPU time used so far in microseconds. */
export function ready(port) {
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    process.send(user + system);
  });
  process.send(port);
}
