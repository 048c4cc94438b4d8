/**
 * Turns the addresses in plain text into HTML links.
 *
 * A scanner, not a regular expression: it looks at every character a bounded number of times, whatever the text.
 */

import { toUnicode } from "./unicode.js";
import { xhtmlEscape } from "./xhtml.js";

/** How links are made. */
export interface LinkifyOptions {
  /** Shows long addresses shortened, with the whole one in the `title`. Default false. */
  readonly shorten?: boolean;
  /** Further attributes of the `<a>`, such as `rel="nofollow"`, or a function that gives them for an address. */
  readonly extraParams?: string | ((href: string) => string);
  /** Leaves addresses without a protocol, such as `www.example.com`, alone. Default false. */
  readonly requireProtocol?: boolean;
  /** Protocols that are linked. Default `http` and `https`. */
  readonly permittedProtocols?: readonly string[];
}

/** An address found in escaped text. */
interface Address {
  readonly start: number;
  readonly end: number;
  /** Such as `http`, or `undefined` for `www.`. */
  readonly protocol: string | undefined;
  /** Length of the protocol with its colon and slashes. */
  readonly prefixLength: number;
}

/** Escapes text for HTML and makes links of the addresses in it. */
export function linkify(text: string | Uint8Array, options: LinkifyOptions = {}): string {
  const escaped = xhtmlEscape(toUnicode(text));
  let html = "";
  let copied = 0;
  for (const address of findAddresses(escaped)) {
    html += escaped.slice(copied, address.start) + link(escaped.slice(address.start, address.end), address, options);
    copied = address.end;
  }
  return html + escaped.slice(copied);
}

const wordCharacter = /[\p{L}\p{N}_]/u;
const space = /\s/;
/** An address does not end with one of these: they belong to the sentence around it. */
const punctuation = new Set("!\"#$%&'()*+,.:;<=>?@[]^`{|}~");

/** A protocol with its colon. */
interface Protocol {
  readonly start: number;
  readonly colonAt: number;
}

/** Finds addresses from left to right; none overlaps another. */
function* findAddresses(text: string): Generator<Address> {
  let protocol = nextProtocol(text, 0);
  let wwwAt = nextWww(text, 0);
  while (protocol !== undefined || wwwAt !== -1) {
    if (protocol !== undefined && (wwwAt === -1 || protocol.start < wwwAt)) {
      const { start, colonAt } = protocol;
      const bodyAt = afterSlashes(text, colonAt + 1);
      let end = bodyEnd(text, bodyAt);
      // With nothing behind them, the last of several slashes counts as the body.
      if (end === -1 && bodyAt > colonAt + 2) end = bodyAt;
      if (end !== -1) yield { start, end, protocol: text.slice(start, colonAt), prefixLength: bodyAt - start };
      protocol = nextProtocol(text, Math.max(end, colonAt + 1));
      if (wwwAt < end) wwwAt = nextWww(text, end);
    } else {
      const start = wwwAt;
      const end = bodyEnd(text, start + 4);
      if (end !== -1) yield { start, end, protocol: undefined, prefixLength: 0 };
      wwwAt = nextWww(text, Math.max(end, start + 1));
      if (protocol !== undefined && protocol.start < end) protocol = nextProtocol(text, end);
    }
  }
}

/** Looks for a protocol, which is not asked for again until it is passed: to find its start costs its length. */
function nextProtocol(text: string, from: number): Protocol | undefined {
  for (let colonAt = text.indexOf(":/", from); colonAt !== -1; colonAt = text.indexOf(":/", colonAt + 1)) {
    const start = protocolStart(text, colonAt, from);
    if (start !== -1) return { start, colonAt };
  }
  return undefined;
}

/** Looks for `www.` at the beginning of a word. */
function nextWww(text: string, from: number): number {
  let at = text.indexOf("www.", from);
  while (at > 0 && wordCharacter.test(text[at - 1]!)) at = text.indexOf("www.", at + 1);
  return at;
}

/** Start of the protocol that ends before the colon, or -1: word characters and hyphens, the first one no hyphen. */
function protocolStart(text: string, colonAt: number, from: number): number {
  let start = colonAt;
  while (start > from && (text[start - 1] === "-" || wordCharacter.test(text[start - 1]!))) start--;
  while (start < colonAt && text[start] === "-") start++;
  return start === colonAt ? -1 : start;
}

function afterSlashes(text: string, slashAt: number): number {
  let at = slashAt;
  while (at < slashAt + 3 && text[at] === "/") at++;
  return at;
}

/** End of the longest address from here, or -1 if there is none: parentheses count when they are balanced. */
function bodyEnd(text: string, bodyAt: number): number {
  let end = -1;
  let at = bodyAt;
  while (at < text.length) {
    if (text[at] === "(") {
      const close = plainEnd(text, at + 1);
      if (text[close] !== ")") break;
      at = close + 1;
      end = at;
      continue;
    }
    const next = plainStep(text, at);
    if (next === at) break;
    if (next === at + 1 && !punctuation.has(text[at]!)) end = next;
    at = next;
  }
  return end;
}

function plainEnd(text: string, from: number): number {
  let at = from;
  for (;;) {
    const next = plainStep(text, at);
    if (next === at) return at;
    at = next;
  }
}

/** Passes one character that may stand in an address, or an escaped `&` or `"`; stays where it is otherwise. */
function plainStep(text: string, at: number): number {
  const character = text[at];
  if (character === undefined || character === "(" || character === ")" || space.test(character)) return at;
  if (character !== "&") return at + 1;
  if (text.startsWith("&amp;", at)) return at + 5;
  if (text.startsWith("&quot;", at)) return at + 6;
  return at;
}

function link(url: string, { protocol, prefixLength }: Address, options: LinkifyOptions): string {
  const {
    shorten = false,
    extraParams = "",
    requireProtocol = false,
    permittedProtocols = ["http", "https"],
  } = options;
  if (protocol === undefined ? requireProtocol : !permittedProtocols.includes(protocol)) return url;
  const href = protocol === undefined ? `http://${url}` : url;
  const extra = (typeof extraParams === "function" ? extraParams(href) : extraParams).trim();
  const shown = shorten ? shortened(url, prefixLength) : url;
  const title = shown === url ? "" : ` title="${href}"`;
  return `<a href="${href}"${extra === "" ? "" : ` ${extra}`}${title}>${shown}</a>`;
}

/** Addresses up to this length are shown whole. */
const longestShown = 30;

/** Keeps the host and the beginning of the path, for those are what a reader recognises. */
function shortened(url: string, prefixLength: number): string {
  if (url.length <= longestShown) return url;
  const [host = "", segment] = url.slice(prefixLength).split("/", 2);
  let short = url;
  if (segment !== undefined) {
    const start = segment.slice(0, 8).split("?")[0]!.split(".")[0]!;
    short = `${url.slice(0, prefixLength) + host}/${start}`;
  }
  if (short.length > longestShown * 1.5) short = short.slice(0, longestShown);
  if (short === url) return url;
  // An entity cut in two would show its pieces.
  const ampersand = short.lastIndexOf("&");
  if (ampersand > longestShown - 5) short = short.slice(0, ampersand);
  short += "...";
  return short.length < url.length ? short : url;
}
