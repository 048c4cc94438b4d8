/** Speaks HTTP as bytes on a socket, for tests of what exactly goes over the wire. */

import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface RawResponse {
  readonly status: number;
  readonly reason: string;
  /** Header lines as sent, in order. */
  readonly headerLines: readonly string[];
  /** The first field of that name, compared without case. */
  header(name: string): string | undefined;
  /** Everything after the empty line, framing included. */
  readonly body: string;
}

/** Opens a connection; rejects when nobody listens. */
export async function openSocket(port: number, host = "127.0.0.1"): Promise<Socket> {
  const socket = connect(port, host);
  await once(socket, "connect");
  return socket;
}

/** Sends the bytes and collects everything until the server closes. */
export async function sendRaw(port: number, bytes: string | Uint8Array): Promise<string> {
  const socket = await openSocket(port);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  // A reset after the answer is an answer all the same; what arrived is what counts.
  socket.on("error", () => {});
  socket.write(bytes);
  await new Promise((resolve) => socket.once("close", resolve));
  return Buffer.concat(chunks).toString("latin1");
}

/** Takes one response apart, without any tolerance. */
export function parseResponse(text: string): RawResponse {
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd === -1) throw new Error(`No complete response head in: ${JSON.stringify(text.slice(0, 200))}`);
  const [startLine, ...headerLines] = text.slice(0, headEnd).split("\r\n");
  const match = /^HTTP\/1\.1 (\d{3}) ?(.*)$/.exec(startLine!);
  if (match === null) throw new Error(`Not a status line: ${JSON.stringify(startLine)}`);
  return {
    status: Number(match[1]),
    reason: match[2]!,
    headerLines,
    header(name) {
      const prefix = `${name.toLowerCase()}:`;
      return headerLines
        .find((line) => line.toLowerCase().startsWith(prefix))
        ?.slice(prefix.length)
        .trim();
    },
    body: text.slice(headEnd + 4),
  };
}

/** One request on a connection of its own: the usual lines are added, `Connection: close` among them. */
export async function request(
  port: number,
  startLine: string,
  headers: string[] = [],
  body = "",
): Promise<RawResponse> {
  const lines = [`${startLine} HTTP/1.1`, `Host: 127.0.0.1:${port}`, "Connection: close", ...headers];
  if (body !== "") lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  return parseResponse(await sendRaw(port, `${lines.join("\r\n")}\r\n\r\n${body}`));
}
