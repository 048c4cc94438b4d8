import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, rename, symlink, truncate, unlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configureRuntime } from "../../../src/core/runtime.js";
import { expectLog } from "../../../src/core/testing/expect-log.js";
import { type TestClient, testApp } from "../../../src/core/testing/test-app.js";
import { Application } from "../../../src/core/web/application.js";
import type { HandlerSettings } from "../../../src/core/web/handler-settings.js";
import { HTTPError } from "../../../src/core/web/http-error.js";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import {
  type StaticContent,
  StaticFileHandler,
  type StaticFileOptions,
} from "../../../src/core/web/static-file-handler.js";
import { openSocket, sendRaw } from "../../support/raw-http.js";
import { type TemporaryFolder, temporaryFolder } from "../../support/temporary-folder.js";

const long = new Date(1_359_312_200_000);
const page = "<h1>page</h1>";
/** Larger than what is kept in memory. */
const video = Buffer.alloc(3 * 1024 * 1024, "0123456789abcdef!");

let folder: TemporaryFolder;
let client: TestClient;

/** Writes a file that looks old, so that it may be remembered. */
async function write(name: string, content: string | Buffer, modified = long): Promise<string> {
  const path = join(folder.path, name);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, content);
  await utimes(path, modified, modified);
  return path;
}

const sha512 = (content: string | Buffer) => createHash("sha512").update(content).digest("hex");

class Urls extends RequestHandler {
  get() {
    this.write({
      url: this.staticUrl("page.html"),
      plain: this.staticUrl("page.html", { includeVersion: false }),
      host: this.staticUrl("page.html", { includeHost: true }),
    });
  }
}

function makeApp() {
  const root = join(folder.path, "root");
  return new Application(
    [
      ["/urls", Urls],
      ["/index/(.*)", StaticFileHandler, { path: root, defaultFilename: "index.html" }],
      ["/open/(.*)", StaticFileHandler, { path: root, followSymlinks: true, serveDotFiles: true }],
      ["/shared/(.*)", StaticFileHandler, { path: root, followSymlinks: [join(folder.path, "shared")] }],
      ["/named/(?<path>.*)", StaticFileHandler, { path: root }],
      ["//evil/(.*)", StaticFileHandler, { path: root, defaultFilename: "index.html" }],
    ],
    { staticPath: root },
  );
}

beforeAll(async () => {
  folder = await temporaryFolder("tornado-static");
  await write("root/page.html", page);
  await write("root/empty.txt", "");
  await write("root/video.mp4", video);
  await write("root/sub/index.html", "index");
  await write("root/nodefault/x.txt", "x");
  await write("root/naïve file.txt", "unicode");
  await write("root/.env", "SECRET=canary");
  await write("root/.git/config", "canary");
  await write("root/.well-known/x.txt", "well known");
  await write("root/robots.txt", "User-agent: *");
  await write("root/con.txt", "canary");
  await write("root/secret~1.txt", "canary");
  await write("root/back\\slash.txt", "canary");
  await write("root/colon:stream.txt", "canary");
  await write("root/dot.", "canary");
  await write("root/space ", "canary");
  await write("root-x/secret.txt", "canary");
  await write("secret.txt", "canary");
  await write("shared/logo.svg", "<svg/>");
  await symlink(join(folder.path, "secret.txt"), join(folder.path, "root/outside.txt"));
  await symlink(join(folder.path, "root-x"), join(folder.path, "root/outside"));
  await symlink("page.html", join(folder.path, "root/inside.html"));
  await symlink(".env", join(folder.path, "root/inside-dot.txt"));
  await symlink("loop", join(folder.path, "root/loop"));
  await symlink(join(folder.path, "shared/logo.svg"), join(folder.path, "root/logo.svg"));
  await symlink(join(folder.path, "shared"), join(folder.path, "root/shared"));
  client = testApp(makeApp);
});
afterAll(async () => {
  await client.close();
  await folder[Symbol.asyncDispose]();
});

describe("a file", () => {
  it("comes with Tornado's headers", async () => {
    const response = await client.fetch("/static/page.html");

    expect(response.code).toBe(200);
    expect(response.text()).toBe(page);
    expect(response.headers.get("Accept-Ranges")).toBe("bytes");
    expect(response.headers.get("Etag")).toBe(`"${sha512(page)}"`);
    expect(response.headers.get("Last-Modified")).toBe("Sun, 27 Jan 2013 18:43:20 GMT");
    expect(response.headers.get("Content-Type")).toBe("text/html; charset=UTF-8");
    expect(response.headers.get("Content-Length")).toBe("13");
    expect(response.headers.has("Cache-Control")).toBe(false);
    expect(response.headers.has("Expires")).toBe(false);
  });

  it.each(["?v=abc", "?v=", "?a=1&v=2"])("may be kept for ten years when it is asked for with %s", async (query) => {
    const response = await client.fetch(`/static/page.html${query}`);

    expect(response.headers.get("Cache-Control")).toBe("max-age=315360000");
    const years = (Date.parse(response.headers.get("Expires")!) - Date.now()) / 31_536_000_000;
    expect(years).toBeCloseTo(10, 2);
  });

  it("is answered to HEAD with the same headers and no body", async () => {
    for (const path of ["/static/page.html", "/static/video.mp4"]) {
      const get = await client.fetch(path);
      const head = await client.fetch(path, { method: "HEAD" });

      expect(head.code).toBe(200);
      expect(head.body).toHaveLength(0);
      for (const name of ["Etag", "Last-Modified", "Content-Type", "Content-Length", "Accept-Ranges"]) {
        expect(head.headers.get(name), name).toBe(get.headers.get(name));
      }
    }
  });

  it.each(["POST", "PUT", "DELETE", "PATCH"])("is not for %s", async (method) => {
    const response = await client.fetch("/static/page.html", { method });

    expect(response.code).toBe(405);
    expect(response.headers.get("Allow")).toContain("GET");
  });

  it("may be empty", async () => {
    const response = await client.fetch("/static/empty.txt");

    expect([response.code, response.headers.get("Content-Length")]).toEqual([200, "0"]);
  });

  it("may be large", async () => {
    const response = await client.fetch("/static/video.mp4");

    expect(response.body.equals(video)).toBe(true);
    expect(response.headers.get("Etag")).toBe(`"${sha512(video)}"`);
    expect(response.headers.get("Content-Type")).toBe("video/mp4");
  });

  it("is found under a name that the URL encodes, and by a named group", async () => {
    expect((await client.fetch("/static/na%C3%AFve%20file.txt")).text()).toBe("unicode");
    expect((await client.fetch("/static/p%61ge.html")).text()).toBe(page);
    expect((await client.fetch("/named/page.html")).text()).toBe(page);
  });

  it("is served from the root of the site for robots.txt", async () => {
    expect((await client.fetch("/robots.txt")).text()).toBe("User-agent: *");
    expect((await client.fetch("/favicon.ico")).code).toBe(404);
  });

  it("is served anew at once when it changes, also within the same second and size", async () => {
    const path = await write("root/changing.txt", "one");
    await client.fetch("/static/changing.txt");
    await client.fetch("/static/changing.txt");

    for (const content of ["two", "six", "ten", "zoo"]) {
      await writeFile(path, content);
      await utimes(path, long, long);

      expect((await client.fetch("/static/changing.txt")).text()).toBe(content);
    }
    await unlink(path);
    expect((await client.fetch("/static/changing.txt")).code).toBe(404);
  });

  it("answers the same to many at once", async () => {
    const responses = await Promise.all(Array.from({ length: 20 }, () => client.fetch("/static/video.mp4")));

    expect(responses.every((response) => response.body.equals(video))).toBe(true);
  });
});

describe("conditional requests", () => {
  const etag = `"${sha512(page)}"`;
  const fetchWith = (headers: Record<string, string>) => client.fetch("/static/page.html", { headers });

  it.each([
    ["the ETag", { "If-None-Match": etag }],
    ["the ETag, weak", { "If-None-Match": `W/${etag}` }],
    ["a list", { "If-None-Match": `"x", ${etag}` }],
    ["a star", { "If-None-Match": "*" }],
    ["the same date", { "If-Modified-Since": "Sun, 27 Jan 2013 18:43:20 GMT" }],
    ["a later date", { "If-Modified-Since": "Mon, 28 Jan 2013 18:43:20 GMT" }],
    ["a date without zone", { "If-Modified-Since": "Sun, 27 Jan 2013 18:43:20" }],
    ["the ETag and an earlier date", { "If-None-Match": etag, "If-Modified-Since": "Sat, 26 Jan 2013 18:43:20 GMT" }],
    ["the ETag and a range: the condition comes first", { "If-None-Match": etag, Range: "bytes=0-1" }],
  ])("answers 304 to %s", async (_, headers) => {
    const response = await fetchWith(headers);

    expect(response.code).toBe(304);
    expect(response.body).toHaveLength(0);
    expect(response.headers.get("Etag")).toBe(etag);
    expect(response.headers.has("Last-Modified")).toBe(true);
    expect(response.headers.has("Content-Type")).toBe(false);
    expect(response.headers.has("Content-Length")).toBe(false);
  });

  it.each([
    ["another ETag", { "If-None-Match": '"x"' }],
    ["an earlier date", { "If-Modified-Since": "Sat, 26 Jan 2013 18:43:20 GMT" }],
    ["no date", { "If-Modified-Since": "yesterday" }],
    ["another ETag and a later date", { "If-None-Match": '"x"', "If-Modified-Since": "Mon, 28 Jan 2013 18:43:20 GMT" }],
  ])("answers 200 to %s", async (_, headers) => {
    expect((await fetchWith(headers)).code).toBe(200);
  });
});

describe("ranges", () => {
  it.each([
    ["/static/page.html", Buffer.from(page)],
    ["/static/video.mp4", video],
  ])("of %s are cut out of it", async (path, content) => {
    const size = content.length;
    const cases: [string, number, number][] = [
      ["bytes=0-4", 0, 5],
      ["bytes=5-", 5, size],
      ["bytes=-3", size - 3, size],
      [`bytes=1-${size + 100}`, 1, size],
    ];
    for (const [range, start, end] of cases) {
      const response = await client.fetch(path, { headers: { Range: range } });

      expect(response.code, range).toBe(206);
      expect(response.body.equals(content.subarray(start, end)), range).toBe(true);
      expect(response.headers.get("Content-Range")).toBe(`bytes ${start}-${end - 1}/${size}`);
      expect(response.headers.get("Content-Length")).toBe(String(end - start));
      expect(response.headers.get("Etag")).toBe(`"${sha512(content)}"`);
    }
  });

  it.each(["bytes=0-", "bytes=0-12", "bytes=-13", "items=0-4", "bytes=a", "Bytes=0-4"])(
    "%s is answered with everything and 200",
    async (range) => {
      const response = await client.fetch("/static/page.html", { headers: { Range: range } });

      expect([response.code, response.text()]).toEqual([200, page]);
      expect(response.headers.has("Content-Range")).toBe(false);
    },
  );

  it.each(["bytes=-0", "bytes=13-", "bytes=5-2"])("%s is answered 416", async (range) => {
    const response = await client.fetch("/static/page.html", { headers: { Range: range } });

    expect(response.code).toBe(416);
    expect(response.headers.get("Content-Range")).toBe("bytes */13");
    expect(response.headers.get("Content-Type")).toMatch(/^text\/plain/);
  });

  it.each(["/static/page.html", "/static/video.mp4"])("several of %s come as multipart/byteranges", async (path) => {
    const whole = (await client.fetch(path)).body;
    const response = await client.fetch(path, { headers: { Range: "bytes=0-1,4-6,-2" } });
    const head = await client.fetch(path, { method: "HEAD", headers: { Range: "bytes=0-1,4-6,-2" } });

    const boundary = /^multipart\/byteranges; boundary=(\w+)$/.exec(response.headers.get("Content-Type")!)![1]!;
    const type = path.endsWith("html") ? "text/html; charset=UTF-8" : "video/mp4";
    const size = whole.length;
    const part = (start: number, end: number) =>
      `--${boundary}\r\nContent-Type: ${type}\r\nContent-Range: bytes ${start}-${end - 1}/${size}\r\n\r\n${whole.toString("latin1", start, end)}\r\n`;
    expect(response.code).toBe(206);
    expect(response.body.toString("latin1")).toBe(
      `${part(0, 2)}${part(4, 7)}${part(size - 2, size)}--${boundary}--\r\n`,
    );
    expect(response.headers.has("Content-Range")).toBe(false);
    expect(response.headers.get("Content-Length")).toBe(String(response.body.length));
    expect(head.headers.get("Content-Length")).toBe(String(response.body.length));
  });

  it("more than ten, or more bytes than there are, are answered with everything", async () => {
    for (const range of ["bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,8-8,9-9,10-10", "bytes=0-,1-,2-"]) {
      expect((await client.fetch("/static/page.html", { headers: { Range: range } })).code).toBe(200);
    }
  });

  it.each([
    [`"${sha512(page)}"`, 206],
    ['"x"', 200],
    [`W/"${sha512(page)}"`, 200],
    ["Sun, 27 Jan 2013 18:43:20 GMT", 206],
    ["Mon, 28 Jan 2013 18:43:20 GMT", 200],
  ])("with If-Range %s are answered %i", async (ifRange, code) => {
    const response = await client.fetch("/static/page.html", { headers: { Range: "bytes=0-1", "If-Range": ifRange } });

    expect(response.code).toBe(code);
  });

  it("are heeded by HEAD, too", async () => {
    const response = await client.fetch("/static/page.html", { method: "HEAD", headers: { Range: "bytes=0-1" } });

    expect([response.code, response.headers.get("Content-Length")]).toEqual([206, "2"]);
  });
});

describe("paths that lead elsewhere", () => {
  // Every spelling of "above the root"; 403 as in Tornado.
  it.each([
    "../secret.txt",
    "%2e%2e/secret.txt",
    "%2E%2E/secret.txt",
    ".%2e/secret.txt",
    "..%2fsecret.txt",
    "..%2Fsecret.txt",
    "sub/../../secret.txt",
    "sub/..%2f..%2fsecret.txt",
    "../root-x/secret.txt",
    "/etc/passwd",
    "//etc/passwd",
    "%2fetc/passwd",
    "....//....//secret.txt/../../../../secret.txt",
  ])("/static/%s is 403 and gives nothing away", async (path) => {
    using _ = expectLog("tornado.general", "is not in the static folder", { required: false });
    const response = await client.fetch(`/static/${path}`);

    expect(response.code).toBe(403);
    expect(response.text()).not.toMatch(/canary|root:/);
  });

  it.each([
    ["NUL", "page.html%00"],
    ["NUL before an ending", "secret%00.html"],
    ["a backslash, with the file there", "back%5cslash.txt"],
    ["a backslash as a separator", "..%5csecret.txt"],
    ["a colon, with the file there", "colon:stream.txt"],
    ["a stream of a file", "page.html::$DATA"],
    ["a drive", "C:/secret.txt"],
    ["a drive without a slash", "c:secret.txt"],
    ["a UNC path", "%5c%5chost/share"],
    ["a device name, with the file there", "con.txt"],
    ["a device name in capitals", "NUL"],
    ["a device name with a number", "sub/com1.html"],
    ["a device name with a superscript", "lpt%C2%B9"],
    ["a device name with a blank", "con%20.txt"],
    ["a device of the console", "conin$"],
    ["a short name, with the file there", "secret~1.txt"],
    ["a short name of a folder", "git~1/config"],
    ["a dot at the end, with the file there", "dot."],
    ["a dot at the end of another file", "page.html."],
    ["a blank at the end, with the file there", "space%20"],
    ["a line feed", "page.html%0a"],
    ["DEL", "page.html%7f"],
    ["twice encoded dots", "%252e%252e/secret.txt"],
    ["overlong UTF-8 is not decoded", "%25c0%25ae%25c0%25ae/secret.txt"],
    ["three dots", ".../secret.txt"],
    ["a dot file", ".env"],
    ["a dot file, encoded", "%2eenv"],
    ["a file in a dot folder", ".git/config"],
    ["a dot folder behind others", "sub/../.git/config"],
    ["a dot folder itself", ".git"],
    ["a symbolic link that leaves the root", "outside.txt"],
    ["a folder that leaves the root", "outside/secret.txt"],
    ["a folder that leaves the root, itself", "outside"],
    ["a link to a dot file", "inside-dot.txt"],
    ["a link to itself", "loop"],
    ["a file that is not there", "missing.txt"],
    ["a file below a file", "page.html/x"],
    ["a name that is too long", "x".repeat(5000)],
  ])("404 for %s", async (_, path) => {
    const response = await client.fetch(`/static/${path}`);

    expect(response.code).toBe(404);
    expect(response.text()).not.toContain("canary");
  });

  it("400 for a path that is no UTF-8", async () => {
    using _ = expectLog("tornado.general", "", { required: false });

    expect((await client.fetch("/static/%ff%fe")).code).toBe(400);
    expect((await client.fetch("/static/%c0%ae%c0%ae/secret.txt")).code).toBe(400);
  });

  it("403 for a folder and for what is no file", async () => {
    using _ = expectLog("tornado.general", "is not a file");
    const pipe = join(folder.path, "root/pipe");
    expect(spawnSync("mkfifo", [pipe]).status).toBe(0);

    expect((await client.fetch("/static/sub")).code).toBe(403);
    expect((await client.fetch("/static/")).code).toBe(403);
    // Nobody writes to it: a server that opened it would wait for ever.
    expect((await client.fetch("/static/pipe")).code).toBe(403);
  });

  it("403 for a file that may not be read", async () => {
    using _ = expectLog("tornado.general", "permission denied");
    await chmod(folder.path, 0o755);
    await chmod(await write("root/locked.txt", "x"), 0o000);
    // Root may read everything; nobody may not.
    const isRoot = process.getuid!() === 0;
    if (isRoot) process.seteuid!(65_534);

    const response = await client.fetch("/static/locked.txt");
    if (isRoot) process.seteuid!(0);

    expect(response.code).toBe(403);
  });

  it("follows links within the root", async () => {
    expect((await client.fetch("/static/inside.html")).text()).toBe(page);
  });

  it("serves links and dot files where that is allowed", async () => {
    expect((await client.fetch("/open/outside.txt")).text()).toBe("canary");
    expect((await client.fetch("/open/.well-known/x.txt")).text()).toBe("well known");
    expect((await client.fetch("/shared/logo.svg")).text()).toBe("<svg/>");
    expect((await client.fetch("/shared/shared/logo.svg")).text()).toBe("<svg/>");
    expect((await client.fetch("/shared/outside.txt")).code).toBe(404);
    expect((await client.fetch("/open/page.html%00")).code).toBe(404);
  });

  it("never serves what a link leads to after it was swapped, however the race goes", async () => {
    const link = join(folder.path, "root/swapped.html");
    const point = async (target: string) => {
      await symlink(target, `${link}.new`);
      await rename(`${link}.new`, link);
    };
    await point("page.html");
    let isOver = false;
    const swapping = (async () => {
      while (!isOver) {
        await point(join(folder.path, "secret.txt"));
        await point("page.html");
      }
    })();

    const codes = new Set<number>();
    for (let round = 0; round < 100; round++) {
      const responses = await Promise.all([1, 2, 3].map(() => client.fetch("/static/swapped.html")));
      for (const response of responses) {
        codes.add(response.code);
        expect(response.text()).not.toContain("canary");
      }
    }
    isOver = true;
    await swapping;

    expect([...codes].every((code) => code === 200 || code === 404)).toBe(true);
  });

  it("goes with a root that is a link and is pointed at the next release", async () => {
    await write("releases/1/x.txt", "first");
    await write("releases/2/x.txt", "second");
    const current = join(folder.path, "current");
    await symlink("releases/1", current);
    await using released = testApp(() => new Application([], { staticPath: current }));

    const first = await released.fetch("/static/x.txt");
    await symlink("releases/2", `${current}.new`);
    await rename(`${current}.new`, current);
    const second = await released.fetch("/static/x.txt");

    expect([first.text(), second.text()]).toEqual(["first", "second"]);
  });
});

describe("defaultFilename", () => {
  it("is served for a folder with a slash, and 301 leads there without one", async () => {
    const redirect = await client.fetch("/index/sub?x=1");

    expect((await client.fetch("/index/sub/")).text()).toBe("index");
    expect([redirect.code, redirect.headers.get("Location")]).toEqual([301, "/index/sub/"]);
  });

  it("gives 404 where a folder has none", async () => {
    expect((await client.fetch("/index/nodefault/")).code).toBe(404);
  });

  it("never redirects to another host (CVE-2023-28370)", async () => {
    using _ = expectLog("tornado.general", "two initial slashes");
    const answer = await sendRaw(
      client.port,
      `GET //evil/sub HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`,
    );

    expect(answer).toMatch(/^HTTP\/1\.1 403/);
    expect(answer).not.toMatch(/location/i);
  });
});

describe("staticUrl", () => {
  it("carries the beginning of the content's SHA-512", async () => {
    const urls = (await client.fetch("/urls")).json<Record<string, string>>();

    expect(urls.url).toBe(`/static/page.html?v=${sha512(page).slice(0, 20)}`);
    expect(urls.plain).toBe("/static/page.html");
    expect(urls.host).toBe(client.url(urls.url));
  });

  it("has no version for a file that is not there, and says so in the log once", async () => {
    using expected = expectLog("tornado.general", "Could not open the static file");

    const first = client.app.makeStaticUrl("nothing.css");
    const second = client.app.makeStaticUrl("nothing.css");

    expect([first, second]).toEqual(["/static/nothing.css", "/static/nothing.css"]);
    expect(expected.matched).toHaveLength(1);
  });

  it("is computed once, or at every change in debug mode", async () => {
    const path = await write("root/style.css", "a");
    const make = (debug: boolean) => new Application([], { staticPath: join(folder.path, "root"), debug });
    const [kept, fresh] = [make(false), make(true)];
    const before = kept.makeStaticUrl("style.css");

    await writeFile(path, "bb");

    expect(kept.makeStaticUrl("style.css")).toBe(before);
    expect(fresh.makeStaticUrl("style.css")).toBe(`/static/style.css?v=${sha512("bb").slice(0, 20)}`);
    StaticFileHandler.reset();
    expect(kept.makeStaticUrl("style.css")).toBe(fresh.makeStaticUrl("style.css"));
  });

  it("takes the version that the build has found, without reading the file", async () => {
    const path = join(folder.path, "root/built.css");
    configureRuntime({ staticVersions: new Map([[path, "0123456789abcdef0123456789"]]) });
    try {
      expect(client.app.makeStaticUrl("built.css")).toBe("/static/built.css?v=0123456789abcdef0123");
    } finally {
      configureRuntime({ staticVersions: undefined as never });
    }
  });
});

describe("sending", () => {
  it("stops reading when the client leaves", async () => {
    const socket = await openSocket(client.port);
    socket.write("GET /static/video.mp4 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    await once(socket, "data");
    socket.destroy();

    expect((await client.fetch("/static/page.html")).code).toBe(200);
  });

  it("does not pretend to be complete when the file becomes shorter meanwhile", async () => {
    using _ = expectLog("tornado.application", "Uncaught exception");
    using __ = expectLog("tornado.general", "headers are out", { required: false });
    const size = 64 * 1024 * 1024;
    const path = join(folder.path, "root/shrinking.bin");
    await writeFile(path, "");
    await truncate(path, size);
    const socket = await openSocket(client.port);
    socket.on("error", () => {});
    let received = 0;
    socket.write("GET /static/shrinking.bin HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    await once(socket, "readable");

    await truncate(path, 1000);
    socket.on("data", (chunk: Buffer) => {
      received += chunk.length;
    });
    socket.resume();
    await new Promise((resolve) => socket.once("close", resolve));

    expect(received).toBeLessThan(size);
  });
});

describe("overriding", () => {
  /** Files in memory: the storage replaced wholly, as Tornado's documentation describes it. */
  class MemoryFiles extends StaticFileHandler {
    static readonly files: Readonly<Record<string, string>> = {
      "a.css": "body {}",
      "big.txt": "0123456789".repeat(1000),
    };
    static override getAbsolutePath(_root: string, path: string): string {
      return path;
    }
    static override *getContent(path: string, start = 0, end = Number.POSITIVE_INFINITY): Iterable<Uint8Array> {
      const content = Buffer.from(MemoryFiles.files[path]!).subarray(start, end);
      for (let at = 0; at < content.length; at += 4000) yield content.subarray(at, at + 4000);
    }
    static override getContentVersion(path: string): string {
      return `v-${path.length}`;
    }
    override validateAbsolutePath(_root: string, path: string): string {
      if (!Object.hasOwn(MemoryFiles.files, path)) throw new HTTPError(404);
      return path;
    }
    override async getContentSize(): Promise<number> {
      return MemoryFiles.files[this.absolutePath!]!.length;
    }
    override async getModifiedTime(): Promise<Date> {
      return long;
    }
    override setExtraHeaders(path: string): void {
      this.setHeader("X-Path", path);
    }
    override getCacheTime(): number {
      return 60;
    }
  }

  class OtherUrls extends StaticFileHandler {
    static override makeStaticUrl(settings: HandlerSettings, path: string): string {
      return `/static/${OtherUrls.getVersion(settings, path)}/${path}`;
    }
    override parseUrlPath(path: string): string {
      return path.slice(path.indexOf("/") + 1);
    }
    static override getContentVersion(): string {
      return "42";
    }
  }

  class Bytes extends StaticFileHandler<StaticFileOptions & { readonly text: string }> {
    static override async getContent(): Promise<StaticContent> {
      return Buffer.from("replaced");
    }
    override getContentSize(): number {
      return 8;
    }
  }

  it("replaces the storage", async () => {
    await using own = testApp(() => new Application([], { staticPath: "/nowhere", staticHandlerClass: MemoryFiles }));

    const css = await own.fetch("/static/a.css");
    const part = await own.fetch("/static/big.txt", { headers: { Range: "bytes=3995-4004" } });
    const parts = await own.fetch("/static/big.txt", { headers: { Range: "bytes=0-1,5-6" } });

    expect([css.code, css.text()]).toEqual([200, "body {}"]);
    expect(css.headers.get("Etag")).toBe('"v-5"');
    expect(css.headers.get("Cache-Control")).toBe("max-age=60");
    expect(css.headers.get("X-Path")).toBe("a.css");
    expect(css.headers.get("Last-Modified")).toBe("Sun, 27 Jan 2013 18:43:20 GMT");
    expect([part.code, part.text()]).toEqual([206, "5678901234"]);
    expect(parts.text()).toMatch(/\r\n\r\n01\r\n[\s\S]*\r\n\r\n56\r\n/);
    expect((await own.fetch("/static/big.txt")).text()).toBe(MemoryFiles.files["big.txt"]);
    expect((await own.fetch("/static/missing")).code).toBe(404);
    expect((await own.fetch("/static/a.css", { headers: { "If-None-Match": '"v-5"' } })).code).toBe(304);
    expect(own.app.makeStaticUrl("a.css")).toBe("/static/a.css?v=v-5");
  });

  it("changes the URLs", async () => {
    const staticPath = join(folder.path, "root");
    await using own = testApp(() => new Application([], { staticPath, staticHandlerClass: OtherUrls }));
    await own.start();

    const url = own.app.makeStaticUrl("page.html");
    const response = await own.fetch(url);

    expect(url).toBe("/static/42/page.html");
    expect(response.text()).toBe(page);
    expect(response.headers.get("Etag")).toBe('"42"');
  });

  it("replaces the content alone", async () => {
    await using own = testApp(
      () => new Application([["/(.*)", Bytes, { path: join(folder.path, "root"), text: "x" }]]),
    );

    expect((await own.fetch("/page.html")).text()).toBe("replaced");
  });
});
