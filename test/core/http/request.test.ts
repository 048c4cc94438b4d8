import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import type { HTTPConnection } from "../../../src/core/http/connection.js";
import { HTTPHeaders, type HTTPHeadersInit } from "../../../src/core/http/headers.js";
import { HTTPInputError } from "../../../src/core/http/http-input-error.js";
import { HTTPServerRequest } from "../../../src/core/http/request.js";

function make(path: string, headers: HTTPHeadersInit = {}, method = "GET"): HTTPServerRequest {
  // Only what a request asks its connection for.
  const connection = { remoteIp: "127.0.0.1", protocol: "http", socket: {} } as unknown as HTTPConnection;
  return new HTTPServerRequest(connection, { method, path, version: "HTTP/1.1" }, new HTTPHeaders(headers));
}

const texts = (values: Buffer[] | undefined) => values?.map(String);

describe("HTTPServerRequest", () => {
  // Reference row HU2.
  it.each([
    ["/a?b=c?d", "/a", "b=c?d"],
    ["/a", "/a", ""],
    ["/a?", "/a", ""],
    ["//a/%2F?x", "//a/%2F", "x"],
    ["*", "*", ""],
  ])("splits %j at its first question mark and decodes nothing", (uri, path, query) => {
    const request = make(uri);

    expect([request.uri, request.path, request.query]).toEqual([uri, path, query]);
  });

  it("knows its host with and without the port", () => {
    const request = make("/a?b", { Host: "Example.COM:8888" });

    expect([request.host, request.hostName]).toEqual(["Example.COM:8888", "example.com"]);
    expect(request.fullUrl()).toBe("http://Example.COM:8888/a?b");
    expect(make("/").host).toBe("127.0.0.1");
    expect(make("/", { Host: "[::1]:80" }).hostName).toBe("[::1]");
    // RFC 3986, section 3.2.3: or else a rule for a host could be passed by.
    expect(make("/", { Host: "example.com:" }).hostName).toBe("example.com");
  });

  it("joins the arguments of the query and the body, the query's first", () => {
    const request = make("/?a=1&b=2", { "Content-Type": "application/x-www-form-urlencoded" }, "POST");
    request.body = Buffer.from("a=3&c=4");

    request.parseBody();

    expect(texts(request.arguments.get("a"))).toEqual(["1", "3"]);
    expect(texts(request.queryArguments.get("a"))).toEqual(["1"]);
    expect(texts(request.bodyArguments.get("a"))).toEqual(["3"]);
    expect([...request.arguments.keys()]).toEqual(["a", "b", "c"]);
  });

  it("throws for a query with too many arguments when it is asked for them", () => {
    const request = make(`/?${"a&".repeat(1001)}`);

    expect(request.path).toBe("/");
    expect(() => request.queryArguments).toThrow(HTTPInputError);
  });

  it("refuses a multipart form without anything in it, as Tornado does", () => {
    const multipart = make("/", { "Content-Type": "Multipart/form-data; boundary=x" }, "POST");
    const plain = make("/", { "Content-Type": "application/x-www-form-urlencoded" }, "POST");

    expect(() => multipart.parseBody()).toThrow(expect.objectContaining({ status: 400 }));
    plain.parseBody();
    expect(plain.arguments.size).toBe(0);
  });

  it("refuses a form that is compressed, and leaves other bodies alone", () => {
    const form = make("/", { "Content-Type": "application/x-www-form-urlencoded", "Content-Encoding": "gzip" }, "POST");
    form.body = Buffer.from("x");
    const json = make("/", { "Content-Type": "application/json", "Content-Encoding": "gzip" }, "POST");
    json.body = Buffer.from("x");

    expect(() => form.parseBody()).toThrow(expect.objectContaining({ status: 415 }));
    json.parseBody();
    expect(json.arguments.size).toBe(0);
  });

  it("reads cookies of one or several fields", () => {
    const request = make("/", [
      ["Cookie", "a=1; b=2"],
      ["Cookie", "c=3"],
    ]);

    expect([...request.cookies]).toEqual([
      ["a", "1"],
      ["b", "2"],
      ["c", "3"],
    ]);
  });

  it("aborts its signal when the client has left, whenever the signal is asked for", () => {
    const before = make("/");
    const { signal } = before;
    const after = make("/");

    expect(signal.aborted).toBe(false);
    before.abort();
    after.abort();

    expect(signal.aborted).toBe(true);
    expect(after.signal.aborted).toBe(true);
    expect(signal.reason).toMatchObject({ name: "AbortError" });
  });

  it("measures its time until it is marked finished", () => {
    const request = make("/");
    request.markFinished();

    const time = request.requestTime();

    expect(time).toBeGreaterThanOrEqual(0);
    expect(request.requestTime()).toBe(time);
  });

  it("has no certificate on a plain connection", () => {
    expect(make("/").getSslCertificate()).toBeNull();
  });

  it("shows neither headers nor arguments when it is printed", () => {
    const request = make("/a?token=secret", { Host: "h", Cookie: "secret", Authorization: "secret" });

    expect(inspect(request)).not.toContain("secret");
    expect(inspect(request)).toContain("/a");
  });
});
