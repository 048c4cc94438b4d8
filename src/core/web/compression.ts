/** Compresses responses of text, by what the client accepts: gzip, br, and zstd where Node has it. */

import type { Transform } from "node:stream";
import { promisify } from "node:util";
import * as zlib from "node:zlib";
import type { HTTPHeaders } from "../http/headers.js";
import type { HTTPServerRequest } from "../http/request.js";
import { addVary } from "../http/vary.js";
import { type FirstChunk, OutputTransform } from "./output-transform.js";

/** One content coding (RFC 9110, section 8.4.1). */
interface Coding {
  readonly name: string;
  readonly compressSync: (chunk: Buffer) => Buffer;
  readonly compress: (chunk: Buffer) => Promise<Buffer>;
  readonly createStream: () => Transform & { flush(callback: () => void): void };
}

/** Bodies below it do not get smaller by enough to matter. */
const minimumBytes = 1024;
/** Up to this size compressing takes less time than handing it to a thread and back. */
const largestSyncBytes = 16 * 1024;
const gzipOptions = { level: 6 };
// Above 5 brotli costs more time than it saves on the wire of a response made for one client.
const brotliOptions = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } };

/** In our order of preference, for clients that like several as much. */
const codings: readonly Coding[] = [...zstdCoding(), brotliCoding(), gzipCoding()];

const compressibleTypes = new Set(
  [
    "application/javascript",
    "application/x-javascript",
    "application/xml",
    "application/atom+xml",
    "application/json",
    "application/xhtml+xml",
    "image/svg+xml",
  ].concat(["application/manifest+json", "application/ld+json", "application/problem+json"]),
);

/**
 * Compresses responses. The name is Tornado's; it knows br and zstd as well, and q-values.
 *
 * Every response gets `Vary: Accept-Encoding`. Left alone are other types than text, bodies below 1 kB, parts (206), what is
 * encoded already, and what says `Cache-Control: no-transform`. The ETag of what is compressed becomes a weak one: a client must not
 * join compressed bytes with a range of the plain ones. HEAD gets the headers of GET.
 */
export class GZipContentEncoding extends OutputTransform {
  readonly #coding: Coding | null;
  #stream: CompressingStream | null = null;

  constructor(request: HTTPServerRequest) {
    super(request);
    this.#coding = chooseCoding(request.headers.get("Accept-Encoding"));
  }

  override transformFirstChunk(
    statusCode: number,
    headers: HTTPHeaders,
    chunk: Buffer,
    finishing: boolean,
  ): FirstChunk | Promise<FirstChunk> {
    addVary(headers, "Accept-Encoding");
    const coding = this.#coding;
    const plain = { statusCode, headers, chunk };
    if (coding !== null && statusCode === 304) this.#confirmWeakEtag(headers);
    if (coding === null || !mayCompress(statusCode, headers)) return plain;
    const isBodyMissing = this.request.method === "HEAD" && (!finishing || chunk.length === 0);
    const length = isBodyMissing ? Number(headers.get("Content-Length") ?? Number.POSITIVE_INFINITY) : chunk.length;
    if (length < minimumBytes && (finishing || isBodyMissing)) return plain;
    headers.set("Content-Encoding", coding.name);
    const etag = headers.get("Etag");
    if (etag?.startsWith('"')) headers.set("Etag", `W/${etag}`);
    if (isBodyMissing) {
      // How much it would be is not known without it.
      headers.delete("Content-Length");
      return plain;
    }
    if (!finishing) {
      headers.delete("Content-Length");
      this.#stream = new CompressingStream(coding);
      return this.#stream.add(chunk, false).then((compressed) => ({ statusCode, headers, chunk: compressed }));
    }
    const whole = (compressed: Buffer): FirstChunk => {
      headers.set("Content-Length", String(compressed.length));
      return { statusCode, headers, chunk: compressed };
    };
    return chunk.length <= largestSyncBytes ? whole(coding.compressSync(chunk)) : coding.compress(chunk).then(whole);
  }

  /** The client asked about a compressed answer, and is to learn that this very one is current. */
  #confirmWeakEtag(headers: HTTPHeaders): void {
    const etag = headers.get("Etag");
    if (etag?.startsWith('"') && this.request.headers.get("If-None-Match")?.includes(`W/${etag}`)) {
      headers.set("Etag", `W/${etag}`);
    }
  }

  override transformChunk(chunk: Buffer, finishing: boolean): Buffer | Promise<Buffer> {
    return this.#stream === null ? chunk : this.#stream.add(chunk, finishing);
  }
}

/**
 * Chooses by the q-values of an Accept-Encoding header (RFC 9110, section 12.5.3).
 *
 * @returns `null` for none: also when the client likes its bytes plain at least as much.
 */
export function chooseCoding(acceptEncoding: string | undefined): Coding | null {
  if (acceptEncoding === undefined) return null;
  const weights = new Map<string, number>();
  for (const entry of acceptEncoding.split(",")) {
    const [name = "", ...parameters] = entry.split(";").map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
    const value = weight === undefined ? 1 : /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(weight) ? Number(weight) : 0;
    weights.set(name === "x-gzip" ? "gzip" : name, value);
  }
  // A star stands for the oldest coding only: who does not name br may not know it.
  const weightOf = (name: string) => weights.get(name) ?? (name === "gzip" ? (weights.get("*") ?? 0) : 0);
  let best: Coding | null = null;
  let bestWeight = 0;
  for (const coding of codings) {
    const weight = weightOf(coding.name);
    if (weight > bestWeight) {
      best = coding;
      bestWeight = weight;
    }
  }
  return bestWeight < (weights.get("identity") ?? 0) ? null : best;
}

function mayCompress(statusCode: number, headers: HTTPHeaders): boolean {
  if (statusCode === 206 || statusCode === 204 || statusCode === 304 || statusCode < 200) return false;
  if (headers.has("Content-Encoding") || headers.has("Content-Range")) return false;
  if (/(?:^|[,\s])no-transform(?:[,\s]|$)/i.test(headers.get("Cache-Control") ?? "")) return false;
  const type = (headers.get("Content-Type") ?? "").split(";", 1)[0]!.trim().toLowerCase();
  return type.startsWith("text/") || compressibleTypes.has(type);
}

/** Compresses piece by piece, so that each can be read when it arrives. */
class CompressingStream {
  readonly #stream: ReturnType<Coding["createStream"]>;
  #pieces: Buffer[] = [];

  constructor(coding: Coding) {
    this.#stream = coding.createStream();
    this.#stream.on("data", (piece: Buffer) => this.#pieces.push(piece));
  }

  add(chunk: Buffer, finishing: boolean): Promise<Buffer> {
    const stream = this.#stream;
    return new Promise((resolve, reject) => {
      const settle = () => {
        stream.off("error", reject);
        const compressed = Buffer.concat(this.#pieces);
        this.#pieces = [];
        resolve(compressed);
      };
      stream.once("error", reject);
      if (finishing) {
        stream.once("end", settle);
        stream.end(chunk);
      } else {
        stream.write(chunk);
        // The last data event may come a tick after the flush.
        stream.flush(() => setImmediate(settle));
      }
    });
  }
}

function gzipCoding(): Coding {
  const compress = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gzip);
  return {
    name: "gzip",
    compressSync: (chunk) => zlib.gzipSync(chunk, gzipOptions),
    compress: (chunk) => compress(chunk, gzipOptions),
    createStream: () => zlib.createGzip(gzipOptions),
  };
}

function brotliCoding(): Coding {
  const compress = promisify<Buffer, zlib.BrotliOptions, Buffer>(zlib.brotliCompress);
  return {
    name: "br",
    compressSync: (chunk) => zlib.brotliCompressSync(chunk, brotliOptions),
    compress: (chunk) => compress(chunk, brotliOptions),
    createStream: () => zlib.createBrotliCompress(brotliOptions),
  };
}

/** What node:zlib has from Node 22.15 on; its types here are older. */
interface ZlibWithZstd {
  readonly zstdCompress?: (chunk: Buffer, callback: (error: Error | null, result: Buffer) => void) => void;
  readonly zstdCompressSync: (chunk: Buffer) => Buffer;
  readonly createZstdCompress: Coding["createStream"];
}

function zstdCoding(): Coding[] {
  const { zstdCompress, zstdCompressSync, createZstdCompress } = zlib as unknown as ZlibWithZstd;
  if (zstdCompress === undefined) return [];
  return [
    {
      name: "zstd",
      compressSync: zstdCompressSync,
      compress: promisify(zstdCompress),
      createStream: createZstdCompress,
    },
  ];
}
