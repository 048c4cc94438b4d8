import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { HTTPHeaders } from "../../../src/core/http/headers.js";
import { OutputTransform } from "../../../src/core/web/output-transform.js";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
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

  it("joins Vary, and leaves HEAD alone", async () => {
    await using served = await serveApp(rules, settings);

    expect((await served.request("GET /vary")).header("vary")).toBe("Cookie, Accept-Encoding");
    expect((await served.request("HEAD /page", ["Accept-Encoding: gzip"])).header("content-length")).toBe(
      String(text.length),
    );
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

  it("break off the answer when one fails", async () => {
    await using served = await serveApp([["/", Pieces]], { transforms: [Failing] });

    await expect(served.request("GET /")).rejects.toThrow("No complete response");
    expect(served.log.join()).toContain("Uncaught exception in an output transform");
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
