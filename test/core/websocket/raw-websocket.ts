/** A client that writes frames byte by byte, right ones and wrong ones, and reads those that come back. */

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import { onTestFinished } from "vitest";
import { openSocket } from "../../support/raw-http.js";

export interface Frame {
  readonly isFinal: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly payload: Buffer;
}

/** The key of the example in RFC 6455, section 1.3. */
export const key = "dGhlIHNhbXBsZSBub25jZQ==";

export const handshakeLines = (path = "/ws", ...lines: string[]) =>
  [
    `GET ${path} HTTP/1.1`,
    "Host: localhost",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${key}`,
    ...lines,
    "\r\n",
  ].join("\r\n");

export interface FrameOptions {
  readonly isFinal?: boolean;
  readonly rsv?: number;
  readonly isMasked?: boolean;
  /** How many bytes the length takes: 1, 3 or 9. Default: as few as it needs. */
  readonly lengthBytes?: number;
}

/** Writes one frame (RFC 6455, section 5.2). */
export function frame(opcode: number, payload: Uint8Array | string = "", options: FrameOptions = {}): Buffer {
  const { isFinal = true, rsv = 0, isMasked = true } = options;
  const body = Buffer.from(payload as string);
  const lengthBytes = options.lengthBytes ?? (body.length < 126 ? 1 : body.length < 65536 ? 3 : 9);
  const head = Buffer.alloc(1 + lengthBytes);
  head[0] = (isFinal ? 0x80 : 0) | (rsv << 4) | opcode;
  head[1] = (isMasked ? 0x80 : 0) | (lengthBytes === 1 ? body.length : lengthBytes === 3 ? 126 : 127);
  if (lengthBytes === 3) head.writeUInt16BE(body.length, 2);
  if (lengthBytes === 9) head.writeBigUInt64BE(BigInt(body.length), 2);
  if (!isMasked) return Buffer.concat([head, body]);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, body.map((byte, index) => byte ^ mask[index % 4]!)]);
}

export const text = (payload: string, options?: FrameOptions) => frame(1, payload, options);
export const close = (code?: number, reason = "") => {
  if (code === undefined) return frame(8);
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code);
  payload.write(reason, 2);
  return frame(8, payload);
};

/** A connection after its handshake. */
export class RawWebSocket {
  readonly socket: Socket;
  /** The answer to the handshake. */
  readonly head: string;
  #received: Buffer;
  #isClosed = false;
  readonly #closed: Promise<void>;

  private constructor(socket: Socket, head: string, rest: Buffer) {
    this.socket = socket;
    this.head = head;
    this.#received = rest;
    socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
    });
    this.#closed = new Promise((resolve) => {
      socket.once("close", () => {
        this.#isClosed = true;
        resolve();
      });
    });
  }

  static async open(port: number, path = "/ws", ...lines: string[]): Promise<RawWebSocket> {
    const socket = await openSocket(port);
    socket.on("error", () => {});
    onTestFinished(() => void socket.destroy());
    socket.write(handshakeLines(path, ...lines));
    let received = Buffer.alloc(0);
    while (!received.includes("\r\n\r\n")) {
      const [chunk] = (await once(socket, "data")) as [Buffer];
      received = Buffer.concat([received, chunk]);
    }
    const end = received.indexOf("\r\n\r\n") + 4;
    return new RawWebSocket(socket, received.toString("latin1", 0, end), received.subarray(end));
  }

  send(...frames: Uint8Array[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  /** Reads the next frame; `null` when the connection has ended. */
  async read(): Promise<Frame | null> {
    for (;;) {
      const parsed = this.#parse();
      if (parsed !== null) return parsed;
      if (this.#isClosed) return null;
      await Promise.race([once(this.socket, "data"), this.#closed]);
    }
  }

  /** Reads to the end, and says what came: `text hello`, `close 1002`. */
  async transcript(): Promise<string[]> {
    const lines: string[] = [];
    for (let next = await this.read(); next !== null; next = await this.read()) {
      lines.push(describeFrame(next));
      // As a client does that has been told to go.
      if (next.opcode === 8) this.socket.end();
    }
    return lines;
  }

  #parse(): Frame | null {
    const bytes = this.#received;
    if (bytes.length < 2) return null;
    let start = 2;
    let length = bytes[1]! & 0x7f;
    if (length === 126) {
      if (bytes.length < 4) return null;
      length = bytes.readUInt16BE(2);
      start = 4;
    } else if (length === 127) {
      if (bytes.length < 10) return null;
      length = Number(bytes.readBigUInt64BE(2));
      start = 10;
    }
    if (bytes.length < start + length) return null;
    this.#received = bytes.subarray(start + length);
    return {
      isFinal: (bytes[0]! & 0x80) !== 0,
      rsv: (bytes[0]! >> 4) & 7,
      opcode: bytes[0]! & 15,
      payload: bytes.subarray(start, start + length),
    };
  }
}

const names: Readonly<Record<number, string>> = {
  0: "more",
  1: "text",
  2: "binary",
  8: "close",
  9: "ping",
  10: "pong",
};

export function describeFrame({ opcode, payload }: Frame): string {
  if (opcode === 8) return payload.length === 0 ? "close" : `close ${payload.readUInt16BE()}`;
  const shown = payload.length > 40 ? `${payload.length} bytes` : payload.toString("utf8");
  return `${names[opcode]} ${shown}`.trim();
}
