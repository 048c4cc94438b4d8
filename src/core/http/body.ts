/** Reads the body of a form, in either of the two encodings that browsers send. */

import { HTTPInputError } from "./http-input-error.js";
import { boundaryOf, type MultipartLimits, type MultipartPart, MultipartReader } from "./multipart.js";
import { addArgument, defaultMaxArguments, parseUrlEncoded } from "./urlencoded.js";

/** An uploaded file that was read into memory. */
export interface HTTPFile {
  /** As the client sent it, folders included: never use it as a path. */
  readonly filename: string;
  readonly body: Buffer;
  /** As declared by the client; `application/unknown` if it was not. */
  readonly contentType: string;
}

export interface ParseBodyConfig {
  /** Most arguments of an urlencoded body. Default 1,000. */
  readonly maxArguments?: number;
  /** Limits of multipart bodies; `enabled: false` refuses them. */
  readonly multipart?: MultipartLimits & { readonly enabled?: boolean };
}

let defaultConfig: ParseBodyConfig = {};

/** Changes the limits that bodies are read with where none are given: those of every request of the process. */
export function setParseBodyConfig(config: ParseBodyConfig): void {
  defaultConfig = config;
}

/**
 * Reads a body by its type into `bodyArguments` and `files`. A body of any other type is left alone.
 *
 * @param contentEncoding - A body that is still compressed cannot be read, and is refused.
 * @throws HTTPInputError for everything that is malformed or exceeds a limit.
 */
export function parseBodyArguments(
  contentType: string,
  body: Buffer,
  bodyArguments: Map<string, Buffer[]>,
  files: Map<string, HTTPFile[]>,
  contentEncoding?: string,
  config: ParseBodyConfig = defaultConfig,
): void {
  const type = mediaTypeOf(contentType);
  if (type !== "application/x-www-form-urlencoded" && type !== "multipart/form-data") return;
  if (contentEncoding !== undefined) {
    throw new HTTPInputError("A form with a Content-Encoding is not supported.", { status: 415 });
  }
  if (type === "multipart/form-data") {
    if (config.multipart?.enabled === false) throw new HTTPInputError("multipart/form-data is not accepted here.");
    parseMultipartFormData(boundaryOf(contentType), body, bodyArguments, files, config.multipart);
  } else {
    const parsed = parseUrlEncoded(body.toString("latin1"), config.maxArguments ?? defaultMaxArguments);
    for (const [name, values] of parsed) {
      for (const value of values) addArgument(bodyArguments, name, value);
    }
  }
}

/**
 * Reads a whole multipart body into `bodyArguments` and `files`.
 *
 * @throws HTTPInputError for everything that is malformed or exceeds a limit.
 */
export function parseMultipartFormData(
  boundary: string,
  body: Buffer,
  bodyArguments: Map<string, Buffer[]>,
  files: Map<string, HTTPFile[]>,
  limits?: MultipartLimits,
): void {
  const reader = new MultipartReader(boundary, limits);
  let part: MultipartPart | undefined;
  let chunks: Buffer[] = [];
  for (const event of reader.read(body)) {
    if (event.type === "part") {
      part = event.part;
      chunks = [];
    } else if (event.type === "data") {
      chunks.push(event.chunk);
    } else {
      const content = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
      addPart(part!, content, bodyArguments, files);
    }
  }
  reader.finish();
}

function addPart(
  part: MultipartPart,
  body: Buffer,
  bodyArguments: Map<string, Buffer[]>,
  files: Map<string, HTTPFile[]>,
): void {
  if (part.filename === undefined) {
    addArgument(bodyArguments, part.name, body);
    return;
  }
  const file: HTTPFile = { filename: part.filename, body, contentType: part.contentType };
  const present = files.get(part.name);
  if (present === undefined) files.set(part.name, [file]);
  else present.push(file);
}

function mediaTypeOf(contentType: string): string {
  const semicolon = contentType.indexOf(";");
  return (semicolon === -1 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
}
