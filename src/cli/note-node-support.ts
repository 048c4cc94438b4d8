/** Tells once, when a server starts, that the running Node.js gets no security fixes any more. */

import type { TerminalStyle } from "../core/terminal-style.js";
import { nodeSupportNote } from "./node-support.js";

/** Writes the note, if there is something to note. */
export function noteNodeSupport(stream: NodeJS.WritableStream, style: TerminalStyle): void {
  const note = nodeSupportNote(process.versions.node, new Date());
  if (note !== undefined) stream.write(`${style.dim(note)}\n`);
}
