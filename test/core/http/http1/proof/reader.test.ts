/** The reader against the reference parser: every vector, every split of it, and a million generated streams. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { difference, type Pausing, readInPieces } from "./comparison.js";
import { fuzz } from "./fuzz.js";
import { readWithReference } from "./reference-parser.js";
import { refused, served, type Vector } from "./vectors.js";

const limits = { maxHeaderBytes: 16 * 1024, maxHeaderCount: 100 };
const pausings: readonly Pausing[] = ["never", "at heads", "at every call"];
/** Longer ones are cut at some bytes only. */
const maxBytesForEveryCut = 600;
const many = 1_000_000;
/** Refused for the size of their bodies, of which the reader knows nothing. */
const isBodyTooLarge = ({ statuses }: Vector) => statuses[0] === 413;
const vectors = [...refused, ...served].filter((vector) => !isBodyTooLarge(vector));

/** Every place to cut a stream at, or, of a long one, its first and last hundred and some in between. */
function placesIn(stream: string): number[] {
  const places = Array.from({ length: stream.length - 1 }, (_, i) => i + 1);
  if (stream.length <= maxBytesForEveryCut) return places;
  return places.filter((place) => place <= 100 || place > stream.length - 100 || place % 509 === 0);
}

/** What differs when the stream is cut, once at each of these lists of places, however the reader is paused. */
function differencesOf(stream: string, allCuts: readonly (readonly number[])[]): string[] {
  const reference = readWithReference(stream, limits);
  const found: string[] = [];
  for (const cuts of allCuts) {
    for (const pausing of pausings) {
      const what = difference(stream, cuts, pausing, limits, reference);
      if (what !== undefined) found.push(`cut at ${cuts.slice(0, 3)}, paused ${pausing}: ${what}`);
    }
  }
  return found;
}

const one = (place: number) => [place];

describe("the reference parser", () => {
  it.each(vectors.map((vector) => [vector.what, vector] as const))("agrees with the table: %s", (_what, vector) => {
    const { requests, end } = readWithReference(vector.bytes, limits);

    expect(requests.filter((request) => request.isComplete)).toHaveLength(vector.calls);
    const last = vector.statuses.at(-1)!;
    if (vector.statuses.length > vector.calls) {
      expect(end).toMatchObject({ kind: expect.stringMatching(/refused|incomplete/) });
      if (end.kind === "refused")
        expect([last].flat()).toEqual(
          expect.arrayContaining([expect.toSatisfy((status) => end.statuses.includes(status as number))]),
        );
    } else {
      expect(end.kind).toBe("end");
    }
  });
});

describe("the reader", () => {
  it.each(vectors.map((vector) => [vector.what, vector] as const))(
    "reads alike, cut anywhere: %s",
    (_what, { bytes }) => {
      expect(differencesOf(bytes, placesIn(bytes).map(one))).toEqual([]);
    },
  );

  it.each(vectors.map((vector) => [vector.what, vector] as const))(
    "reads alike, byte by byte: %s",
    (_what, { bytes }) => {
      const cuts = Array.from({ length: bytes.length - 1 }, (_, i) => i + 1);

      expect(differencesOf(bytes, [cuts])).toEqual([]);
    },
  );

  it("reads any two messages alike, cut anywhere", () => {
    const messages = served.filter(({ bytes, isKept }) => isKept && bytes.length < 150).map(({ bytes }) => bytes);
    const second =
      "POST /second HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n2;a\r\nhi\r\n0\r\nX: 1\r\n\r\n";

    const found = messages.flatMap((first) => differencesOf(first + second, placesIn(first + second).map(one)));

    expect(messages.length).toBeGreaterThan(40);
    expect(found).toEqual([]);
  });

  it("reads a message alike, cut at any two places", () => {
    const message =
      "\r\nPUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nX: 1\r\n\r\nGET / HTTP/1.0\r\n\r\n";
    const places = placesIn(message);

    const pairs = places.flatMap((first) => places.filter((second) => second > first).map((second) => [first, second]));

    expect(differencesOf(message, pairs)).toEqual([]);
  });

  it("takes a million generated streams as the reference parser does", () => {
    const result = fuzz(20_261_121, 1_000_000);

    expect(result).toEqual({ streams: 1_000_000, failure: undefined });
  }, 120_000);

  it.each([
    ["blanks before a value", `GET / HTTP/1.1\r\nHost: a\r\nX:${" ".repeat(many)}1\r\n\r\n`, 0],
    ["blanks within a value", `GET / HTTP/1.1\r\nHost: a\r\nX: 1${" ".repeat(many)}1\r\n\r\n`, 0],
    ["blanks in Connection", `GET / HTTP/1.1\r\nHost: a\r\nConnection: close${" \t".repeat(many)}x\r\n\r\n`, 0],
    ["commas in Connection", `GET / HTTP/1.1\r\nHost: a\r\nConnection: close${",".repeat(many)}\r\n\r\n`, 0],
    ["codings", `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ${"x, ".repeat(many)}chunked\r\n\r\n`, 501],
    ["blanks in a coding", `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x${" ".repeat(many)}y\r\n\r\n`, 400],
    ["blanks behind a coding", `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x,${" ".repeat(many)},\r\n\r\n`, 400],
    ["digits", `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${"9".repeat(many)}x\r\n\r\n`, 400],
    ["labels of a Host", `GET / HTTP/1.1\r\nHost: ${"a.".repeat(many)}@\r\n\r\n`, 400],
    ["escapes of a Host", `GET / HTTP/1.1\r\nHost: ${"%41".repeat(many)}%\r\n\r\n`, 400],
    ["an absolute target", `GET http://${"a".repeat(many)}@ HTTP/1.1\r\nHost: a\r\n\r\n`, 400],
  ])("takes time in proportion to the length: %s", (_what, stream, status) => {
    // What is quadratic would take hours for it: no clock is needed.
    const wide = { maxHeaderBytes: 10_000_000, maxHeaderCount: 100 };

    const recorder = readInPieces(stream, [many >> 1], "never", wide);

    expect(recorder.status).toBe(status);
  });

  it("keeps single bytes that come while it waits in little more memory than they are", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const { reader } = readInPieces("GET / HTTP/1.1\r\nHost: a\r\n\r\n", [], "never", limits);
    reader.pause();
    collect();
    const before = process.memoryUsage();

    for (let i = 0; i < 50_000; i++) reader.push(Buffer.allocUnsafeSlow(1).fill("x"));

    // What one collection finds, the next ones free.
    for (let i = 0; i < 3; i++) collect();
    const after = process.memoryUsage();
    expect(reader.keptBytes).toBe(50_000);
    expect(after.heapUsed + after.external - before.heapUsed - before.external).toBeLessThan(1_000_000);
  });
});
