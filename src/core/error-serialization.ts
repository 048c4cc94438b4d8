/** Carries an error from one process or thread to another without losing its name, stack, code, cause or nested errors. */

import { TornadoError, toError } from "./errors.js";

/** An error as plain data, which survives JSON. */
export interface SerializedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly code?: string;
  readonly cause?: SerializedError;
  /** The errors of an `AggregateError`. */
  readonly errors?: readonly SerializedError[];
  /** The error's own further values, such as the `line` of a template error or the `syscall` of a system error. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** A chain longer than this is a cycle, or helps nobody. */
const MAX_DEPTH = 8;
const MAX_DETAIL_LENGTH = 10_000;
const CARRIED_BY_NAME = new Set(["name", "message", "stack", "code", "cause", "errors"]);

/** Turns any thrown value into plain data; never throws itself. */
export function serializeError(thrown: unknown): SerializedError {
  return serialize(thrown, 0);
}

/** Turns plain data back into an error: a `TornadoError` stays one, everything else keeps its name. */
export function deserializeError(data: SerializedError): Error {
  const options = data.cause === undefined ? undefined : { cause: deserializeError(data.cause) };
  const error = emptyError(data, options);
  // As a method of Error would define them: not enumerable, so that they are not printed twice.
  const define = (name: string, value: unknown) =>
    Object.defineProperty(error, name, { value, writable: true, configurable: true, enumerable: false });
  define("name", data.name);
  define("stack", data.stack);
  return Object.assign(error, data.details, data.code === undefined ? undefined : { code: data.code });
}

function emptyError(data: SerializedError, options: ErrorOptions | undefined): Error {
  if (data.errors !== undefined) return new AggregateError(data.errors.map(deserializeError), data.message, options);
  if (data.name === "TornadoError") return new TornadoError(data.code ?? "", data.message, options);
  return new Error(data.message, options);
}

function serialize(thrown: unknown, depth: number): SerializedError {
  const error = toError(thrown);
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  const goesDeeper = depth < MAX_DEPTH;
  const hasErrors = error instanceof AggregateError && goesDeeper;
  const details = detailsOf(error);
  return {
    name: String(error.name),
    message: String(error.message),
    stack: String(error.stack ?? `${error.name}: ${error.message}`),
    ...(typeof code === "string" ? { code } : undefined),
    ...(cause !== undefined && cause !== null && goesDeeper ? { cause: serialize(cause, depth + 1) } : undefined),
    ...(hasErrors ? { errors: error.errors.map((one: unknown) => serialize(one, depth + 1)) } : undefined),
    ...(details === undefined ? undefined : { details }),
  };
}

/** An error may hold a whole socket: only what is small and survives JSON goes along. */
function detailsOf(error: Error): Record<string, unknown> | undefined {
  const details: Record<string, unknown> = {};
  for (const name of Object.keys(error)) {
    if (CARRIED_BY_NAME.has(name) || name === "__proto__") continue;
    try {
      const value: unknown = Reflect.get(error, name);
      const text = JSON.stringify(value);
      if (text !== undefined && text.length <= MAX_DETAIL_LENGTH) details[name] = value;
    } catch {
      // A getter that throws, or a circular value: the error is worth more than the detail.
    }
  }
  return Object.keys(details).length === 0 ? undefined : details;
}
