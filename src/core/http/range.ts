/** Reads Range and If-Range headers (RFC 9110, section 14) and decides which bytes they ask for. */

import { parseHttpDate } from "./date.js";
import { isStrongMatch } from "./etag.js";

/** Bytes of a representation; `end` is the first byte after it. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** More ranges than this are a waste of both sides' time: the whole representation is sent. */
export const maxRanges = 10;

const rangePattern = /^(\d*)-(\d*)$/;

/**
 * Decides what a Range header asks for.
 *
 * The unit is exactly `bytes`. Of several ranges those outside the content are left out. More than ten, or more bytes
 * altogether than the content has (they overlap, so that the answer would be larger than the file), are ignored.
 *
 * @param sizeBytes - Size of the whole content.
 * @returns The ranges in the order asked; `"unsatisfiable"` for 416; `null` when the header is to be ignored: it is
 *   malformed, or asks for everything.
 */
export function parseRange(
  header: string | undefined,
  sizeBytes: number,
): readonly ByteRange[] | "unsatisfiable" | null {
  const specifications = splitSpecifications(header);
  if (specifications === null) return null;
  const ranges: ByteRange[] = [];
  let totalBytes = 0;
  for (const specification of specifications) {
    const match = rangePattern.exec(specification.trim());
    if (match === null || match[0] === "-") return null;
    const range = resolveRange(match[1]!, match[2]!, sizeBytes);
    if (range === null) continue;
    totalBytes += range.end - range.start;
    ranges.push(range);
  }
  if (ranges.length === 0) return "unsatisfiable";
  if (ranges.length > 1 && totalBytes > sizeBytes) return null;
  return ranges.length === 1 && totalBytes === sizeBytes ? null : ranges;
}

/**
 * Tells whether a Range header may be honoured in the light of If-Range: the client's copy is still the current one.
 *
 * A date counts only when it equals Last-Modified, and a tag only by strong comparison (RFC 9110, section 13.1.5).
 *
 * @param lastModified - The response's own Last-Modified, whole seconds.
 */
export function ifRangePermits(header: string | undefined, etag: string | null, lastModified: Date | null): boolean {
  if (header === undefined) return true;
  const value = header.trim();
  if (value.startsWith('"') || value.startsWith("W/")) return etag !== null && isStrongMatch(value, etag);
  const date = parseHttpDate(value);
  return date !== null && lastModified !== null && date.getTime() === lastModified.getTime();
}

/** Formats the Content-Range of one range, such as `bytes 0-499/1234`. */
export function contentRange(range: ByteRange, sizeBytes: number): string {
  return `bytes ${range.start}-${range.end - 1}/${sizeBytes}`;
}

function splitSpecifications(header: string | undefined): string[] | null {
  if (header === undefined) return null;
  const equals = header.indexOf("=");
  if (equals === -1 || header.slice(0, equals).trim() !== "bytes") return null;
  // Split with a limit: a header of thousands of commas costs no more than one of eleven.
  const specifications = header.slice(equals + 1).split(",", maxRanges + 1);
  return specifications.length > maxRanges ? null : specifications;
}

/** One range within the content, or `null` when no byte of the content is in it. */
function resolveRange(first: string, last: string, sizeBytes: number): ByteRange | null {
  if (first === "") {
    const suffixBytes = Number(last);
    if (suffixBytes === 0 || sizeBytes === 0) return null;
    return { start: Math.max(0, sizeBytes - suffixBytes), end: sizeBytes };
  }
  const start = Number(first);
  const end = last === "" ? sizeBytes : Math.min(sizeBytes, Number(last) + 1);
  // An end before the start is 416 in Tornado, too.
  return start < end ? { start, end } : null;
}
