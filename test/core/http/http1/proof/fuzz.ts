/** Goes through generated streams, and reports the first that the two readers take differently. */

import { difference, minimal, type Pausing } from "./comparison.js";
import { generateStream } from "./generator.js";
import { Randomness } from "./randomness.js";

const pausings: readonly Pausing[] = ["never", "at heads", "at every call"];

export interface FuzzResult {
  readonly streams: number;
  /** What differs, with the least stream that shows it; `undefined` if nothing does. */
  readonly failure: string | undefined;
}

/** Compares so many streams, or until `isOver`, which is asked every thousand. */
export function fuzz(seed: number, count: number, isOver: () => boolean = () => false): FuzzResult {
  const random = new Randomness(seed);
  for (let i = 0; i < count; i++) {
    if (i % 1000 === 0 && isOver()) return { streams: i, failure: undefined };
    const stream = generateStream(random);
    const cuts = chooseCuts(stream.length, random);
    const pausing = pausings[i % 3]!;
    if (difference(stream, cuts, pausing) === undefined) continue;
    const least = minimal(stream, cuts, pausing);
    const what = difference(
      least,
      cuts.filter((cut) => cut < least.length),
      pausing,
    );
    return { streams: i, failure: `stream ${i} of seed ${seed}, paused ${pausing}: ${JSON.stringify(least)}: ${what}` };
  }
  return { streams: count, failure: undefined };
}

/** Most streams come whole or in two or three pieces; some one byte after the other. */
export function chooseCuts(length: number, random: Randomness): number[] {
  if (length < 2) return [];
  if (random.onceIn(50)) return Array.from({ length: length - 1 }, (_, i) => i + 1);
  return Array.from({ length: random.below(3) }, () => 1 + random.below(length - 1)).sort((a, b) => a - b);
}
