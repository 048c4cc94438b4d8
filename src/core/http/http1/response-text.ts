/** Makes the bytes of a response: its head and chunks, as text of latin-1 where that is cheaper than buffers. */

/** How many names and values of a head make up its beginning, which is nearly always that of the head before: `Server`, `Date`. */
const beginningLength = 6;
/** The beginning of the last head that had one. */
let beginningParts: readonly string[] = [];
let beginningText = "";

/** Writes the head of a response. */
export function headText(line: string, fields: readonly string[]): string {
  let text = line;
  let i = 0;
  if (fields.length >= beginningLength) {
    if (!isSameBeginning(line, fields)) keepBeginning(line, fields);
    text = beginningText;
    i = beginningLength;
  }
  for (; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`;
  return `${text}\r\n`;
}

/** Whether all parts are the same; in the same second they are even the same strings, and compared by that. */
function isSameBeginning(line: string, fields: readonly string[]): boolean {
  for (let i = 0; i < beginningLength; i++) if (fields[i] !== beginningParts[i]) return false;
  return line === beginningParts[beginningLength];
}

function keepBeginning(line: string, fields: readonly string[]): void {
  beginningParts = [...fields.slice(0, beginningLength), line];
  let text = line;
  for (let i = 0; i < beginningLength; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`;
  // By way of bytes it becomes one piece: the engine would put its parts together again for every head.
  beginningText = Buffer.from(text, "latin1").toString("latin1");
}

/** The bytes as a text in which each character stands for one. */
export function toLatin1(body: Uint8Array | string): string {
  if (typeof body === "string") return Buffer.from(body).toString("latin1");
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1");
}

/** Writes a piece of a chunked body behind a text of latin-1, which may be empty. */
export function chunkBytes(text: string, chunk: Uint8Array | string): Buffer {
  const isText = typeof chunk === "string";
  const size = isText ? Buffer.byteLength(chunk) : chunk.byteLength;
  const before = `${text}${size.toString(16)}\r\n`;
  const bytes = Buffer.allocUnsafe(before.length + size + 2);
  bytes.write(before, 0, "latin1");
  if (isText) bytes.write(chunk, before.length, "utf8");
  else bytes.set(chunk, before.length);
  bytes.write("\r\n", before.length + size, "latin1");
  return bytes;
}
