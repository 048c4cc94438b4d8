/** Reads a JavaScript regular expression into its pieces, as far as ambiguity depends on them. */

/** A piece of an expression. */
export type Piece =
  | { readonly type: "characters"; readonly characters: bigint; readonly isAnything: boolean }
  | { readonly type: "sequence"; readonly pieces: readonly Piece[] }
  | { readonly type: "choice"; readonly branches: readonly Piece[] }
  | { readonly type: "repeat"; readonly piece: Piece; readonly min: number; readonly isEndless: boolean };

/** Thrown at what is not understood; the expression itself is valid. */
class NotUnderstood extends Error {}

/** The characters up to 127, a bit each, and one bit for all others. */
const all = (1n << 129n) - 1n;
const others = 1n << 128n;
const digits = range(0x30, 0x39);
const wordCharacters = digits | range(0x41, 0x5a) | range(0x61, 0x7a) | bit(0x5f);
const blanks = range(0x09, 0x0d) | bit(0x20) | others;
const lineEnds = bit(0x0a) | bit(0x0d);

/** @returns `null` for an expression with look-around, back references, word boundaries or properties of Unicode. */
export function parseExpression(source: string, flags: string): Piece | null {
  if (flags.includes("v")) return null;
  try {
    return new ExpressionParser(source, flags).parse();
  } catch (error) {
    if (error instanceof NotUnderstood) return null;
    throw error;
  }
}

class ExpressionParser {
  readonly #source: string;
  readonly #ignoresCase: boolean;
  readonly #dot: bigint;
  #place = 0;
  #depth = 0;

  constructor(source: string, flags: string) {
    this.#source = source;
    this.#ignoresCase = flags.includes("i");
    this.#dot = flags.includes("s") ? all : all & ~lineEnds;
  }

  parse(): Piece {
    const piece = this.#choice();
    if (this.#place < this.#source.length) throw new NotUnderstood();
    return piece;
  }

  #choice(): Piece {
    const branches = [this.#sequence()];
    while (this.#take("|")) branches.push(this.#sequence());
    return branches.length === 1 ? branches[0]! : { type: "choice", branches };
  }

  #sequence(): Piece {
    const pieces: Piece[] = [];
    while (this.#place < this.#source.length && !/[|)]/.test(this.#source[this.#place]!)) {
      const piece = this.#atom();
      if (piece !== null) pieces.push(this.#repeated(piece));
    }
    return pieces.length === 1 ? pieces[0]! : { type: "sequence", pieces };
  }

  /** Gives `null` for an anchor, which is no piece. */
  #atom(): Piece | null {
    const character = this.#source[this.#place++]!;
    switch (character) {
      case "^":
      case "$":
        // Within a group it may stand in a loop, which it then cuts short.
        if (this.#depth > 0) throw new NotUnderstood();
        return null;
      case "(":
        return this.#group();
      case "[":
        return this.#characters(this.#characterClass());
      case ".":
        return this.#characters(this.#dot);
      case "\\":
        return this.#characters(this.#escape());
      default:
        return this.#characters(characterBit(character));
    }
  }

  #group(): Piece {
    if (!this.#take("?:")) {
      const name = /^\?<(?![=!])[^>]*>/.exec(this.#source.slice(this.#place))?.[0];
      if (name !== undefined) this.#place += name.length;
      else if (this.#source[this.#place] === "?") throw new NotUnderstood();
    }
    this.#depth++;
    const piece = this.#choice();
    this.#depth--;
    if (!this.#take(")")) throw new NotUnderstood();
    return piece;
  }

  #repeated(piece: Piece): Piece {
    const quantifier = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/.exec(this.#source.slice(this.#place));
    if (quantifier === null) return piece;
    this.#place += quantifier[0].length;
    const [text, from, comma, to] = quantifier;
    const min = from === undefined ? (text.startsWith("+") ? 1 : 0) : Number(from);
    const isEndless = from === undefined ? !text.startsWith("?") : comma === "," && to === "";
    return { type: "repeat", piece, min, isEndless };
  }

  #characterClass(): bigint {
    const isNegated = this.#take("^");
    let characters = 0n;
    while (!this.#take("]")) {
      const first = this.#classMember();
      if (this.#source[this.#place] === "-" && this.#source[this.#place + 1] !== "]") {
        this.#place++;
        characters |= span(first, this.#classMember());
      } else {
        characters |= first;
      }
    }
    return isNegated ? all & ~this.#folded(characters) : characters;
  }

  #classMember(): bigint {
    const character = this.#source[this.#place++];
    if (character === undefined) throw new NotUnderstood();
    if (character !== "\\") return characterBit(character);
    if (this.#take("b")) return bit(0x08);
    return this.#escape();
  }

  #escape(): bigint {
    const rest = this.#source.slice(this.#place);
    const coded = /^(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4}))/.exec(rest);
    if (coded !== null) {
      this.#place += coded[0].length;
      return codeBit(Number.parseInt(coded[1] ?? coded[2]!, 16));
    }
    this.#place++;
    const character = rest[0]!;
    const set = sets[character];
    if (set !== undefined) return set;
    const control = "tnvfr".indexOf(character);
    if (control !== -1) return bit(0x09 + control);
    // \b, \B, \k, \p, \c, \0 and the numbers of groups.
    if (/[0-9A-Za-z]/.test(character)) throw new NotUnderstood();
    return characterBit(character);
  }

  #characters(characters: bigint): Piece {
    const folded = this.#folded(characters);
    return { type: "characters", characters: folded, isAnything: (folded | lineEnds) === all };
  }

  /** Letters in both cases, when the case does not count. */
  #folded(characters: bigint): bigint {
    if (!this.#ignoresCase) return characters;
    const upper = range(0x41, 0x5a);
    return characters | ((characters & upper) << 32n) | ((characters >> 32n) & upper);
  }

  #take(text: string): boolean {
    const isNext = this.#source.startsWith(text, this.#place);
    if (isNext) this.#place += text.length;
    return isNext;
  }
}

const sets: Readonly<Record<string, bigint>> = {
  d: digits,
  D: all & ~digits,
  w: wordCharacters,
  W: all & ~wordCharacters,
  s: blanks,
  S: all & ~(range(0x09, 0x0d) | bit(0x20)),
};

function bit(code: number): bigint {
  return 1n << BigInt(code);
}

function range(from: number, to: number): bigint {
  return ((1n << BigInt(to - from + 1)) - 1n) << BigInt(from);
}

/** Beyond ASCII, single characters are left out: a path has none, and one bit for all could not tell them apart. */
function codeBit(code: number): bigint {
  return code < 128 ? bit(code) : 0n;
}

function characterBit(character: string): bigint {
  return codeBit(character.charCodeAt(0));
}

/** All characters between two, which a class writes as `a-z`. */
function span(first: bigint, last: bigint): bigint {
  if (first === 0n) return 0n;
  return last === 0n ? all & ~(first - 1n) : (last << 1n) - first;
}
