/** A message of a channel: as its publisher gave it, as it goes to other processes, and as it goes to WebSockets. */

import { jsonEncode } from "../escape.js";

/** What may be published: text, bytes, or anything that JSON can say. Bytes arrive as a `Buffer`. */
export type Publishable = string | number | boolean | null | object;

/** A message on its way to subscribers. What it is turned into is made once, however many they are. */
export class ChannelMessage {
  readonly value: unknown;
  #frame: Buffer | null = null;

  constructor(value: unknown) {
    this.value = value;
  }

  /** Whether it goes to a WebSocket as a binary message. */
  get isBinary(): boolean {
    return this.value instanceof Uint8Array;
  }

  /** The content of a WebSocket's message: text in UTF-8 already, so that it is encoded once for all. */
  get frame(): Buffer {
    this.#frame ??= toFrame(this.value);
    return this.#frame;
  }
}

/**
 * Turns a message into text for another process.
 *
 * @throws TypeError for what JSON cannot say.
 */
export function encodeForRelay(value: unknown): string {
  if (value instanceof Uint8Array) return `b${Buffer.from(value).toString("base64")}`;
  const isOtherBytes = ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
  const json = isOtherBytes ? undefined : (JSON.stringify(value) as string | undefined);
  if (json === undefined) {
    throw new TypeError(
      `publish() takes text, bytes as a Buffer, or what JSON can say, not ${isOtherBytes ? value.constructor.name : typeof value}.`,
    );
  }
  return `j${json}`;
}

/** Turns it back. */
export function decodeFromRelay(text: string): unknown {
  return text.startsWith("b") ? Buffer.from(text.slice(1), "base64") : JSON.parse(text.slice(1));
}

function toFrame(value: unknown): Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return Buffer.from(typeof value === "string" ? value : jsonEncode(value));
}
