/** Undoes percent-encoding: the one decoder of queries, forms, path arguments and `urlUnescape`. */

/**
 * Decodes `%XX` in bytes, where they are: decoding never makes them longer. A broken escape stands for itself.
 *
 * @param plus - Whether `+` is a space, as in a query.
 * @returns The part of `bytes` that holds the result.
 */
export function percentDecodeInPlace(bytes: Buffer, plus: boolean): Buffer {
  let length = 0;
  for (let index = 0; index < bytes.length; index++) {
    let byte = bytes[index]!;
    if (byte === 0x2b && plus) {
      byte = 0x20;
    } else if (byte === 0x25) {
      const high = hexadecimalDigit(bytes[index + 1]);
      const low = hexadecimalDigit(bytes[index + 2]);
      if (high >= 0 && low >= 0) {
        byte = high * 16 + low;
        index += 2;
      }
    }
    bytes[length++] = byte;
  }
  return bytes.subarray(0, length);
}

function hexadecimalDigit(code: number | undefined): number {
  if (code === undefined) return -1;
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}
