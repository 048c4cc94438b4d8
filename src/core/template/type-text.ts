/** Reads the TypeScript type of `{% args %}` as far as a template must: where it ends, and which names it lists. */

/** A type that cannot be read, and where. */
export class TypeTextError extends Error {
  /** Offset into the text. */
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** One name of an object type. */
export interface TypeMember {
  readonly name: string;
  readonly isOptional: boolean;
}

/** The brackets that a type may have; `<` and `>` are left out, for `=>` has one of them too. */
const closers: ReadonlyMap<string, string> = new Map([
  ["{", "}"],
  ["(", ")"],
  ["[", "]"],
]);

/** A string, a comment, or any other single character. */
const token = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*|[\s\S]/gy;

interface Token {
  readonly text: string;
  readonly start: number;
  /** How many brackets are open before it. */
  readonly depth: number;
}

/** Finds the `%}` that ends a type, past those in its strings and comments; -1 when there is none. */
export function findTypeEnd(source: string, start: number): number {
  for (const { text, start: at } of tokens(source, start)) if (text === "%" && source[at + 1] === "}") return at;
  return -1;
}

/** Checks that every bracket of a type is closed. Throws `TypeTextError`. */
export function checkBrackets(type: string): void {
  const open: Token[] = [];
  for (const one of tokens(type)) {
    if (closers.has(one.text)) open.push(one);
    else if ([...closers.values()].includes(one.text) && closers.get(open.pop()?.text ?? "") !== one.text) {
      throw new TypeTextError(`Unexpected "${one.text}"`, one.start);
    }
  }
  const last = open.at(-1);
  if (last !== undefined) throw new TypeTextError(`This "${last.text}" is not closed`, last.start);
}

/** Lists the names of a type that is one object type as written; `undefined` when it is any other, such as a reference. */
export function typeMembers(type: string): TypeMember[] | undefined {
  const text = type.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, (comment) => " ".repeat(comment.length)).trim();
  if (!text.startsWith("{")) return undefined;
  const members: TypeMember[] = [];
  let isExpected = true;
  for (const { text: one, start, depth } of tokens(text)) {
    // Something follows the object type, such as "&" and another.
    if (depth === 0 && start > 0 && start < text.length - 1) return undefined;
    if (depth !== 1) continue;
    if (one === "," || one === ";" || one === "\n") isExpected = true;
    else if (isExpected && /\S/.test(one) && one !== "}") {
      const member = /^(?:readonly\s+)?([\p{L}_$][\p{L}\p{N}_$]*)\s*(\?)?\s*[:(]/u.exec(text.slice(start));
      if (member !== null) members.push({ name: member[1]!, isOptional: member[2] === "?" });
      isExpected = false;
    }
  }
  return members;
}

/** Lists the names that may be left out by what some types say: one has it as optional, and none needs it. */
export function optionalNames(types: readonly string[]): ReadonlySet<string> {
  const members = types.flatMap((type) => typeMembers(type) ?? []);
  const needed = new Set(members.filter(({ isOptional }) => !isOptional).map(({ name }) => name));
  return new Set(members.map(({ name }) => name).filter((name) => !needed.has(name)));
}

/** The relative paths of `import("…")` types, each with its place. */
export function relativeImports(
  type: string,
): { readonly path: string; readonly start: number; readonly end: number }[] {
  return [...type.matchAll(/\bimport\(\s*(["'])(\.[^"']*)\1/g)].map((match) => {
    const end = match.index + match[0].length - 1;
    return { path: match[2]!, start: end - match[2]!.length, end };
  });
}

function* tokens(text: string, from = 0): Generator<Token> {
  token.lastIndex = 0;
  let depth = 0;
  for (let start = from; start < text.length; ) {
    token.lastIndex = start;
    const one = token.exec(text)![0];
    if ([...closers.values()].includes(one)) depth--;
    yield { text: one, start, depth };
    if (closers.has(one)) depth++;
    start += one.length;
  }
}
