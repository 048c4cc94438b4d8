/** Reads and writes a socket by promises: what plain, encrypted and piped streams have in common. */

import type { Socket } from "node:net";
import { TornadoError, toError } from "../errors.js";
import { applicationLog, generalLog } from "../log.js";
import { closeSoon } from "./close-soon.js";
import {
  type Attempt,
  bytesAttempt,
  intoAttempt,
  type ReadBytesOptions,
  type ReadUntilOptions,
  regexAttempt,
  untilAttempt,
} from "./pending-read.js";
import { ReadBuffer } from "./read-buffer.js";
import { StreamBufferFullError, StreamClosedError, UnsatisfiableReadError } from "./stream-errors.js";
import { type IOStreamOptions, streamLimits } from "./stream-limits.js";

interface PendingRead {
  readonly attempt: Attempt<unknown>;
  /** Given by what is left when the stream closes. */
  readonly untilClose: boolean;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** See `IOStream`. */
export abstract class BaseIOStream {
  readonly maxBufferSize: number;
  readonly maxWriteBufferSize: number;
  readonly #readChunkSize: number;
  readonly #buffer = new ReadBuffer();
  readonly #writes = new Set<(error: Error) => void>();
  #socket!: Socket;
  #read: PendingRead | null = null;
  #unsentBytes = 0;
  #isFlowing = false;
  #hasEnded = false;
  #isClosed = false;
  #error: Error | null = null;
  #closeCallback: (() => unknown) | null = null;
  readonly #onData = (chunk: Buffer) => this.#received(chunk);
  readonly #onEnd = () => this.#ended();
  readonly #onError = (error: Error) => this.#finish(error);
  readonly #onClose = () => this.#finish(null);

  constructor(socket: Socket, options: IOStreamOptions = {}) {
    const { maxBufferSize, maxWriteBufferSize, readChunkSize } = streamLimits(options);
    this.maxBufferSize = maxBufferSize;
    this.maxWriteBufferSize = maxWriteBufferSize;
    this.#readChunkSize = readChunkSize;
    this.attach(socket);
  }

  /** The socket below. Reading or writing it beside the stream mixes up the bytes of both. */
  get socket(): Socket {
    return this.#socket;
  }

  /** What closed the stream; `null` when it is open, or was closed in order. */
  get error(): Error | null {
    return this.#error;
  }

  /** Whether the stream is closed. The other end's closing is found out by reading. */
  closed(): boolean {
    return this.#isClosed;
  }

  /** Whether a read is waiting. */
  reading(): boolean {
    return this.#read !== null;
  }

  /** Whether bytes wait to be sent. */
  writing(): boolean {
    return this.#writes.size > 0;
  }

  /** Reads so many bytes; with `partial`, at least one and no more than these. */
  readBytes(count: number, options: ReadBytesOptions = {}): Promise<Buffer> {
    return this.#start(() => bytesAttempt(count, options));
  }

  /**
   * Reads into memory of the caller's, until it is full; with `partial`, as soon as anything has arrived.
   *
   * @returns How many bytes.
   */
  readInto(target: Uint8Array, options: ReadBytesOptions = {}): Promise<number> {
    return this.#start(() => intoAttempt(target, options));
  }

  /** Reads up to a delimiter, and gives that as well. A text is taken as UTF-8. */
  readUntil(delimiter: string | Uint8Array, options: ReadUntilOptions = {}): Promise<Buffer> {
    return this.#start(() => untilAttempt(typeof delimiter === "string" ? Buffer.from(delimiter) : delimiter, options));
  }

  /**
   * Reads up to the end of the first match of an expression, which sees each byte as one character.
   *
   * The match is looked for whenever bytes arrive: an expression that could match more of what comes later, such as
   * `/\d+/`, takes what there is. Give `maxBytes`: the search begins anew each time.
   */
  readUntilRegex(pattern: RegExp, options: ReadUntilOptions = {}): Promise<Buffer> {
    return this.#start(() => regexAttempt(pattern, options));
  }

  /** Reads everything until the other end closes. */
  readUntilClose(): Promise<Buffer> {
    if (this.#isClosed) return Promise.resolve(this.#buffer.take(this.#buffer.size));
    return this.#start<Buffer>(() => () => undefined, true);
  }

  /**
   * Writes bytes; a text is sent as UTF-8.
   *
   * @returns A promise that resolves when the system has taken them, which is how a fast writer waits for a slow reader. It
   * may be ignored: a stream that closes before is noticed by the next read or write.
   * @throws StreamClosedError when the stream is closed, or closes before; StreamBufferFullError when too many bytes wait.
   */
  write(data: string | Uint8Array): Promise<void> {
    const writing = this.#write(typeof data === "string" ? Buffer.from(data) : data);
    writing.catch(() => {});
    return writing;
  }

  /** Has a function called when the stream is closed, by whomever; at once if it is. `null` takes it away. */
  setCloseCallback(callback: (() => unknown) | null): void {
    this.#closeCallback = callback;
    if (this.#isClosed) this.#tellClosed();
    else this.#noticeEnd();
  }

  /**
   * Closes the stream. What was written before still goes out, for some seconds, unless there is an error.
   *
   * @param error - Becomes the `realError` of reads and writes that wait.
   */
  close(error: Error | null = null): void {
    this.#finish(error);
  }

  /** Sends small writes at once instead of gathering them. */
  setNodelay(value: boolean): void {
    this.#socket.setNoDelay(value);
  }

  /** Begins to use a socket. */
  protected attach(socket: Socket): void {
    this.#socket = socket;
    // The other end may stop sending and still wait for an answer.
    socket.allowHalfOpen = true;
    socket.on("data", this.#onData).on("end", this.#onEnd).on("error", this.#onError).on("close", this.#onClose);
    this.#isFlowing = true;
    if (socket.isPaused()) socket.resume();
  }

  /** Gives the close callback to the stream that goes on with the socket of this one. */
  protected moveCloseCallback(to: BaseIOStream): void {
    to.setCloseCallback(this.#closeCallback);
    this.#closeCallback = null;
  }

  /** Puts another socket in the place of the one below, such as the encrypted one that is made of it. */
  protected reattach(change: (socket: Socket) => Socket): void {
    const socket = this.detach();
    this.#isClosed = false;
    this.attach(change(socket));
  }

  /** Lets go of the socket, and gives back to it what was received and not read. */
  protected detach(): Socket {
    if (this.#read !== null || this.writing() || this.#isClosed) {
      const why = this.#isClosed ? "is closed" : this.#read !== null ? "has a read waiting" : "has bytes to send";
      throw new TornadoError("STREAM_BUSY", `The stream ${why}. Await its reads and writes before startTls().`);
    }
    const socket = this.#socket;
    socket.off("data", this.#onData).off("end", this.#onEnd).off("error", this.#onError).off("close", this.#onClose);
    socket.pause();
    if (this.#buffer.size > 0) socket.unshift(this.#buffer.take(this.#buffer.size));
    this.#isClosed = true;
    return socket;
  }

  #start<Result>(makeAttempt: () => Attempt<Result>, untilClose = false): Promise<Result> {
    const reading = new Promise<unknown>((resolve, reject) => {
      if (this.#read !== null) {
        throw new TornadoError("ALREADY_READING", "The stream is being read already. Await one read before the next.");
      }
      this.#read = { attempt: makeAttempt(), untilClose, resolve, reject };
      this.#advance();
      // Only when the buffer has no answer: what arrived before the end is still there to be read.
      if (this.#isClosed) this.#failRead();
      else if (this.#hasEnded && this.#read !== null) this.#finish(null);
      this.#regulate();
    });
    // Nobody may look before the stream has closed; the next operation will tell.
    reading.catch(() => {});
    return reading as Promise<Result>;
  }

  /** Gives the waiting read its result, if it is there. */
  #advance(): void {
    const read = this.#read;
    if (read === null) return;
    try {
      const result = read.attempt(this.#buffer);
      if (result === undefined) {
        if (this.#buffer.size > this.maxBufferSize)
          throw new StreamBufferFullError("maxBufferSize", this.maxBufferSize);
        return;
      }
      // However the bytes were cut on their way: the limit is the same.
      if (Buffer.isBuffer(result) && result.length > this.maxBufferSize) {
        throw new StreamBufferFullError("maxBufferSize", this.maxBufferSize);
      }
      this.#read = null;
      read.resolve(result);
      this.#noticeEnd();
    } catch (error) {
      this.#giveUpReading(toError(error));
    }
  }

  #giveUpReading(error: Error): void {
    if (error instanceof UnsatisfiableReadError) generalLog.info(`Closed a stream: ${error.message}`);
    else generalLog.error("Closed a stream that could not be read", error);
    this.#finish(error);
  }

  #received(chunk: Buffer): void {
    if (this.#isClosed) return;
    this.#buffer.append(chunk);
    this.#advance();
    this.#regulate();
  }

  /** Takes bytes from the system while somebody reads, and a few beyond, which is how the other end's closing is noticed. */
  #regulate(): void {
    if (this.#isClosed) return;
    const wantsMore = this.#read !== null || this.#buffer.size < this.#readChunkSize;
    if (wantsMore === this.#isFlowing) return;
    this.#isFlowing = wantsMore;
    if (wantsMore) this.#socket.resume();
    else this.#socket.pause();
  }

  #ended(): void {
    this.#hasEnded = true;
    if (this.#read !== null) this.#finish(null);
    else this.#noticeEnd();
  }

  /** Who reads finds the end by reading. Who has a callback is told, when there is nothing left to read. */
  #noticeEnd(): void {
    const isWaitedFor = this.#closeCallback !== null && this.#read === null && this.#buffer.size === 0;
    if (this.#hasEnded && !this.#isClosed && isWaitedFor) this.#finish(null);
  }

  async #write(data: Uint8Array): Promise<void> {
    if (this.#isClosed) throw new StreamClosedError(this.#error);
    if (this.#unsentBytes + data.length > this.maxWriteBufferSize) {
      throw new StreamBufferFullError("maxWriteBufferSize", this.maxWriteBufferSize);
    }
    this.#unsentBytes += data.length;
    await new Promise<void>((resolve, reject) => {
      this.#writes.add(reject);
      this.#socket.write(data, (error) => {
        this.#writes.delete(reject);
        this.#unsentBytes -= data.length;
        if (error == null) resolve();
        else reject(new StreamClosedError(this.#error ?? error));
      });
    });
  }

  #finish(error: Error | null): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#error = error;
    if (error === null && !this.#socket.connecting) closeSoon(this.#socket);
    else this.#socket.destroy();
    this.#failRead();
    for (const reject of this.#writes) reject(new StreamClosedError(error));
    this.#writes.clear();
    this.#tellClosed();
  }

  #failRead(): void {
    const read = this.#read;
    this.#read = null;
    if (read?.untilClose === true && this.#error === null) read.resolve(this.#buffer.take(this.#buffer.size));
    else read?.reject(new StreamClosedError(this.#error));
  }

  #tellClosed(): void {
    const callback = this.#closeCallback;
    this.#closeCallback = null;
    if (callback === null) return;
    // Later: the reads that the closing has settled go first.
    setImmediate(async () => {
      try {
        await callback();
      } catch (error) {
        applicationLog.error("Exception in the close callback of a stream", toError(error));
      }
    });
  }
}
