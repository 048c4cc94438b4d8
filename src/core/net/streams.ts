/** The entry point `tornado/iostream`. */

export { BaseIOStream } from "./base-iostream.js";
export { IOStream, PipeIOStream, SSLIOStream, type SSLIOStreamOptions, type StartTlsOptions } from "./iostream.js";
export type { ReadBytesOptions, ReadUntilOptions } from "./pending-read.js";
export type { StreamSSLOptions } from "./ssl-options.js";
export { StreamBufferFullError, StreamClosedError, UnsatisfiableReadError } from "./stream-errors.js";
export type { IOStreamOptions } from "./stream-limits.js";
