import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  type HTTPFile,
  type ParseBodyConfig,
  parseBodyArguments,
  parseMultipartFormData,
  setParseBodyConfig,
} from "../../../src/core/http/body.js";
import { HTTPInputError } from "../../../src/core/http/http-input-error.js";
import { boundaryOf, MultipartReader } from "../../../src/core/http/multipart.js";

/** Writes a body; each part is its headers, an empty line and its content. */
function form(...parts: string[]): Buffer {
  return Buffer.from(`${parts.map((part) => `--b\r\n${part}\r\n`).join("")}--b--\r\n`);
}

function parse(body: Buffer, limits?: { maxParts?: number; maxPartHeaderSize?: number }) {
  const bodyArguments = new Map<string, Buffer[]>();
  const files = new Map<string, HTTPFile[]>();
  parseMultipartFormData("b", body, bodyArguments, files, limits);
  return { bodyArguments, files };
}

const field = (name: string, value = "1") => `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`;

describe("parseMultipartFormData", () => {
  it("reads arguments and files", () => {
    const file = 'Content-Disposition: form-data; name="f"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhello';

    const { bodyArguments, files } = parse(form(field("a", "x"), file, field("a", "y")));

    expect(bodyArguments.get("a")?.map(String)).toEqual(["x", "y"]);
    expect(files.get("f")).toEqual([{ filename: "a.txt", body: Buffer.from("hello"), contentType: "text/plain" }]);
  });

  it("says application/unknown of a file without a type, as Tornado does", () => {
    const { files } = parse(form('Content-Disposition: form-data; name="f"; filename="a"\r\n\r\n'));

    expect(files.get("f")).toEqual([{ filename: "a", body: Buffer.alloc(0), contentType: "application/unknown" }]);
  });

  it("takes a file input that was left empty for an argument", () => {
    const { bodyArguments, files } = parse(form('Content-Disposition: form-data; name="f"; filename=""\r\n\r\n'));

    expect(files.size).toBe(0);
    expect(bodyArguments.get("f")).toEqual([Buffer.alloc(0)]);
  });

  // RFC 7578, section 4.2, and what browsers send in spite of it.
  it.each([
    ['name="f"; filename="ä.txt"', "ä.txt"],
    ["name=f; filename=a.txt", "a.txt"],
    ['name="f"; filename="a;b\\"c"', 'a;b"c'],
    ['name="f"; filename="C:\\dir\\a.txt"', "C:\\dir\\a.txt"],
    ['name="f"; filename="../../a"', "../../a"],
    ['name="f"; filename="x"; filename*=UTF-8\'\'%C3%A4.txt', "ä.txt"],
    ["name=\"f\"; filename*=utf-8'en'a%20b", "a b"],
    ['name="f"; filename="x"; filename*=latin1\'\'%E4', "x"],
    ['name="f"; filename="x"; filename*=UTF-8\'\'%FF', "x"],
  ])("reads the file name in %s", (parameters, filename) => {
    const { files } = parse(form(`Content-Disposition: form-data; ${parameters}\r\n\r\n`));

    expect(files.get("f")?.[0]?.filename).toBe(filename);
  });

  it("keeps a longer word that begins with the boundary as content", () => {
    const { bodyArguments } = parse(form(field("a", "x\r\n--bc\r\n--b-\r\ny")));

    expect(String(bodyArguments.get("a"))).toBe("x\r\n--bc\r\n--b-\r\ny");
  });

  it("ignores what follows the last boundary", () => {
    const { bodyArguments } = parse(Buffer.concat([form(field("a")), Buffer.from(`--b\r\n${field("c")}\r\n--b--`)]));

    expect([...bodyArguments.keys()]).toEqual(["a"]);
  });

  it("keeps names away from prototypes", () => {
    const { bodyArguments } = parse(form(field("__proto__")));

    expect(bodyArguments.get("__proto__")).toHaveLength(1);
  });

  it.each<[string, Buffer]>([
    ["nothing at all", Buffer.alloc(0)],
    ["no final boundary", Buffer.from(`--b\r\n${field("a")}\r\n`)],
    ["text before the first boundary", Buffer.concat([Buffer.from("hello\r\n"), form(field("a"))])],
    ["another boundary", Buffer.from(`--c\r\n${field("a")}\r\n--c--`)],
    ["no disposition", form("Content-Type: text/plain\r\n\r\n1")],
    ["another disposition", form('Content-Disposition: attachment; name="a"\r\n\r\n1')],
    ["no name", form("Content-Disposition: form-data\r\n\r\n1")],
    ["no empty line", form('Content-Disposition: form-data; name="a"')],
    ["a bare CR in a part's header", form('Content-Disposition: form-data; name="a\rb"\r\n\r\n1')],
    ["a NUL in a part's header", form('Content-Disposition: form-data; name="a\0"\r\n\r\n1')],
    [
      "headers that are not UTF-8",
      Buffer.from('--b\r\nContent-Disposition: form-data; name="\xff"\r\n\r\n1\r\n--b--', "latin1"),
    ],
    ["a line feed in place of a line end", Buffer.from(`--b\n${field("a")}\n--b--`)],
  ])("refuses %s", (_what, body) => {
    expect(() => parse(body)).toThrow(HTTPInputError);
  });

  it("accepts 100 parts and refuses 101 (CVE-2026-31958)", () => {
    const parts = Array.from({ length: 100 }, () => field("a"));

    expect(parse(form(...parts)).bodyArguments.get("a")).toHaveLength(100);
    expect(() => parse(form(...parts, field("a")))).toThrow(/100 parts/);
  });

  it("refuses a part whose headers exceed 10 kB, finished or not", () => {
    const header = `X: ${"x".repeat(10 * 1024)}\r\n`;

    expect(() => parse(form(header + field("a")))).toThrow(/too large/);
    expect(() => parse(Buffer.from(`--b\r\n${header}`))).toThrow(/too large/);
  });
});

describe("MultipartReader", () => {
  const body = form(
    field("a", "x"),
    'Content-Disposition: form-data; name="f"; filename="g"\r\n\r\nx\r\n--\r\n--c\r\r\n-',
    field("empty", ""),
  );

  function readInPieces(pieces: readonly Buffer[]): string[] {
    const reader = new MultipartReader("b");
    const seen: string[] = [];
    let content: Buffer[] = [];
    for (const piece of pieces) {
      for (const event of reader.read(piece)) {
        if (event.type === "part") seen.push(event.part.name);
        else if (event.type === "data") content.push(event.chunk);
        else {
          seen.push(Buffer.concat(content).toString());
          content = [];
        }
      }
    }
    reader.finish();
    return seen;
  }

  it("gives the same for a body cut anywhere", () => {
    const whole = readInPieces([body]);

    for (let cut = 0; cut <= body.length; cut++) {
      expect(readInPieces([body.subarray(0, cut), body.subarray(cut)])).toEqual(whole);
    }
    expect(readInPieces([...body].map((byte) => Buffer.from([byte])))).toEqual(whole);
    expect(whole).toEqual(["a", "x", "f", "x\r\n--\r\n--c\r\r\n-", "empty", ""]);
  });

  it("gives the data of a part before the part is complete", () => {
    const reader = new MultipartReader("b");
    const start = Buffer.from(`--b\r\n${field("a", "x".repeat(1000))}`);

    const events = [...reader.read(start)];

    expect(events.map((event) => event.type)).toEqual(["part", "data"]);
  });

  it("gives data in one piece, however often it begins as the boundary does", () => {
    const content = "\r\n--bx".repeat(1000);
    const reader = new MultipartReader("b");

    const events = [...reader.read(form(field("a", content)))];

    expect(events.map((event) => event.type)).toEqual(["part", "data", "partEnd"]);
    expect(events[1]).toEqual({ type: "data", chunk: Buffer.from(content) });
  });

  it("neither hangs nor throws anything but HTTPInputError, whatever it reads", () => {
    const piece = fc.constantFrom("--b", "\r\n", "--", "\r", "\n", "b", ":", ";", '"', "x", field("a"), "\0", "=");

    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        try {
          parse(Buffer.from(pieces.join("")));
        } catch (error) {
          expect(error).toBeInstanceOf(HTTPInputError);
        }
      }),
      { numRuns: 2000, seed: 1 },
    );
  });
});

describe("setParseBodyConfig", () => {
  it("changes the limits of bodies that are read without any of their own", () => {
    const read = (config?: ParseBodyConfig) =>
      parseBodyArguments(
        "application/x-www-form-urlencoded",
        Buffer.from("a=1&b=2"),
        new Map(),
        new Map(),
        undefined,
        config,
      );
    onTestFinished(() => setParseBodyConfig({}));

    setParseBodyConfig({ maxArguments: 1 });

    expect(() => read()).toThrow("more than 1 arguments");
    expect(() => read({})).not.toThrow();
  });
});

describe("parseBodyArguments", () => {
  const read = (contentType: string, body: string, contentEncoding?: string) => {
    const bodyArguments = new Map<string, Buffer[]>();
    parseBodyArguments(contentType, Buffer.from(body), bodyArguments, new Map(), contentEncoding);
    return [...bodyArguments.keys()];
  };

  it("knows the type of a form in any case and with parameters", () => {
    expect(read("Application/X-WWW-Form-Urlencoded; charset=UTF-8", "a=1")).toEqual(["a"]);
    expect(read('multipart/FORM-DATA; boundary="b"', String(form(field("a"))))).toEqual(["a"]);
  });

  it("leaves bodies of other types alone", () => {
    expect(read("application/json", "a=1")).toEqual([]);
    expect(read("application/x-www-form-urlencoded-not", "a=1")).toEqual([]);
  });

  it("refuses a form that is still compressed", () => {
    expect(() => read("application/x-www-form-urlencoded", "a=1", "gzip")).toThrow(HTTPInputError);
  });

  it.each(["multipart/form-data", "multipart/form-data; boundary=", `multipart/form-data; boundary=${"b".repeat(71)}`])(
    "refuses %j, which has no usable boundary (RFC 2046, section 5.1.1)",
    (contentType) => {
      expect(() => read(contentType, String(form(field("a"))))).toThrow(HTTPInputError);
    },
  );

  it("finds the boundary between other parameters", () => {
    expect(boundaryOf('multipart/form-data; charset="a;boundary=x"; boundary=y')).toBe("y");
  });
});
