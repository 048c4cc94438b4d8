/** Reads the rule by which a gettext catalogue chooses among the forms of a message: an expression of C, run without `eval`. */

import { TornadoError } from "../errors.js";

/** Gives the index of the form for a number. */
export type PluralRule = (count: number) => number;

/** What a catalogue without a rule follows: one form for 1, another for all other numbers. */
export const germanicRule: PluralRule = (count) => (count === 1 ? 0 : 1);

/** Longer than any language needs: the longest in use, that of Arabic, has 110 characters. */
const maxRuleLength = 500;

type Evaluate = (n: number) => number;

/** Binary operators by how strongly they bind, the weakest first. */
const operators: readonly Readonly<Record<string, (left: Evaluate, right: Evaluate) => Evaluate>>[] = [
  { "||": (left, right) => (n) => Number(left(n) !== 0 || right(n) !== 0) },
  { "&&": (left, right) => (n) => Number(left(n) !== 0 && right(n) !== 0) },
  {
    "==": (left, right) => (n) => Number(left(n) === right(n)),
    "!=": (left, right) => (n) => Number(left(n) !== right(n)),
  },
  {
    "<": (left, right) => (n) => Number(left(n) < right(n)),
    ">": (left, right) => (n) => Number(left(n) > right(n)),
    "<=": (left, right) => (n) => Number(left(n) <= right(n)),
    ">=": (left, right) => (n) => Number(left(n) >= right(n)),
  },
  { "+": (left, right) => (n) => left(n) + right(n), "-": (left, right) => (n) => left(n) - right(n) },
  {
    "*": (left, right) => (n) => left(n) * right(n),
    "/": (left, right) => (n) => Math.trunc(left(n) / right(n)),
    "%": (left, right) => (n) => left(n) % right(n),
  },
];

const token = /\d+|n|[|]{2}|&&|[=!<>]=|[-+*/%<>!?:()]/y;

/**
 * Reads the `Plural-Forms` header of a catalogue, such as `nplurals=2; plural=(n != 1);`.
 *
 * @returns A rule that gives 0 where the expression has no result, or one beyond `nplurals`.
 * @throws TornadoError `BAD_TRANSLATIONS` when it cannot be read.
 */
export function parsePluralForms(header: string): PluralRule {
  const [, count, text] = /^\s*nplurals\s*=\s*(\d{1,3})\s*;\s*plural\s*=([^;]*)(?:;\s*)?$/.exec(header) ?? [];
  if (count === undefined || text === undefined || header.length > maxRuleLength) throw refusal(header);
  const evaluate = new Parser(header, text).parse();
  const forms = Number(count);
  return (number) => {
    // A rule is about whole numbers: 1.5 follows that of the nearest.
    const index = evaluate(Math.round(Math.abs(number)));
    return Number.isInteger(index) && index >= 0 && index < forms ? index : 0;
  };
}

/** Recursive descent; the depth is bounded by the length of the header. */
class Parser {
  readonly #header: string;
  readonly #tokens: string[] = [];
  #place = 0;

  constructor(header: string, text: string) {
    this.#header = header;
    for (let at = 0; at < text.length; at = token.lastIndex) {
      token.lastIndex = at + /^\s*/.exec(text.slice(at))![0].length;
      if (token.lastIndex === text.length) break;
      const found = token.exec(text);
      if (found === null) throw refusal(header);
      this.#tokens.push(found[0]);
    }
  }

  parse(): Evaluate {
    const whole = this.#choice();
    if (this.#place < this.#tokens.length) throw refusal(this.#header);
    return whole;
  }

  #choice(): Evaluate {
    const test = this.#binary(0);
    if (!this.#take("?")) return test;
    const yes = this.#choice();
    this.#require(":");
    const no = this.#choice();
    return (n) => (test(n) !== 0 ? yes(n) : no(n));
  }

  #binary(level: number): Evaluate {
    const ofLevel = operators[level];
    if (ofLevel === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const combine = ofLevel[this.#tokens[this.#place] ?? ""];
      if (combine === undefined) return left;
      this.#place++;
      left = combine(left, this.#binary(level + 1));
    }
  }

  #unary(): Evaluate {
    if (this.#take("!")) {
      const operand = this.#unary();
      return (n) => Number(operand(n) === 0);
    }
    if (this.#take("(")) {
      const inner = this.#choice();
      this.#require(")");
      return inner;
    }
    if (this.#take("n")) return (n) => n;
    const digits = this.#tokens[this.#place++];
    if (digits === undefined || !/^\d/.test(digits)) throw refusal(this.#header);
    const value = Number(digits);
    return () => value;
  }

  #take(wanted: string): boolean {
    if (this.#tokens[this.#place] !== wanted) return false;
    this.#place++;
    return true;
  }

  #require(wanted: string): void {
    if (!this.#take(wanted)) throw refusal(this.#header);
  }
}

function refusal(header: string): TornadoError {
  return new TornadoError(
    "BAD_TRANSLATIONS",
    `"${header.trim().slice(0, 200)}" is no rule of plural forms. Write it as in "nplurals=2; plural=(n != 1);".`,
  );
}
