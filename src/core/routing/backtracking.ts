/**
 * Finds regular expressions that take exponential time for some input (CWE-1333), such as `(a+)+`.
 *
 * A backtracking matcher tries every way to match before it gives up. Their number grows exponentially when a loop can go round on the
 * same text in two ways. The expression is read into its positions (Glushkov's automaton), every step counted as often as there are ways
 * to take it; a loop with two ways is one with a step that counts twice, or with two different steps for the same character.
 *
 * Quadratic time, as of `(.*)/(.*)`, is not reported: routes like that are common, and a path has at most 16 kB.
 */

import { type Piece, parseExpression } from "./expression-pieces.js";
import { stronglyConnected } from "./strongly-connected.js";

/** Beyond so many positions, which no route has, an answer would take too long. */
const maxPositions = 150;

const loopOverGroup = /\)[*+{]/;

/** A set of positions; the number of ways in which each is reached, at most 2. */
type Ways = Map<number, number>;

/** What of a piece meets its neighbours. */
interface Ends {
  readonly first: Ways;
  readonly last: Ways;
  /** Ways to match nothing at all. */
  readonly empty: number;
}

/**
 * Tells whether an expression that must match a whole text can take exponential time. One with look-around, back references or word
 * boundaries is not understood, and passes.
 */
export function isExponential(source: string, flags: string): boolean {
  // Every app reads all of its routes when it starts: a loop over less than a group goes round in one way alone.
  if (!loopOverGroup.test(source)) return false;
  const piece = parseExpression(source, flags);
  if (piece === null || acceptsAnyTail(piece)) return false;
  const automaton = new Automaton();
  automaton.add(piece);
  return automaton.positions.length <= maxPositions && automaton.hasAmbiguousLoop();
}

/** Behind a tail that takes everything, nothing fails, and so nothing is tried again. */
function acceptsAnyTail(piece: Piece): boolean {
  const tail = piece.type === "sequence" ? piece.pieces.at(-1) : piece;
  if (tail === undefined) return false;
  if (tail.type === "sequence") return acceptsAnyTail(tail);
  return tail.type === "repeat" && tail.min === 0 && tail.piece.type === "characters" && tail.piece.isAnything;
}

class Automaton {
  /** The characters that each position stands for. */
  readonly positions: bigint[] = [];
  /** Steps from each position. */
  readonly #steps: Ways[] = [];

  /** Adds the positions and the steps of a piece. */
  add(piece: Piece): Ends {
    switch (piece.type) {
      case "characters": {
        const position = this.positions.push(piece.characters) - 1;
        this.#steps.push(new Map());
        return { first: new Map([[position, 1]]), last: new Map([[position, 1]]), empty: 0 };
      }
      case "sequence": {
        let ends: Ends = { first: new Map(), last: new Map(), empty: 1 };
        for (const next of piece.pieces) ends = this.#append(ends, this.add(next));
        return ends;
      }
      case "choice": {
        const ends = { first: new Map(), last: new Map(), empty: 0 };
        for (const branch of piece.branches) {
          const { first, last, empty } = this.add(branch);
          merge(ends.first, first, 1);
          merge(ends.last, last, 1);
          ends.empty = Math.min(2, ends.empty + empty);
        }
        return ends;
      }
      case "repeat": {
        const { first, last, empty } = this.add(piece.piece);
        if (piece.isEndless) this.#connect(last, first);
        // A round that matches nothing is not taken.
        return { first, last, empty: piece.min === 0 ? 1 : empty };
      }
    }
  }

  #append(before: Ends, after: Ends): Ends {
    this.#connect(before.last, after.first);
    const first = new Map(before.first);
    merge(first, after.first, before.empty);
    const last = new Map(after.last);
    merge(last, before.last, after.empty);
    return { first, last, empty: Math.min(2, before.empty * after.empty) };
  }

  #connect(from: Ways, to: Ways): void {
    for (const [position, ways] of from) merge(this.#steps[position]!, to, ways);
  }

  hasAmbiguousLoop(): boolean {
    const loops = stronglyConnected(this.positions.length, (position) => [...this.#steps[position]!.keys()]);
    const loopOf = new Map(loops.flatMap((loop, index) => loop.map((position) => [position, index] as const)));
    const isInLoop = (from: number, to: number) => loopOf.get(from) === loopOf.get(to);
    for (const [from, steps] of this.#steps.entries()) {
      for (const [to, ways] of steps) if (ways > 1 && isInLoop(from, to)) return true;
    }
    return loops.some((loop) => this.#hasTwoRounds(loop));
  }

  /** Whether two different ways lead from a position back to itself on the same text. */
  #hasTwoRounds(loop: readonly number[]): boolean {
    const size = loop.length;
    const indexOf = new Map(loop.map((position, index) => [position, index]));
    const inLoop = (position: number) =>
      [...this.#steps[position]!.keys()].filter((next) => indexOf.has(next)).map((next) => indexOf.get(next)!);
    const nexts = loop.map(inLoop);
    const pairs = stronglyConnected(size * size, (pair) => {
      const reached: number[] = [];
      for (const one of nexts[Math.floor(pair / size)]!) {
        for (const other of nexts[pair % size]!) {
          const common = this.positions[loop[one]!]! & this.positions[loop[other]!]!;
          if (common !== 0n) reached.push(one * size + other);
        }
      }
      return reached;
    });
    const isSame = (pair: number) => Math.floor(pair / size) === pair % size;
    return pairs.some((group) => group.some(isSame) && !group.every(isSame));
  }
}

function merge(into: Ways, from: Ways, factor: number): void {
  if (factor === 0) return;
  for (const [position, ways] of from) into.set(position, Math.min(2, (into.get(position) ?? 0) + ways * factor));
}
