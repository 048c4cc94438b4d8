/**
 * Makes streams of requests that are nearly right: by the grammar, with a rare part now and then, and in half the cases with a few
 * bytes changed afterwards.
 *
 * The parts are small and chosen so that they meet: a length beside a coding, a trailer that is a request, a Host that is two.
 */

import type { Randomness } from "./randomness.js";

const methods = [
  "GET",
  "GET",
  "GET",
  "POST",
  "POST",
  "HEAD",
  "PUT",
  "OPTIONS",
  "DELETE",
  "get",
  "X-Y",
  "CONNECT",
  "G\xc9T",
  "",
  "PRI",
];
const targets = [
  "/",
  "/",
  "/",
  "/a?b=c",
  "/%zz",
  "//a/",
  "/\\a",
  "*",
  "http://a/",
  "HTTPS://b:80?c",
  "http://u@a/",
  "a:80",
  "/a#b",
  "/\xff",
  "",
  "/ b",
  "http://[::1]/x",
];
const versions = [
  "HTTP/1.1",
  "HTTP/1.1",
  "HTTP/1.1",
  "HTTP/1.1",
  "HTTP/1.1",
  "HTTP/1.1",
  "HTTP/1.0",
  "HTTP/1.2",
  "HTTP/2.0",
  "HTTP/0.9",
  "http/1.1",
  "HTTP/1.1 ",
];
const hosts = ["a", "a", "a:80", "[::1]", "a.b", "a%41", "a b", "a,b", "", "a@b", "[::g]", "a:b", "\xe4"];
const ordinary = [
  "Accept: */*",
  "X: 1",
  "X:\t2 ",
  "Cookie: a=b",
  "cookie: c=d",
  "User-Agent: some agent/1.0",
  "X-Empty:",
  "A: \x80\xff",
  "!#$: z",
];
const special = [
  "Connection: close",
  "Connection: keep-alive",
  "connection: TE, Upgrade",
  "Connection: Close, x",
  "Connection: ,close",
  "Connection: \xa0close",
  "Upgrade: websocket",
  "Expect: 100-continue",
  "Expect: 100-Continue",
  "Expect: magic",
  "Authorization: Basic a",
  "Content-Type: a/b",
  "Host: b",
  "Content-Length: 3",
  "Content-Length: 0",
  "Content-Length: 3, 3",
  "Content-Length: +3",
  "content-length: 003",
  "Content-Length:",
  "Content-Length: 99999999999999999999",
  "Transfer-Encoding: chunked",
  "transfer-encoding: CHUNKED",
  "Transfer-Encoding: gzip, chunked",
  "Transfer-Encoding: identity",
  "Transfer-Encoding: ,chunked",
  "Transfer-Encoding: chunked, chunked",
  "Transfer-Encoding:",
  "Transfer-Encoding: \xa0chunked",
  "Trailer: X",
  " folded",
  "no colon",
  "blank : 1",
  ": nameless",
  "X: a\x01b",
  "X: a\0",
  "X\xa0: 1",
];
const chunkLines = [
  "1",
  "1",
  "3",
  "3",
  "a",
  "A",
  "0003",
  "1;a=b",
  '3;a="b;c"',
  "1 ;a",
  "1 ",
  "",
  "x",
  "-1",
  "0x1",
  "FFFFFFFFFFFFFFFF",
  "1;\0",
  "1;\x7f",
];
const trailers = ["X: 1", "X: 1", "Y:", "Content-Length: 3", "Host: b", " f", "X : 1", "no colon"];
const bodies = ["", "x", "abc", "0\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"];
const lineEnds = ["\n", "\r", "\r\r\n", "\n\r", "", "\r\n ", "\r\n\r\n"];
/** What a change puts in: the bytes that borders are made of. */
const insertions = [
  "\r",
  "\n",
  "\r\n",
  "\r\n\r\n",
  " ",
  "\t",
  "\0",
  ":",
  ",",
  ";",
  "0",
  "1",
  "\x7f",
  "\x80",
  "\xff",
  "HTTP/1.1",
  "chunked",
  "\v",
  "-",
  "#",
];

/** One to three requests, one character a byte. */
export function generateStream(random: Randomness): string {
  let stream = generateRequest(random);
  while (random.onceIn(3)) stream += generateRequest(random);
  return random.onceIn(2) ? stream : change(stream, random);
}

function generateRequest(random: Randomness): string {
  // Nearly all parts are good ones: a message with three faults tells less than one with a single fault.
  const isPlain = !random.onceIn(3);
  const end = () => (isPlain || !random.onceIn(12) ? "\r\n" : random.pick(lineEnds));
  let text = random.onceIn(30) ? "\r\n" : "";
  text += isPlain
    ? `${methods[random.below(6)]!} ${random.onceIn(60) ? longTarget(random) : targets[random.below(5)]!} HTTP/1.1\r\n`
    : `${random.pick(methods)} ${random.pick(targets)} ${random.pick(versions)}${end()}`;
  if (isPlain || !random.onceIn(15)) text += `Host: ${isPlain ? "a" : random.pick(hosts)}${end()}`;
  for (let count = random.below(4); count > 0; count--) {
    text += (isPlain || !random.onceIn(4) ? ordinary[random.below(ordinary.length)]! : random.pick(special)) + end();
  }
  if (random.onceIn(10)) text += `${special[random.below(9)]!}\r\n`;
  // Around the limits of the comparison, 256 bytes and 8 fields, and above them.
  if (random.onceIn(40))
    text += random.onceIn(2) ? `X: ${"x".repeat(random.below(260))}\r\n` : "X:\r\n".repeat(random.below(10));
  switch (random.below(4)) {
    case 0: {
      const body = random.pick(bodies);
      return `${text}Content-Length: ${body.length}${end()}\r\n${body}`;
    }
    case 1:
      return `${text}Transfer-Encoding: chunked${end()}\r\n${generateChunks(random, isPlain)}`;
    default:
      return `${text}${end()}`;
  }
}

function longTarget(random: Randomness): string {
  return `/${"x".repeat(200 + random.below(80))}`;
}

function generateChunks(random: Randomness, isPlain: boolean): string {
  let text = "";
  for (let count = random.below(4); count > 0; count--) {
    const line = isPlain ? chunkLines[random.below(10)]! : random.pick(chunkLines);
    const size = Number.parseInt(line, 16);
    const data = size > 0 && size < 20 ? "0123456789abcdefghij".slice(0, size) : "";
    const end = isPlain || !random.onceIn(15) ? "\r\n" : random.pick(lineEnds);
    text += `${line}\r\n${data}${end}`;
  }
  text += random.onceIn(20) ? "00" : "0";
  if (random.onceIn(20)) text += ";end";
  text += "\r\n";
  while (random.onceIn(4)) text += `${isPlain ? "X: 1" : random.pick(trailers)}\r\n`;
  if (random.onceIn(60))
    text += random.onceIn(2) ? `X: ${"x".repeat(random.below(260))}\r\n` : "X:\r\n".repeat(random.below(10));
  return `${text}\r\n`;
}

function change(stream: string, random: Randomness): string {
  let text = stream;
  do {
    const at = random.below(text.length + 1);
    switch (random.below(6)) {
      case 0: // a byte lost
        text = text.slice(0, at) + text.slice(at + 1);
        break;
      case 1: // a byte turned into another
        text = text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + 1);
        break;
      case 2: // a stretch lost
        text = text.slice(0, at) + text.slice(at + random.below(12));
        break;
      case 3: // a stretch repeated
        text = text.slice(0, at) + text.slice(Math.max(0, at - random.below(40)));
        break;
      case 4: // the rest lost
        if (random.onceIn(4)) text = text.slice(0, at);
        break;
      default: // a border put in
        text = text.slice(0, at) + random.pick(insertions) + text.slice(at);
    }
  } while (random.onceIn(3));
  return text;
}
