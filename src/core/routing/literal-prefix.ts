/** What every path that a pattern takes begins with: compared first, since most rules that are tried do not fit. */

/**
 * Reads the fixed text that an expression begins with, through groups as well.
 *
 * @param source - A valid regular expression, that is anchored in front when it is used.
 * @returns The text, or as much of it as is certain: `""` if the expression offers a choice, or ignores case.
 */
export function literalPrefix(source: string, flags: string): string {
  if (flags.includes("i") || source.includes("|")) return "";
  let prefix = "";
  for (let place = source.startsWith("^") ? 1 : 0; place < source.length; ) {
    const group = /^\((?:\?:|\?<(?![=!])[^>]*>|(?!\?))/.exec(source.slice(place))?.[0];
    if (group !== undefined) {
      if (isRepeated(source, groupEnd(source, place))) return prefix;
      place += group.length;
      continue;
    }
    const [unit, literal] = /^(?:\\([^A-Za-z0-9])|([^\\^$.|?*+()[\]{}]))/.exec(source.slice(place)) ?? [];
    if (unit === undefined && source[place] === ")") {
      place += 1;
      continue;
    }
    if (unit === undefined || isRepeated(source, place + unit.length)) return prefix;
    prefix += literal ?? unit;
    place += unit.length;
  }
  return prefix;
}

function isRepeated(source: string, place: number): boolean {
  return /[*+?{]/.test(source[place] ?? "");
}

/** The place behind the parenthesis that closes the group. */
function groupEnd(source: string, start: number): number {
  const unit = /\\[\s\S]|\[\^?(?:\\[\s\S]|[^\]\\])*\]|[\s\S]/y;
  let depth = 0;
  for (unit.lastIndex = start; unit.lastIndex < source.length; ) {
    const found = unit.exec(source)![0];
    if (found === "(") depth += 1;
    else if (found === ")") depth -= 1;
    if (depth === 0) break;
  }
  return unit.lastIndex;
}
