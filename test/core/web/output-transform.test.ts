import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HTTPHeaders } from "../../../src/core/http/headers.js";
import type { HTTPServerRequest } from "../../../src/core/http/request.js";
import { OutputTransform } from "../../../src/core/web/output-transform.js";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import { StaticFileHandler } from "../../../src/core/web/static-file-handler.js";
import { type TemporaryFolder, temporaryFolder } from "../../support/temporary-folder.js";
import { serveApp } from "./serve-app.js";

const text = "All work and no play. ".repeat(2000);

class Page extends RequestHandler {
  async get(kind: string) {
    if (kind === "json") this.write({ text });
    if (kind === "small") this.write("small");
    if (kind === "image") this.setHeader("Content-Type", "image/png");
    if (kind === "part") this.setStatus(206);
    if (kind === "encoded") this.setHeader("Content-Encoding", "mine");
    if (kind === "vary") this.setHeader("Vary", "Cookie");
    if (kind === "chunks") {
      this.write("one,");
      await this.flush();
      this.write("two,");
      await this.flush();
    }
    if (kind === "empty") this.setStatus(204);
    else if (kind !== "json" && kind !== "small") this.write(text);
  }
}

const rules = [["/(.*)", Page]] as const;
const settings = { compressResponse: true };
let folder: TemporaryFolder;

beforeAll(async () => {
  folder = await temporaryFolder("tornado-transform");
  await writeFile(join(folder.path, "page.txt"), text);
});
afterAll(() => folder[Symbol.asyncDispose]());

const serveFiles = () => serveApp([["/file/(.*)", StaticFileHandler, { path: folder.path }], ...rules], settings);
const bytes = (body: string) => Buffer.from(body, "latin1");

describe("GZipContentEncoding", () => {
  it("compresses text, with its new length", async () => {
    await using served = await serveApp(rules, settings);

    const response = await served.request("GET /page", ["Accept-Encoding: gzip"]);

    expect(response.header("content-encoding")).toBe("gzip");
    expect(response.header("vary")).toBe("Accept-Encoding");
    expect(response.header("content-length")).toBe(String(response.body.length));
    expect(gunzipSync(bytes(response.body)).toString()).toBe(text);
  });

  it("compresses with br for a client that likes it better", async () => {
    await using served = await serveApp(rules, settings);

    const response = await served.request("GET /json", ["Accept-Encoding: gzip;q=0.5, br"]);

    expect(response.header("content-encoding")).toBe("br");
    expect(JSON.parse(brotliDecompressSync(bytes(response.body)).toString())).toEqual({ text });
  });

  it("sends each flushed piece when it is flushed", async () => {
    await using served = await serveApp(rules, settings);

    const response = await served.request("GET /chunks", ["Accept-Encoding: gzip"]);

    expect(response.header("content-length")).toBeUndefined();
    const pieces = dechunk(bytes(response.body));
    expect(pieces.length).toBeGreaterThanOrEqual(3);
    expect(gunzipSync(Buffer.concat(pieces)).toString()).toBe(`one,two,${text}`);
  });

  it.each(["small", "image", "part", "encoded", "empty"])("leaves %s alone, but for Vary", async (kind) => {
    await using served = await serveApp(rules, settings);

    const response = await served.request(`GET /${kind}`, ["Accept-Encoding: gzip"]);

    expect(response.header("content-encoding")).not.toBe("gzip");
    expect(response.header("vary")).toBe("Accept-Encoding");
  });

  it("joins Vary", async () => {
    await using served = await serveApp(rules, settings);

    expect((await served.request("GET /vary")).header("vary")).toBe("Cookie, Accept-Encoding");
  });

  // RFC 9110, section 8.6: no other Content-Length than that of the answer to GET.
  it.each([
    ["/page", true],
    ["/chunks", false],
    ["/file/page.txt", false],
  ])("answers HEAD of %s as GET, but for a length that is not known (known: %s)", async (path, isKnown) => {
    await using served = await serveFiles();

    const [get, head] = await Promise.all(
      ["GET", "HEAD"].map((method) => served.request(`${method} ${path}`, ["Accept-Encoding: gzip"])),
    );

    expect([head!.body, head!.status]).toEqual(["", 200]);
    for (const name of ["content-encoding", "content-type", "etag", "vary"]) {
      expect([name, head!.header(name)]).toEqual([name, get!.header(name)]);
    }
    expect(head!.header("content-length")).toBe(isKnown ? get!.header("content-length") : undefined);
  });

  // RFC 9110, section 8.8.3.3: the compressed bytes are others than those that a range is cut from.
  it("weakens the ETag, so that no client joins compressed bytes and a plain range", async () => {
    await using served = await serveFiles();
    const encoding = "Accept-Encoding: gzip";
    const plain = (await served.request("GET /file/page.txt")).header("etag")!;

    const compressed = (await served.request("GET /file/page.txt", [encoding])).header("etag")!;
    const resumed = await served.request("GET /file/page.txt", [
      encoding,
      "Range: bytes=5-9",
      `If-Range: ${compressed}`,
    ]);
    const known = await served.request("GET /file/page.txt", [encoding, `If-None-Match: ${compressed}`]);
    const knownPlain = await served.request("GET /file/page.txt", [encoding, `If-None-Match: ${plain}`]);

    expect(plain).toMatch(/^"[0-9a-f]+"$/);
    expect(compressed).toBe(`W/${plain}`);
    expect(resumed.status).toBe(200);
    // RFC 9111, section 4.3.4: a 304 with another tag would refresh nothing that is stored.
    expect([known.status, known.header("etag")]).toEqual([304, compressed]);
    expect([knownPlain.status, knownPlain.header("etag")]).toEqual([304, plain]);
  });
});

class Slow extends OutputTransform {
  override async transformFirstChunk(statusCode: number, headers: HTTPHeaders, chunk: Buffer) {
    await new Promise(setImmediate);
    headers.set("X-Slow", "1");
    headers.delete("Content-Length");
    return { statusCode: statusCode + 1, headers, chunk: Buffer.from(`<${chunk}>`) };
  }
  override async transformChunk(chunk: Buffer) {
    await new Promise(setImmediate);
    return Buffer.from(`(${chunk})`);
  }
}

class Upper extends OutputTransform {
  override transformChunk(chunk: Buffer) {
    return Buffer.from(chunk.toString().toUpperCase());
  }
}

class Failing extends OutputTransform {
  override transformChunk(): Buffer {
    throw new Error("transform");
  }
}

class FailingAtOnce extends OutputTransform {
  constructor(request: HTTPServerRequest) {
    super(request);
    throw new Error("transform");
  }
}

class FailingLater extends OutputTransform {
  override async transformFirstChunk(): Promise<never> {
    await new Promise(setImmediate);
    throw new Error("transform");
  }
}

class FailingBehind extends OutputTransform {
  #pieces = 0;
  override transformChunk(chunk: Buffer): Buffer {
    this.#pieces += 1;
    if (this.#pieces > 1) throw new Error("transform");
    return chunk;
  }
}

class Nothing extends OutputTransform {
  override transformFirstChunk() {
    return undefined as never;
  }
}

describe("output transforms", () => {
  class Pieces extends RequestHandler {
    get() {
      this.write("a");
      this.flush();
      this.write("b");
      this.flush();
      this.write("c");
    }
  }

  it("change status, headers and pieces in order, also when they take their time", async () => {
    await using served = await serveApp([["/", Pieces]], { transforms: [Upper, Slow] });

    const response = await served.request("GET /");

    expect([response.status, response.reason, response.header("x-slow")]).toEqual([201, "Created", "1"]);
    expect(Buffer.concat(dechunk(bytes(response.body))).toString()).toBe("<A>(B)(C)");
  });

  it.each([
    ["when it is made", FailingAtOnce],
    ["at the first piece", Failing],
    ["at the first piece, later", FailingLater],
    ["by giving no bytes", Nothing as never],
  ])("make a 500 of an answer of which nothing is out, when one fails %s", async (_when, transform) => {
    let finished = 0;
    class Page extends RequestHandler {
      get() {
        this.write("a");
      }
      override onFinish() {
        finished += 1;
      }
    }
    await using served = await serveApp([["/", Page]], { transforms: [transform] });

    const response = await served.request("GET /");

    expect([response.status, finished]).toEqual([500, 1]);
    expect(response.body).not.toContain("transform");
    expect(served.log).toEqual([
      "error Uncaught exception in an output transform",
      expect.stringMatching(/^error 500 GET \/ \(127/),
    ]);
  });

  it("break off an answer that has begun when one fails", async () => {
    await using served = await serveApp([["/", Pieces]], { transforms: [FailingBehind] });

    await expect(served.request("GET /")).rejects.toThrow("No complete response");
    expect(served.log.filter((line) => line.includes("Uncaught exception in an output transform"))).toHaveLength(1);
  });
});

function dechunk(body: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  for (let rest = body; rest.length > 0; ) {
    const lineEnd = rest.indexOf("\r\n");
    const size = Number.parseInt(rest.toString("latin1", 0, lineEnd), 16);
    if (size > 0) pieces.push(rest.subarray(lineEnd + 2, lineEnd + 2 + size));
    rest = rest.subarray(lineEnd + 2 + size + 2);
  }
  return pieces;
}
