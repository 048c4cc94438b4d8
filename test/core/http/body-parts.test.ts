import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readBodyParts } from "../../../src/core/http/body-parts.js";
import { BodyReader } from "../../../src/core/http/body-reader.js";
import { HTTPInputError } from "../../../src/core/http/http-input-error.js";

const contentType = "multipart/form-data; boundary=xyz";

function part(disposition: string, content: string): string {
  return `--xyz\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${content}\r\n`;
}

const body = `${part('name="title"', "Engines")}${part('name="file"; filename="a.txt"', "one\r\n--xyztwo")}${part('name="empty"; filename="b"', "")}--xyz--\r\n`;

async function* inPieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function readAll(chunks: AsyncIterable<Buffer>, ...rest: [limits?: Parameters<typeof readBodyParts>[2]]) {
  const read: string[] = [];
  for await (const one of readBodyParts(chunks, contentType, ...rest)) {
    read.push(`${one.name} ${one.filename} ${await one.text()} ${one.size}`);
  }
  return read;
}

describe("readBodyParts", () => {
  it("gives the same for a body cut anywhere", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: body.length }), async (size) => {
        expect(await readAll(inPieces(body, size))).toEqual([
          "title undefined Engines 7",
          "file a.txt one\r\n--xyztwo 13",
          "empty b  0",
        ]);
      }),
    );
  });

  it("skips what of a part was not read", async () => {
    const names: string[] = [];
    for await (const one of readBodyParts(inPieces(body, 5), contentType)) {
      names.push(one.name);
      for await (const _ of one) break;
    }

    expect(names).toEqual(["title", "file", "empty"]);
  });

  it("asks for no more of the body when the loop ends early", async () => {
    let asked = 0;
    let isClosed = false;
    async function* counting() {
      try {
        for await (const chunk of inPieces(body, 60)) {
          asked++;
          yield chunk;
        }
      } finally {
        isClosed = true;
      }
    }

    for await (const _ of readBodyParts(counting(), contentType)) break;

    expect([asked, isClosed]).toEqual([1, true]);
  });

  it.each<[string, string, Parameters<typeof readBodyParts>[2], number]>([
    ["a file that is too large", body, { maxFileSize: 12 }, 413],
    ["an argument that is too large", body, { maxFieldSize: 6 }, 413],
    ["too many parts", body, { maxParts: 2 }, 400],
    ["headers of a part that are too large", body, { maxPartHeaderSize: 20 }, 400],
    ["a body that ends early", body.slice(0, -10), {}, 400],
    ["a body that does not begin", `x${body}`, {}, 400],
  ])("refuses %s", async (_, text, limits, status) => {
    const error = await readAll(inPieces(text, 7), limits).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(HTTPInputError);
    expect((error as HTTPInputError).status).toBe(status);
  });

  it.each([undefined, "text/plain", "multipart/mixed; boundary=xyz", "multipart/form-data-x; boundary=xyz"])(
    "refuses a body of type %s",
    async (type) => {
      const error = await readBodyParts(inPieces(body, 9), type)
        .next()
        .catch((thrown: unknown) => thrown);

      expect((error as HTTPInputError).status).toBe(415);
    },
  );

  it.each([Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY])("has no limit of %d: it never fails open", async (limit) => {
    await expect(readAll(inPieces(body, 9), { maxFileSize: limit })).rejects.toThrow(RangeError);
  });
});

describe("BodyReader", () => {
  it("lets a piece in when the one before was worked through", async () => {
    const reader = new BodyReader();
    let admitted = 0;
    const admit = () => void admitted++;

    void reader.push(Buffer.from("one"))!.then(admit);
    expect((await reader.next()).value?.toString()).toBe("one");
    await new Promise(setImmediate);
    expect(admitted).toBe(0);
    const second = reader.next();
    await new Promise(setImmediate);
    expect(admitted).toBe(1);
    void reader.push(Buffer.from("two"));

    expect((await second).value?.toString()).toBe("two");
  });

  it("gives what came before a failure, then the failure", async () => {
    const reader = new BodyReader();
    void reader.push(Buffer.from("one"));
    reader.fail(new Error("gone"));

    expect((await reader.next()).value?.toString()).toBe("one");
    await expect(reader.next()).rejects.toThrow("gone");
  });

  it("refuses two readers at once", async () => {
    const reader = new BodyReader();
    void reader.next();

    await expect(reader.next()).rejects.toThrow(/in one place/);
  });
});
