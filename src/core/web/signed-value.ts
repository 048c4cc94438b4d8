/** Signs values so that a client can keep them and not alter them; byte-compatible with Tornado's formats 1 and 2. */

import { createHmac, timingSafeEqual } from "node:crypto";
import { TornadoError } from "../errors.js";
import { generalLog } from "../log.js";

/** One secret, or secrets by key version, so that they can be replaced while old values stay readable. */
export type CookieSecret = string | Uint8Array | Readonly<Record<number, string | Uint8Array>>;

/** Gives the time in seconds since 1970. */
export type Clock = () => number;

export const minSupportedSignedValueVersion = 1;
export const maxSupportedSignedValueVersion = 2;
export const defaultSignedValueVersion = 2;
export const defaultSignedValueMinVersion = 1;

const secondsPerDay = 86_400;
const defaultMaxAgeDays = 31;
const systemClock: Clock = () => Date.now() / 1000;

/**
 * Signs a value, with the time and under a name.
 *
 * @param options.version - 2 (default), or 1 for readers older than Tornado 3.2.1.
 * @param options.keyVersion - Which secret signs; needed when `secret` has several.
 * @throws {TornadoError} `BAD_SIGNING_KEY` when no secret fits, `BAD_SIGNED_VALUE_VERSION` for other versions.
 */
export function createSignedValue(
  secret: CookieSecret,
  name: string,
  value: string | Uint8Array,
  options: {
    readonly version?: number | undefined;
    readonly clock?: Clock;
    readonly keyVersion?: number | undefined;
  } = {},
): string {
  const { version = defaultSignedValueVersion, clock = systemClock, keyVersion } = options;
  const timestamp = String(Math.floor(clock()));
  const encoded = toBuffer(value).toString("base64");
  if (version === 1) {
    if (isKeyed(secret))
      throw new TornadoError(
        "BAD_SIGNING_KEY",
        "Signed values of version 1 take one secret, and several were given. Use version 2.",
      );
    return `${encoded}|${timestamp}|${signV1(secret, name, encoded, timestamp)}`;
  }
  if (version !== 2) throw unsupportedVersion(version);
  const fields = [String(isKeyed(secret) ? (keyVersion ?? "") : (keyVersion ?? 0)), timestamp, name, encoded];
  const signed = `2|${fields.map((field) => `${Buffer.byteLength(field)}:${field}|`).join("")}`;
  return signed + signV2(signingKey(secret, keyVersion), Buffer.from(signed));
}

/**
 * Decodes a value made by {@link createSignedValue}, or by Tornado.
 *
 * @param options.maxAgeDays - Older values are refused. Default 31.
 * @param options.minVersion - Older formats are refused. Default 1.
 * @returns The value, or `null` if it is malformed, altered, signed for another name or too old; never throws on bad input.
 */
export function decodeSignedValue(
  secret: CookieSecret,
  name: string,
  value: string | Uint8Array | null | undefined,
  options: {
    readonly maxAgeDays?: number | undefined;
    readonly clock?: Clock;
    readonly minVersion?: number | undefined;
  } = {},
): Buffer | null {
  const { maxAgeDays = defaultMaxAgeDays, clock = systemClock, minVersion = defaultSignedValueMinVersion } = options;
  if (minVersion > maxSupportedSignedValueVersion) throw unsupportedVersion(minVersion);
  if (value === null || value === undefined || value.length === 0) return null;
  const bytes = toBuffer(value);
  const version = signedValueVersion(bytes);
  if (version < minVersion) return null;
  const oldest = clock() - maxAgeDays * secondsPerDay;
  if (version === 1) return decodeV1(secret, name, bytes, oldest, clock);
  return version === 2 ? decodeV2(secret, name, bytes, oldest) : null;
}

/** Tells which key version signed a value of format 2; `null` for anything else. The signature is not checked. */
export function getSignatureKeyVersion(value: string | Uint8Array): number | null {
  const bytes = toBuffer(value);
  if (signedValueVersion(bytes) !== 2) return null;
  return splitV2(bytes)?.keyVersion ?? null;
}

/** The number before the first `|`; what has none, or one above 999, is of version 1. */
export function signedValueVersion(value: Buffer): number {
  const match = /^([1-9][0-9]{0,2})\|/.exec(value.toString("latin1", 0, 4));
  return match === null ? 1 : Number(match[1]);
}

/** Compares in a time that does not tell where the first difference is. */
export function isEqualInConstantTime(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

function decodeV1(secret: CookieSecret, name: string, value: Buffer, oldest: number, clock: Clock): Buffer | null {
  if (isKeyed(secret)) return null;
  const parts = value.toString("latin1").split("|", 4);
  if (parts.length !== 3) return null;
  const [encoded, timestamp, signature] = parts as [string, string, string];
  const expected = signV1(secret, name, encoded, timestamp);
  if (!isEqualInConstantTime(Buffer.from(signature, "latin1"), Buffer.from(expected)))
    return refuseV1(name, "its signature is wrong");
  if (!/^[0-9]+$/.test(timestamp)) return refuseV1(name, "its time is malformed");
  if (Number(timestamp) < oldest) return refuseV1(name, "it has expired");
  // The fields of version 1 run into each other in what is signed: digits could be moved from the value to the time.
  if (Number(timestamp) > clock() + 31 * secondsPerDay) return refuseV1(name, "its time is in the future");
  if (timestamp.startsWith("0")) return refuseV1(name, "its time begins with a zero");
  return Buffer.from(encoded, "base64");
}

function refuseV1(name: string, why: string): null {
  generalLog.warn(`Refused the signed value ${JSON.stringify(name)}: ${why}.`);
  return null;
}

function decodeV2(secret: CookieSecret, name: string, value: Buffer, oldest: number): Buffer | null {
  const fields = splitV2(value);
  if (fields === null) return null;
  const key = isKeyed(secret) ? ownKey(secret, fields.keyVersion) : secret;
  if (key === undefined) return null;
  const expected = signV2(key, value.subarray(0, fields.signatureStart));
  if (!isEqualInConstantTime(value.subarray(fields.signatureStart), Buffer.from(expected))) return null;
  if (!fields.name.equals(Buffer.from(name))) return null;
  return fields.timestamp < oldest ? null : Buffer.from(fields.value.toString("latin1"), "base64");
}

interface FieldsV2 {
  readonly keyVersion: number;
  readonly timestamp: number;
  readonly name: Buffer;
  readonly value: Buffer;
  readonly signatureStart: number;
}

function splitV2(bytes: Buffer): FieldsV2 | null {
  const fields: Buffer[] = [];
  let position = 2;
  for (let count = 0; count < 4; count++) {
    const colon = bytes.indexOf(0x3a, position);
    // Five digits are far more than a cookie can hold.
    if (colon === -1 || colon - position > 5) return null;
    const lengthBytes = wholeNumber(bytes.subarray(position, colon));
    if (lengthBytes === null) return null;
    const end = colon + 1 + lengthBytes;
    if (bytes[end] !== 0x7c) return null;
    fields.push(bytes.subarray(colon + 1, end));
    position = end + 1;
  }
  const [keyVersion, timestamp, name, value] = fields as [Buffer, Buffer, Buffer, Buffer];
  const keyNumber = wholeNumber(keyVersion);
  const time = wholeNumber(timestamp);
  if (keyNumber === null || time === null) return null;
  return { keyVersion: keyNumber, timestamp: time, name, value, signatureStart: position };
}

function wholeNumber(digits: Buffer): number | null {
  const text = digits.toString("latin1");
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : null;
}

function signV1(secret: string | Uint8Array, ...parts: string[]): string {
  const hmac = createHmac("sha1", secret);
  for (const part of parts) hmac.update(part);
  return hmac.digest("hex");
}

function signV2(secret: string | Uint8Array, signed: Buffer): string {
  return createHmac("sha256", secret).update(signed).digest("hex");
}

function signingKey(secret: CookieSecret, keyVersion: number | undefined): string | Uint8Array {
  if (!isKeyed(secret)) return secret;
  if (keyVersion === undefined) {
    throw new TornadoError(
      "BAD_SIGNING_KEY",
      'The cookie secret has several keys and none was chosen. Set "keyVersion".',
    );
  }
  const key = ownKey(secret, keyVersion);
  if (key === undefined) {
    throw new TornadoError(
      "BAD_SIGNING_KEY",
      `The cookie secret has no key version ${keyVersion}. Set "keyVersion" to one of: ${Object.keys(secret).join(", ")}.`,
    );
  }
  return key;
}

function isKeyed(secret: CookieSecret): secret is Readonly<Record<number, string | Uint8Array>> {
  return typeof secret !== "string" && !(secret instanceof Uint8Array);
}

function ownKey(
  secret: Readonly<Record<number, string | Uint8Array>>,
  keyVersion: number,
): string | Uint8Array | undefined {
  return Object.hasOwn(secret, keyVersion) ? secret[keyVersion] : undefined;
}

function toBuffer(value: string | Uint8Array): Buffer {
  if (typeof value === "string") return Buffer.from(value);
  return Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

function unsupportedVersion(version: number): TornadoError {
  return new TornadoError(
    "BAD_SIGNED_VALUE_VERSION",
    `Signed values of version ${version} do not exist. Use version 1 or 2.`,
  );
}
