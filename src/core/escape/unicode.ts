/** Bridges between text and its UTF-8 bytes. */

/** Gives text as its UTF-8 bytes; bytes and `null` pass. Other types throw. */
export function utf8(value: string | Uint8Array): Buffer;
export function utf8(value: string | Uint8Array | null): Buffer | null;
export function utf8(value: string | Uint8Array | null): Buffer | null {
  if (value === null || Buffer.isBuffer(value)) return value;
  if (typeof value === "string") return Buffer.from(value);
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  throw new TypeError(`Expected a string, bytes or null, got ${describeType(value)}.`);
}

/** Gives UTF-8 bytes as text; text and `null` pass. Other types throw. */
export function toUnicode(value: string | Uint8Array): string;
export function toUnicode(value: string | Uint8Array | null): string | null;
export function toUnicode(value: string | Uint8Array | null): string | null {
  if (typeof value === "string" || value === null) return value;
  if (value instanceof Uint8Array) return utf8(value).toString();
  throw new TypeError(`Expected a string, bytes or null, got ${describeType(value)}.`);
}

function describeType(value: unknown): string {
  return typeof value === "object" ? (value?.constructor?.name ?? "an object") : typeof value;
}
