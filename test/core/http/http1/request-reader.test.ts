/** What the reader makes of bytes, by itself; every shape of them is compared with a reference parser in proof/. */

import { describe, expect, it } from "vitest";
import { RequestReader, type RequestReaderTarget } from "../../../../src/core/http/http1/request-reader.js";

/** Writes down what it is called with, and goes on to the next request at once. */
class Recorder implements RequestReaderTarget {
  readonly events: string[] = [];
  readonly reader: RequestReader;

  constructor(limits = {}) {
    this.reader = new RequestReader({ maxHeaderBytes: 16 * 1024, maxHeaderCount: 100, ...limits }, this);
  }

  headRead: RequestReaderTarget["headRead"] = (head) => {
    this.events.push(`${head.method} ${head.target} 1.${head.minorVersion} ${[...head.headers].join(" ")}`);
  };

  bodyAnnounced(): void {}

  bodyRead: RequestReaderTarget["bodyRead"] = (chunk) => {
    this.events.push(chunk.toString("latin1"));
  };

  messageRead: RequestReaderTarget["messageRead"] = () => {
    this.events.push("end");
    this.reader.resume();
  };

  refused: RequestReaderTarget["refused"] = (error) => {
    this.events.push(`refused ${error.status}`);
  };

  push(text: string): this {
    this.reader.push(Buffer.from(text, "latin1"));
    return this;
  }
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
const chunkedHead = "POST / 1.1 Host,a Transfer-Encoding,chunked";

describe("a RequestReader", () => {
  it("reads requests that follow each other, however the bytes are cut", () => {
    const bytes = `${get("/1")}\r\nPOST /2 HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc${get("/3")}`;
    const expected = [
      "GET /1 1.1 Host,a",
      "end",
      "POST /2 1.0 Content-Length,3",
      "abc",
      "end",
      "GET /3 1.1 Host,a",
      "end",
    ];

    for (let cut = 0; cut < bytes.length; cut++) {
      const recorder = new Recorder().push(bytes.slice(0, cut)).push(bytes.slice(cut));

      expect(recorder.events.join("|").replace("a|bc", "abc").replace("ab|c", "abc")).toBe(expected.join("|"));
    }
    const single = new Recorder();
    for (const byte of bytes) single.push(byte);
    expect(single.events.join("|").replace("a|b|c", "abc")).toBe(expected.join("|"));
  });

  it("keeps its own bytes of a packet in whose middle something was thrown", () => {
    const lent = Buffer.from(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx${get("/mine")}`);
    const broken = Object.assign(new Recorder(), {
      bodyRead() {
        throw new Error("broken");
      },
    });

    expect(() => broken.reader.push(lent)).toThrow("broken");
    lent.fill(get("/theirs"));
    broken.reader.resume();

    expect(broken.events.slice(1)).toEqual(["end", "GET /mine 1.1 Host,a", "end"]);
  });

  it("gives all chunks of a packet as one piece", () => {
    const { events } = new Recorder().push(`${chunked}${"1\r\nx\r\n".repeat(1000)}0\r\n\r\n`);

    expect(events).toEqual([chunkedHead, "x".repeat(1000), "end"]);
  });

  it("gives what came before a chunk that is malformed, and nothing of what follows", () => {
    const { events } = new Recorder().push(`${chunked}1\r\nx\r\nnonsense\r\n${get("/")}`);

    expect(events).toEqual([chunkedHead, "x", "refused 400"]);
  });

  it.each<[string, string]>([
    ["a name", "5;name\r\nhello\r\n0\r\n\r\n"],
    ["a name and a value", "5;name=value\r\nhello\r\n0;last\r\n\r\n"],
    ["a quoted value", '5;name="a;\\"b, c"\r\nhello\r\n0\r\n\r\n'],
    ["blanks that should not be there", '5 ; name = "x" ;\tb\r\nhello\r\n0\r\n\r\n'],
    ["hexadecimal digits of both cases and leading zeros", "0005\r\nhello\r\n00\r\n\r\n"],
    ["trailers", "5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Other:\r\n\r\n"],
  ])("reads a chunked body with %s", (_what, body) => {
    expect(new Recorder().push(chunked + body).events).toEqual([chunkedHead, "hello", "end"]);
  });

  it.each<[string, string, number]>([
    ["blanks behind the size", "5 \r\n", 400],
    ["blanks before the size", " 5\r\n", 400],
    ["no name behind the semicolon", "5;\r\n", 400],
    ["an extension without a value behind its equals sign", "5;a=\r\n", 400],
    ["an unclosed quote", '5;a="b\r\n', 400],
    ["a control character in an extension", "5;a=\x01\r\n", 400],
    ["a bare CR in an extension", "5;a\rb\r\n", 400],
    ["a bare LF behind the size", "5\nhello", 400],
    ["something behind the last quote", '5;a="b"c\r\n', 400],
    ["an empty size", "\r\n", 400],
    ["a size with a prefix", "0x5\r\n", 400],
    ["a size above what can be counted", "20000000000000\r\n", 400],
    ["a size of nothing but zeros without an end", "0".repeat(17), 400],
    ["20 kB of extensions", `5;a=${"b".repeat(20_000)}\r\n`, 413],
    ["20 kB of extensions in many chunks", `1;abcdefgh\r\nx\r\n`.repeat(2000), 413],
    ["20 kB of trailers", `0\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, 431],
    ["101 trailers", `0\r\n${"X: 1\r\n".repeat(101)}\r\n`, 431],
    ["a Content-Length in the trailers", "0\r\ncontent-length: 5\r\n\r\n", 400],
    ["a Transfer-Encoding in the trailers", "0\r\nTransfer-Encoding: x\r\n\r\n", 400],
    ["a Host in the trailers", "0\r\nHost: b\r\n\r\n", 400],
    ["an Authorization in the trailers", "0\r\nAuthorization: b\r\n\r\n", 400],
    ["a folded trailer", "0\r\nX: 1\r\n 2\r\n\r\n", 400],
    ["a bare LF behind the trailers", "0\r\n\n", 400],
  ])("refuses a chunked body with %s", (_what, body, status) => {
    const { events } = new Recorder().push(`${chunked}${body}`);

    expect(events.at(-1)).toBe(`refused ${status}`);
    expect(events).not.toContain("end");
  });

  it("accepts a head of the largest size, and refuses one byte more, in one packet or in many", () => {
    const head = (size: number) => `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(size - 32)}\r\n\r\n`;

    expect(new Recorder().push(head(16_384)).events.at(-1)).toBe("end");
    expect(new Recorder().push(head(16_385)).events).toEqual(["refused 431"]);
    for (const [size, last] of [
      [16_384, "end"],
      [16_385, "refused 431"],
    ] as const) {
      const recorder = new Recorder();
      for (const byte of head(size)) recorder.push(byte);
      expect(recorder.events.at(-1)).toBe(last);
    }
  });

  it("refuses a line that can become no request before its end has come", () => {
    expect(new Recorder().push("nonsense\r").events).toEqual(["refused 400"]);
    expect(new Recorder().push("\x16\x03").events).toEqual(["refused 400"]);
    expect(new Recorder().push("GET / HTTP/1.1\n").events).toEqual(["refused 400"]);
    expect(new Recorder().push("\r\n\r\n").events).toEqual(["refused 400"]);
  });

  it("keeps what comes while it is paused, in order", () => {
    const recorder = new Recorder();
    recorder.messageRead = () => recorder.events.push("end");
    recorder.push(get("/1") + get("/2")).push(get("/3"));

    expect(recorder.events).toEqual(["GET /1 1.1 Host,a", "end"]);
    expect(recorder.reader.keptBytes).toBe(2 * get("/2").length);
    recorder.reader.resume();
    recorder.reader.resume();

    expect(recorder.events.filter((event) => event.startsWith("GET")).map((event) => event.slice(4, 6))).toEqual([
      "/1",
      "/2",
      "/3",
    ]);
    expect(recorder.reader.isBetweenRequests).toBe(true);
  });

  it("holds back the body, and the end, while its target has paused it in the head", () => {
    const recorder = new Recorder();
    recorder.headRead = () => recorder.reader.pause();
    recorder.push("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab");

    expect(recorder.events).toEqual([]);
    recorder.headRead = () => {};
    recorder.reader.resume();

    expect(recorder.events).toEqual(["ab", "end"]);
  });

  it("gives up everything behind the message that was read last", () => {
    const recorder = new Recorder();
    let rest = "";
    recorder.messageRead = () => {
      recorder.reader.push(Buffer.from("more"));
      rest = recorder.reader.takeRest().toString();
    };
    recorder.push(`${get("/")}behind`).push("ignored");

    expect(rest).toBe("behindmore");
    expect(recorder.reader.keptBytes).toBe(0);
  });

  it("reads nothing any more once it has refused", () => {
    const { events } = new Recorder().push("bad\r\n").push(get("/"));

    expect(events).toEqual(["refused 400"]);
  });

  it("knows between which requests it stands", () => {
    const recorder = new Recorder();

    expect(recorder.reader.isBetweenRequests).toBe(true);
    recorder.push("\r\n");
    expect(recorder.reader.isBetweenRequests).toBe(true);
    recorder.push("G");
    expect(recorder.reader.isBetweenRequests).toBe(false);
    recorder.push("ET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n");
    expect(recorder.reader.isInBody).toBe(true);
    recorder.push("x");
    expect(recorder.reader.isBetweenRequests).toBe(true);
  });
});
