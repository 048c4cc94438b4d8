/** Reads values such as `form-data; name="a"; filename*=UTF-8''b`: a word, and parameters behind it. */

export interface ParameterizedValue {
  /** What stands before the first semicolon, in lower case. */
  readonly value: string;
  /** Parameters by lower-case name. The first of a name counts; `name*` (RFC 8187) replaces `name`. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Reads a header value with parameters in one pass. Malformed pieces are left out, never thrown. */
export function parseHeaderParameters(text: string): ParameterizedValue {
  const parameters = new Map<string, string>();
  const extended = new Map<string, string>();
  let position = endOfPiece(text, 0);
  const value = text.slice(0, position).trim().toLowerCase();
  while (position < text.length) {
    const end = endOfPiece(text, position + 1);
    const piece = text.slice(position + 1, end);
    position = end;
    const equals = piece.indexOf("=");
    if (equals === -1) continue;
    const name = piece.slice(0, equals).trim().toLowerCase();
    const content = unquote(piece.slice(equals + 1).trim());
    if (name.endsWith("*")) {
      const decoded = decodeExtendedValue(content);
      if (decoded !== undefined && !extended.has(name.slice(0, -1))) extended.set(name.slice(0, -1), decoded);
    } else if (!parameters.has(name)) {
      parameters.set(name, content);
    }
  }
  for (const [name, content] of extended) parameters.set(name, content);
  return { value, parameters };
}

/** Finds the next semicolon that is not inside quotes, or the end of the text. */
function endOfPiece(text: string, from: number): number {
  let isQuoted = false;
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) isQuoted = !isQuoted;
    else if (code === 0x5c && isQuoted) i++;
    else if (code === 0x3b && !isQuoted) return i;
  }
  return text.length;
}

/** Only an escaped quote and backslash are unescaped: old browsers send `C:\path\file` unescaped. */
function unquote(text: string): string {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return text;
  return text.slice(1, -1).replace(/\\([\\"])/g, "$1");
}

/** RFC 8187, section 3.2.1: `UTF-8''a%20b`. */
function decodeExtendedValue(text: string): string | undefined {
  const [charset, , encoded] = text.split("'", 3);
  if (encoded === undefined || charset?.toLowerCase() !== "utf-8") return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
