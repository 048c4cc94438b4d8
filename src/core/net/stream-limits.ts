/** How much a stream may hold. */

import { TornadoError } from "../errors.js";

/** Limits of a stream, in bytes. */
export interface IOStreamOptions {
  /** Most bytes that wait to be read; a read that needs more closes the stream. Default 100 MB. */
  readonly maxBufferSize?: number;
  /** Most bytes that wait to be sent; a write beyond them is refused. Default: no limit. */
  readonly maxWriteBufferSize?: number;
  /** Bytes taken from the system although nobody reads; then the other end has to wait. Default 64 kB. */
  readonly readChunkSize?: number;
}

const MAX_BUFFER_SIZE = 100 * 1024 * 1024;
const READ_CHUNK_SIZE = 64 * 1024;

/**
 * Fills in the defaults.
 *
 * @throws TornadoError `BAD_ARGUMENT` for a limit that is not above zero.
 */
export function streamLimits(options: IOStreamOptions): Required<IOStreamOptions> {
  const maxBufferSize = positive("maxBufferSize", options.maxBufferSize ?? MAX_BUFFER_SIZE);
  return {
    maxBufferSize,
    maxWriteBufferSize: positive("maxWriteBufferSize", options.maxWriteBufferSize ?? Number.POSITIVE_INFINITY),
    readChunkSize: Math.min(positive("readChunkSize", options.readChunkSize ?? READ_CHUNK_SIZE), maxBufferSize),
  };
}

function positive(name: string, value: number): number {
  if (value > 0) return value;
  throw new TornadoError("BAD_ARGUMENT", `A stream was made with ${name} ${String(value)}. Give bytes, above zero.`);
}
