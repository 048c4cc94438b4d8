/** Finds what a person meant when a name was mistyped. */

/**
 * Gives the candidate with the fewest typing mistakes between it and `name`.
 *
 * @returns `undefined` when none is near: more than two mistakes, or than two in five letters.
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const names = [...candidates];
  let nearest: string | undefined;
  let fewest = Math.max(1, Math.min(2, Math.floor(name.length * 0.4)));
  for (const candidate of names) {
    const mistakes = typingMistakes(name.toLowerCase(), candidate.toLowerCase());
    if (mistakes <= fewest && (nearest === undefined || mistakes < fewest)) {
      nearest = candidate;
      fewest = mistakes;
    }
  }
  return nearest ?? names.find((candidate) => name.length > 2 && candidate.startsWith(name));
}

/** Counts letters added, left out, changed or swapped with their neighbour (the Damerau-Levenshtein distance). */
function typingMistakes(left: string, right: string): number {
  let twoBack: number[] = [];
  let back = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const changed = left[row - 1] === right[column - 1] ? 0 : 1;
      let least = Math.min(back[column]! + 1, current[column - 1]! + 1, back[column - 1]! + changed);
      if (left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]) {
        least = Math.min(least, (twoBack[column - 2] ?? Number.POSITIVE_INFINITY) + 1);
      }
      current.push(least);
    }
    twoBack = back;
    back = current;
  }
  return back[right.length]!;
}
