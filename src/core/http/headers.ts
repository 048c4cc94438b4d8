/** The fields of a message: an ordered multi-map whose names are compared without case and kept as written. */

import { HTTPInputError } from "./http-input-error.js";

/** Anything that headers can be made from: pairs (a `Headers`, a `Map`, other `HTTPHeaders`) or an object. */
export type HTTPHeadersInit =
  | Iterable<readonly [string, string]>
  | Readonly<Record<string, string | readonly string[]>>;

/** RFC 9110, section 5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/**
 * Names that were found valid, with a plain value that each has had: a program sets the same few over and over, and to compare is
 * cheaper than to test.
 */
const knownFields = new Map<string, KnownField>();
const maxKnownFields = 256;
/** Longer ones come from outside, to fill the memory. */
const maxKnownNameLength = 64;
const maxKnownValueLength = 256;
/** A value that is another each time is not worth a copy each time. */
const missesPerCopy = 8;

interface KnownField {
  value: string;
  /** How often another value has come. */
  misses: number;
}

/** What nearly every value consists of. */
const plainValue = /^[\t\x20-\x7e]*$/;
/** RFC 9110, section 5.5: everything below the space but the tab, and DEL. Such a value could begin a line of its own. */
const controlCharacter = /[\x00-\x08\x0a-\x1f\x7f]/;
/** Up to this many fields, comparing them one by one is faster than making an index. */
const fieldsWithoutIndex = 32;
const noPlaces: readonly number[] = Object.freeze([]) as readonly number[];

/**
 * An ordered multi-map of header fields.
 *
 * Every operation is linear in the number of fields, however often a name repeats.
 *
 * @example
 * const headers = new HTTPHeaders({ "Content-Type": "text/plain" });
 * headers.add("Set-Cookie", "a=1");
 * headers.get("content-type"); // "text/plain"
 */
export class HTTPHeaders implements Iterable<[string, string]> {
  /** Names at even places, their values at odd ones: what parsers give and transports take. */
  #flat: string[];
  /** The head that the fields stand in, while nobody has needed more of them than a value or two; then `#flat` is empty. */
  #text: string | null = null;
  #textStart = 0;
  #textPlaces: readonly number[] = noPlaces;
  /** Places of the names by lower-case name; made by the first look-up among many fields. */
  #index: Map<string, number[]> | undefined;
  #isAscii = true;

  /** @throws HTTPInputError if a name is no token, or a value holds control characters. */
  constructor(init?: HTTPHeadersInit) {
    this.#flat = [];
    if (init === undefined) return;
    if (init instanceof HTTPHeaders) {
      this.#flat = init.#fields().slice();
      this.#isAscii = init.#isAscii;
    } else if (Symbol.iterator in init) {
      for (const [name, value] of init as Iterable<readonly [string, string]>) this.add(name, value);
    } else {
      for (const [name, value] of Object.entries(init)) {
        if (typeof value === "string") this.add(name, value);
        else for (const one of value) this.add(name, one);
      }
    }
  }

  /** Takes over a flat list of names and values from a parser that has validated them. */
  static fromRaw(flat: string[]): HTTPHeaders {
    const headers = new HTTPHeaders();
    headers.#flat = flat;
    // Not looked at: most requests' headers are never sent anywhere.
    headers.#isAscii = false;
    return headers;
  }

  /**
   * Takes over the text of a message's head, whose fields a parser has validated; each is cut out when it is asked for.
   *
   * @param start - Where the first field begins in the text.
   * @param places - For each field, where its colon is and where its line ends.
   */
  static fromText(text: string, start: number, places: readonly number[]): HTTPHeaders {
    const headers = new HTTPHeaders();
    headers.#text = text;
    headers.#textStart = start;
    headers.#textPlaces = places;
    headers.#isAscii = false;
    return headers;
  }

  /**
   * Parses lines that end with CRLF or LF.
   *
   * @throws HTTPInputError if a line is no field; folded lines (RFC 9112, section 5.2) are refused.
   */
  static parse(text: string): HTTPHeaders {
    const headers = new HTTPHeaders();
    for (const line of text.split("\n")) {
      const content = line.endsWith("\r") ? line.slice(0, -1) : line;
      if (content !== "") headers.parseLine(content);
    }
    return headers;
  }

  /** How many fields there are; a name that repeats counts each time. */
  get size(): number {
    return (this.#text === null ? this.#flat : this.#textPlaces).length / 2;
  }

  /** Adds the field of one line, which has no line end any more. */
  parseLine(line: string): void {
    const colon = line.indexOf(":");
    if (colon === -1) throw new HTTPInputError("A header line has no colon.");
    this.add(line.slice(0, colon), trimWhitespace(line, colon + 1));
  }

  /** Returns the values of a name joined by commas, or by `; ` for `Cookie` (RFC 6265, section 5.4). */
  get(name: string): string | undefined {
    if (this.#text !== null) return this.#findInText(this.#text, name);
    const flat = this.#flat;
    if (flat.length > 2 * fieldsWithoutIndex) {
      const values = this.getList(name);
      return values.length === 0 ? undefined : values.join(separatorOf(name));
    }
    const length = name.length;
    let lowerCaseName: string | undefined;
    let found: string | undefined;
    for (let i = 0; i < flat.length; i += 2) {
      const candidate = flat[i]!;
      if (candidate.length !== length) continue;
      if (candidate !== name) {
        lowerCaseName ??= name.toLowerCase();
        if (candidate.toLowerCase() !== lowerCaseName) continue;
      }
      found = found === undefined ? flat[i + 1]! : found + separatorOf(name) + flat[i + 1]!;
    }
    return found;
  }

  /** Returns every value of a name, in order. */
  getList(name: string): string[] {
    const flat = this.#fields();
    return this.#places(name).map((place) => flat[place + 1]!);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Puts one field in the place of all of that name. */
  set(name: string, value: string): void {
    this.#validate(name, value);
    const flat = this.#fields();
    if (flat.length <= 2 * fieldsWithoutIndex) {
      // Without a list of places: every response sets some of these.
      const place = this.#find(name, 0);
      if (place === -1) {
        this.#push(name, value);
        return;
      }
      if (this.#find(name, place + 2) === -1) {
        flat[place] = name;
        flat[place + 1] = value;
        return;
      }
    }
    const places = this.#places(name);
    if (places.length === 0) {
      this.#push(name, value);
    } else {
      const first = places[0]!;
      this.#flat[first] = name;
      this.#flat[first + 1] = value;
      if (places.length > 1) this.#remove(places.slice(1));
    }
  }

  /** Adds a field behind those that are there. */
  add(name: string, value: string): void {
    this.#validate(name, value);
    this.#push(name, value);
  }

  /** Removes every field of a name; says whether there was one. */
  delete(name: string): boolean {
    const places = this.#places(name);
    if (places.length > 0) this.#remove(places);
    return places.length > 0;
  }

  /** Sets a field unless there is one of that name; returns what then stands there. */
  setDefault(name: string, value: string): string {
    const present = this.get(name);
    if (present !== undefined) return present;
    this.set(name, value);
    return value;
  }

  /** Goes over all fields as `[name, value]`, in order. */
  *getAll(): Generator<[string, string]> {
    this.#fields();
    for (let i = 0; i < this.#flat.length; i += 2) yield [this.#flat[i]!, this.#flat[i + 1]!];
  }

  [Symbol.iterator](): Generator<[string, string]> {
    return this.getAll();
  }

  copy(): HTTPHeaders {
    return new HTTPHeaders(this);
  }

  /** Whether all values are known to be ASCII, which spares a transport from encoding them. */
  get isAscii(): boolean {
    return this.#isAscii;
  }

  /** The fields as a flat list of names and values, not copied: for transports, which only read it. */
  flat(): readonly string[] {
    return this.#fields();
  }

  /** The fields as lines, each with its line end. */
  toString(): string {
    const flat = this.#fields();
    let text = "";
    for (let i = 0; i < flat.length; i += 2) text += `${flat[i]}: ${flat[i + 1]}\r\n`;
    return text;
  }

  #validate(name: string, value: string): void {
    let known = knownFields.get(name);
    if (known === undefined) {
      if (!token.test(name)) throw new HTTPInputError(`${JSON.stringify(name)} is not a header name.`);
      known = { value: "", misses: 0 };
      if (knownFields.size < maxKnownFields && name.length <= maxKnownNameLength) knownFields.set(name, known);
    }
    if (known.value === value) return;
    if (plainValue.test(value)) {
      if (value.length <= maxKnownValueLength && known.misses++ % missesPerCopy === 0) known.value = copyOf(value);
      return;
    }
    if (controlCharacter.test(value)) {
      // The value is not quoted: it may be a secret, and this message is logged.
      throw new HTTPInputError(`The value of the header ${name} holds control characters.`);
    }
    this.#isAscii = false;
  }

  /** The flat list, made of the text if it has not been yet. */
  #fields(): string[] {
    const text = this.#text;
    if (text === null) return this.#flat;
    const places = this.#textPlaces;
    const flat: string[] = [];
    let start = this.#textStart;
    for (let i = 0; i < places.length; i += 2) {
      const colon = places[i]!;
      const end = places[i + 1]!;
      flat.push(text.slice(start, colon), trimWhitespace(text, colon + 1, end));
      start = end + 2;
    }
    this.#text = null;
    this.#textPlaces = noPlaces;
    this.#flat = flat;
    return flat;
  }

  #findInText(text: string, name: string): string | undefined {
    const places = this.#textPlaces;
    const { length } = name;
    const initial = name.charCodeAt(0) | 0x20;
    let start = this.#textStart;
    let found: string | undefined;
    for (let i = 0; i < places.length; i += 2) {
      const colon = places[i]!;
      const end = places[i + 1]!;
      if (colon - start === length && (text.charCodeAt(start) | 0x20) === initial) {
        const candidate = text.slice(start, colon);
        if (candidate === name || candidate.toLowerCase() === name.toLowerCase()) {
          const value = trimWhitespace(text, colon + 1, end);
          found = found === undefined ? value : found + separatorOf(name) + value;
        }
      }
      start = end + 2;
    }
    return found;
  }

  #push(name: string, value: string): void {
    if (this.#text !== null) this.#fields();
    const place = this.#flat.push(name, value) - 2;
    if (this.#index !== undefined) addPlace(this.#index, name, place);
  }

  /** Where the next field of a name begins in the flat list, -1 if there is none. */
  #find(name: string, from: number): number {
    const flat = this.#fields();
    let lowerCaseName: string | undefined;
    for (let i = from; i < flat.length; i += 2) {
      const candidate = flat[i]!;
      if (candidate.length !== name.length) continue;
      if (candidate === name) return i;
      lowerCaseName ??= name.toLowerCase();
      if (candidate.toLowerCase() === lowerCaseName) return i;
    }
    return -1;
  }

  /** Where the fields of a name begin in the flat list. */
  #places(name: string): readonly number[] {
    const flat = this.#fields();
    const lowerCaseName = name.toLowerCase();
    if (flat.length > 2 * fieldsWithoutIndex) {
      if (this.#index === undefined) {
        this.#index = new Map();
        for (let i = 0; i < flat.length; i += 2) addPlace(this.#index, flat[i]!, i);
      }
      return this.#index.get(lowerCaseName) ?? [];
    }
    const places: number[] = [];
    for (let i = 0; i < flat.length; i += 2) {
      const candidate = flat[i]!;
      if (candidate.length !== name.length) continue;
      if (candidate === name || candidate.toLowerCase() === lowerCaseName) places.push(i);
    }
    return places;
  }

  #remove(places: readonly number[]): void {
    const removed = new Set(places);
    this.#flat = this.#flat.filter((_, i) => !removed.has(i - (i % 2)));
    this.#index = undefined;
  }
}

function addPlace(index: Map<string, number[]>, name: string, place: number): void {
  const lowerCaseName = name.toLowerCase();
  const places = index.get(lowerCaseName);
  if (places === undefined) index.set(lowerCaseName, [place]);
  else places.push(place);
}

/** A text that is cut out of another keeps all of that in memory. */
function copyOf(plain: string): string {
  return Buffer.from(plain, "latin1").toString("latin1");
}

function separatorOf(name: string): string {
  return name.length === 6 && name.toLowerCase() === "cookie" ? "; " : ",";
}

/** Takes off spaces and tabs only: JavaScript's own trim knows 25 kinds of blank, which are content here. */
export function trimWhitespace(line: string, from: number, to = line.length): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(line.charCodeAt(start))) start++;
  while (end > start && isBlank(line.charCodeAt(end - 1))) end--;
  return line.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
