/**
 * Splits TypeScript into tokens, as far as finding a bracket needs it: comments, strings, templates and regular
 * expressions are seen as what they are, so that a bracket in one of them counts for nothing.
 *
 * A parser would need TypeScript itself, which an app may not have, and which is slow to load.
 */

/** A piece of source. Comments and white space are between tokens. */
export interface Token {
  readonly kind: "word" | "text" | "number" | "mark";
  /** As it stands in the source, quotes included. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Number of brackets around it; a bracket itself is outside. */
  readonly depth: number;
}

const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

const BETWEEN = /(?:\s|\/\/[^\n\r\u2028\u2029]*|\/\*(?:[^*]|\*(?!\/))*\*\/)+/y;
const WORD = /[#@]?(?:[\p{ID_Start}$_]|\\u)(?:[\p{ID_Continue}$\u200C\u200D]|\\u)*/uy;
const NUMBER = /\.?\d(?:[eE][+-]|[\w.])*/y;
const STRING = /"(?:[^"\\\n\r]|\\[\s\S])*"|'(?:[^'\\\n\r]|\\[\s\S])*'/y;
const REGULAR_EXPRESSION = /\/(?![*/])(?:[^\\/[\n\r]|\\[^\n\r]|\[(?:[^\]\\\n\r]|\\[^\n\r])*\])+\/[a-z]*/y;
const MARK = /=>|\.\.\.|[=!]==?|[\s\S]/y;

/** Words that an expression may follow, and so a regular expression, unless they are names of properties. */
const BEFORE_EXPRESSION = new Set(
  "return typeof case do else in of instanceof new delete void throw await yield default extends".split(" "),
);

/**
 * Splits source into tokens.
 *
 * @returns `undefined` when it cannot be done with certainty: a bracket or quote that nothing closes, or a slash that may be
 *   a division as well as the beginning of a regular expression.
 */
export function sourceTokens(source: string): Token[] | undefined {
  const tokens: Token[] = [];
  const awaited: string[] = [];
  let position = source.startsWith("#!") ? source.search(/\n|$/) : 0;
  while (true) {
    position = endOf(BETWEEN, source, position) ?? position;
    if (position >= source.length) return awaited.length === 0 ? tokens : undefined;
    const [kind, end] = tokenAt(source, position, tokens.at(-1));
    if (end === undefined) return undefined;
    const text = source.slice(position, end);
    if (kind === "mark" && /^[)\]}]$/.test(text) && awaited.pop() !== text) return undefined;
    tokens.push({ kind, text, start: position, end, depth: awaited.length });
    if (kind === "mark" && text in CLOSING) awaited.push(CLOSING[text]!);
    position = end;
  }
}

/** Gives the kind of the token at `position`, and its end if that is certain. */
function tokenAt(source: string, position: number, before: Token | undefined): [Token["kind"], number | undefined] {
  const first = source[position]!;
  if (first === '"' || first === "'") return ["text", endOf(STRING, source, position)];
  if (first === "`") return ["text", endOfTemplate(source, position)];
  if (first === "/") {
    const role = slashRole(before);
    if (role === "expression") return ["text", endOf(REGULAR_EXPRESSION, source, position)];
    return ["mark", role === "division" && source[position + 1] !== "*" ? position + 1 : undefined];
  }
  const number = endOf(NUMBER, source, position);
  if (number !== undefined) return ["number", number];
  const word = endOf(WORD, source, position);
  if (word !== undefined) return ["word", word];
  return ["mark", endOf(MARK, source, position)];
}

/** After `)` or `}` a slash is either, which only a parser of the whole language can tell. */
function slashRole(before: Token | undefined): "expression" | "division" | "unknown" {
  if (before === undefined) return "expression";
  if (before.kind === "word") return BEFORE_EXPRESSION.has(before.text) ? "unknown" : "division";
  if (before.kind !== "mark" || before.text === "]") return "division";
  // `!` and `>` may also end an expression, as in `value!` and `<Type>`.
  return /^[)}!>]$|^\+$|^-$/.test(before.text) ? "unknown" : "expression";
}

/** A template holds expressions, and those hold templates again. */
function endOfTemplate(source: string, start: number): number | undefined {
  for (let position = start + 1; position < source.length; position++) {
    const character = source[position];
    if (character === "`") return position + 1;
    if (character === "\\") position++;
    else if (character === "$" && source[position + 1] === "{") {
      const end = endOfSubstitution(source, position + 2);
      if (end === undefined) return undefined;
      position = end - 1;
    }
  }
  return undefined;
}

/** Gives the position after the brace that ends `${`. */
function endOfSubstitution(source: string, start: number): number | undefined {
  let before: Token | undefined;
  let open = 0;
  for (let position = start; ; ) {
    position = endOf(BETWEEN, source, position) ?? position;
    if (position >= source.length) return undefined;
    const [kind, end] = tokenAt(source, position, before);
    if (end === undefined) return undefined;
    const text = source.slice(position, end);
    if (kind === "mark" && text === "{") open++;
    if (kind === "mark" && text === "}" && open-- === 0) return end;
    before = { kind, text, start: position, end, depth: 0 };
    position = end;
  }
}

function endOf(pattern: RegExp, source: string, position: number): number | undefined {
  pattern.lastIndex = position;
  return pattern.test(source) ? pattern.lastIndex : undefined;
}
