/** Holds the transport's reader against the reference parser, over one stream in any pieces. */

import type { HTTPInputError } from "../../../../../src/core/http/http-input-error.js";
import { RequestReader, type RequestReaderTarget } from "../../../../../src/core/http/http1/request-reader.js";
import type { RequestHead } from "../../../../../src/core/http/request-head.js";
import {
  type ReferenceEnd,
  type ReferenceLimits,
  type ReferenceReading,
  type ReferenceRequest,
  readWithReference,
} from "./reference-parser.js";

/** Small, so that generated streams reach them. */
export const smallLimits: ReferenceLimits = { maxHeaderBytes: 256, maxHeaderCount: 8 };

/** When the reader is made to wait, as the transport makes it. */
export type Pausing = "never" | "at heads" | "at every call";

interface ReadRequest {
  readonly head: RequestHead;
  body: string;
  announcedBytes: number;
  isComplete: boolean;
}

/** Keeps what the reader says, and resumes it between the pushes. */
export class Recorder implements RequestReaderTarget {
  readonly requests: ReadRequest[] = [];
  status = 0;
  isWaiting = false;
  reader!: RequestReader;
  readonly #pausing: Pausing;

  constructor(pausing: Pausing) {
    this.#pausing = pausing;
  }

  headRead(head: RequestHead): void {
    this.#mustBeOpen();
    this.requests.push({ head, body: "", announcedBytes: 0, isComplete: false });
    if (this.#pausing !== "never") this.#pause();
  }

  bodyAnnounced(bytes: number): void {
    this.#mustBeOpen();
    const request = this.requests.at(-1)!;
    if (request.head.bodyBytes !== -1) throw new Error("a body with a length was announced");
    if (bytes < request.announcedBytes) throw new Error("less was announced than before");
    request.announcedBytes = bytes;
  }

  bodyRead(chunk: Buffer): void {
    this.#mustBeOpen();
    if (chunk.length === 0) throw new Error("an empty piece of a body");
    const request = this.requests.at(-1)!;
    request.body += chunk.toString("latin1");
    if (request.head.bodyBytes === -1 && request.body.length > request.announcedBytes) {
      throw new Error("a piece of a body that was not announced");
    }
    if (this.#pausing === "at every call") this.#pause();
  }

  messageRead(): void {
    this.#mustBeOpen();
    const request = this.requests.at(-1)!;
    request.isComplete = true;
    if (request.head.bodyBytes === -1 && request.body.length !== request.announcedBytes) {
      throw new Error("less came than was announced");
    }
    if (!request.head.keepAlive) this.reader.stop();
    else if (this.#pausing === "never") this.reader.resume();
    else this.isWaiting = true;
  }

  refused(error: HTTPInputError): void {
    this.#mustBeOpen();
    this.status = error.status;
  }

  #pause(): void {
    this.reader.pause();
    this.isWaiting = true;
  }

  #mustBeOpen(): void {
    if (this.status !== 0) throw new Error("a call behind refused()");
    if (this.isWaiting) throw new Error("a call while it was paused");
  }
}

/** Reads a stream that is cut in pieces at the given places, which are in ascending order. */
export function readInPieces(
  stream: string,
  cuts: readonly number[],
  pausing: Pausing,
  limits: ReferenceLimits,
): Recorder {
  const recorder = new Recorder(pausing);
  const reader = new RequestReader(limits, recorder);
  recorder.reader = reader;
  const bytes = Buffer.from(stream, "latin1");
  let start = 0;
  for (let i = 0; i <= cuts.length; i++) {
    const end = i === cuts.length ? bytes.length : cuts[i]!;
    reader.push(bytes.subarray(start, end));
    start = end;
    while (recorder.isWaiting) {
      recorder.isWaiting = false;
      reader.resume();
    }
  }
  return recorder;
}

/**
 * Says what differs between what both make of a stream; `undefined` if nothing does.
 *
 * @param reference - What the reference parser makes of it, for who asks often.
 */
export function difference(
  stream: string,
  cuts: readonly number[],
  pausing: Pausing,
  limits: ReferenceLimits = smallLimits,
  reference: ReferenceReading = readWithReference(stream, limits),
): string | undefined {
  let recorder: Recorder;
  try {
    recorder = readInPieces(stream, cuts, pausing, limits);
  } catch (error) {
    return `it threw ${String(error)}`;
  }
  return compare(reference, recorder);
}

function compare(reference: ReferenceReading, { requests, status }: Recorder): string | undefined {
  const { end } = reference;
  for (let i = 0; i < Math.max(requests.length, reference.requests.length); i++) {
    const expected = reference.requests[i];
    const actual = requests[i];
    if (expected === undefined)
      return `request ${i}: ${actual!.head.method} ${actual!.head.path} is none; it ${describe(end)}`;
    if (actual === undefined)
      return `request ${i}: ${expected.method} ${expected.path} was not read (status ${status})`;
    const which = differenceOfRequests(expected, actual);
    if (which !== undefined) return `request ${i}: ${which}`;
  }
  const isRight =
    end.kind === "refused"
      ? end.statuses.includes(status)
      : status === 0 || (end.kind === "incomplete" && end.mayRefuse);
  return isRight ? undefined : `the end: status ${status}, but it ${describe(end)}`;
}

function describe(end: ReferenceEnd): string {
  return end.kind === "refused" ? `must be refused by ${end.statuses.join(" or ")}` : `is ${end.kind}`;
}

function differenceOfRequests(expected: ReferenceRequest, { head, body, isComplete }: ReadRequest): string | undefined {
  if (head.method !== expected.method) return `method ${head.method}, not ${expected.method}`;
  if (head.path !== expected.path) return `path ${head.path}, not ${expected.path}`;
  if (head.authority !== expected.authority) return `authority ${head.authority}, not ${expected.authority}`;
  if (head.minorVersion !== expected.minor) return `version 1.${head.minorVersion}, not 1.${expected.minor}`;
  if (head.bodyBytes !== expected.bodyBytes) return `length ${head.bodyBytes}, not ${expected.bodyBytes}`;
  if (head.keepAlive !== expected.keepAlive) return `keepAlive ${head.keepAlive}`;
  if (head.hasUpgrade !== expected.hasUpgrade) return `hasUpgrade ${head.hasUpgrade}`;
  if (head.expectsContinue !== expected.expectsContinue) return `expectsContinue ${head.expectsContinue}`;
  if (body !== expected.body) return `body ${JSON.stringify(body)}, not ${JSON.stringify(expected.body)}`;
  if (isComplete !== expected.isComplete) return `isComplete ${isComplete}`;
  const flat = head.headers.flat();
  if (flat.length !== 2 * expected.fields.length) return `${flat.length / 2} fields, not ${expected.fields.length}`;
  for (let i = 0; i < expected.fields.length; i++) {
    const [name, value] = expected.fields[i]!;
    if (flat[2 * i] !== name || flat[2 * i + 1] !== value)
      return `field ${flat[2 * i]}: ${JSON.stringify(flat[2 * i + 1])}`;
  }
  return undefined;
}

/** Cuts a stream that differs shorter for as long as it differs. */
export function minimal(stream: string, cuts: readonly number[], pausing: Pausing): string {
  let least = stream;
  for (let size = least.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at + size <= least.length; ) {
      const shorter = least.slice(0, at) + least.slice(at + size);
      if (
        difference(
          shorter,
          cuts.filter((cut) => cut < shorter.length),
          pausing,
        ) === undefined
      )
        at += size;
      else least = shorter;
    }
  }
  return least;
}
