/**
 * One case for each class of advisory of other projects that the core could share: what was sent there, sent here. Advisories
 * of WebSockets, of HTTP clients and of dev servers are not the core's.
 */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseHeaderParameters } from "../../src/core/http/header-parameters.js";
import { HTTPHeaders } from "../../src/core/http/headers.js";
import { HTTPServer } from "../../src/core/http/server.js";
import { Application } from "../../src/core/web/application.js";
import { addslash } from "../../src/core/web/decorators.js";
import { RedirectHandler } from "../../src/core/web/plain-handlers.js";
import { RequestHandler } from "../../src/core/web/request-handler.js";
import { createSignedValue, decodeSignedValue } from "../../src/core/web/signed-value.js";
import { parseResponse, sendRaw } from "../support/raw-http.js";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.js";
import { type ServedApp, serveApp } from "./web/serve-app.js";

const cookieSecret = "0123456789abcdefghijklmnopqrstuvwxyz";
const form = "Content-Type: application/x-www-form-urlencoded";
const multipart = "Content-Type: multipart/form-data; boundary=xyz";

/** Does to the answer what the request's JSON body says, as a careless handler might. */
class Careless extends RequestHandler {
  post() {
    const { header, status, cookie, redirect } = this.getJson<{
      header?: [string, string];
      status?: [number, string];
      cookie?: [string, string, object];
      redirect?: string;
    }>();
    if (header !== undefined) this.setHeader(...header);
    if (status !== undefined) this.setStatus(...status);
    if (cookie !== undefined) this.setCookie(...cookie);
    if (redirect !== undefined) this.redirect(redirect);
  }
  override checkXsrfCookie() {}
}

class Echo extends RequestHandler {
  get() {
    const names = [...this.request.arguments.keys()];
    this.write({
      names,
      cookies: [...this.request.cookies],
      polluted: ({} as { polluted?: unknown }).polluted ?? null,
      ip: this.request.remoteIp,
      protocol: this.request.protocol,
      url: this.request.fullUrl(),
    });
  }
  post() {
    this.get();
  }
  override checkXsrfCookie() {}
}

class Slashed extends RequestHandler {
  @addslash
  get() {
    this.write("slashed");
  }
}

class Guarded extends RequestHandler {
  get() {
    this.write(this.xsrfToken);
  }
  post() {
    this.write("posted");
  }
}

class Json extends RequestHandler {
  post() {
    this.write({ got: this.getJson() });
  }
  override checkXsrfCookie() {}
}

let folder: TemporaryFolder;
let served: ServedApp;

beforeAll(async () => {
  folder = await temporaryFolder("advisories");
  await mkdir(join(folder.path, "static"));
  await mkdir(join(folder.path, "static-x"));
  await writeFile(join(folder.path, "static", "page.html"), "page");
  await writeFile(join(folder.path, "static-x", "secret.txt"), "canary");
  const app = new Application(
    [
      ["/careless", Careless],
      ["/echo", Echo],
      ["/guarded", Guarded],
      ["/json", Json],
      ["/to/(.*)", RedirectHandler, { url: "/{0}" }],
      ["/users/:user/posts/:post", Echo],
      [".*/slashed/?", Slashed],
    ],
    { cookieSecret, xsrfCookies: true, staticPath: join(folder.path, "static") },
  );
  served = await serveApp(app);
});

afterAll(async () => {
  await served[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const json = (path: string, value: unknown) =>
  served.request(`POST ${path}`, ["Content-Type: application/json"], JSON.stringify(value));
const echo = async (line: string, headers: string[] = [], body = "") =>
  JSON.parse((await served.request(line, headers, body)).body.replace(/^[^{]*/, ""));
const raw = async (bytes: string) => parseResponse(await sendRaw(served.port, bytes));
/** Everything that an answer says in its headers. */
const lines = (response: { headerLines: readonly string[] }) => response.headerLines.join("\n");
const part = (headers: string, content = "x") => `--xyz\r\n${headers}\r\n\r\n${content}\r\n`;

type Check = () => Promise<void> | void;

/** The advisory, what went wrong, and that it does not here. */
const tornado: [id: string, what: string, check: Check][] = [
  [
    "Tornado 1.0.1, 3.2.1",
    "a signed cookie can be altered, or stand for another whose name begins alike",
    () => {
      const value = createSignedValue(cookieSecret, "user", "ada");

      for (const other of [value.replace("YWRh", "YWRi"), value.slice(0, -1), `${value}0`]) {
        expect(decodeSignedValue(cookieSecret, "user", other)).toBeNull();
      }
      for (const name of ["use", "user1", ""]) expect(decodeSignedValue(cookieSecret, name, value)).toBeNull();
    },
  ],
  [
    "Tornado 1.1.1",
    "an XMLHttpRequest needs no XSRF token",
    async () => {
      const answer = await served.request("POST /guarded", ["X-Requested-With: XMLHttpRequest"], "a=1");

      expect(answer.status).toBe(403);
    },
  ],
  [
    "CVE-2012-2374",
    "a header value begins a header of its own",
    async () => {
      const answer = await json("/careless", { header: ["X-Own", "a\r\nSet-Cookie: evil=1"] });

      expect(answer.status).toBe(500);
      expect(lines(answer)).not.toContain("evil");
    },
  ],
  [
    "CVE-2014-9720",
    "the XSRF token is the same in every page, for a compression attack to find",
    async () => {
      const first = await served.request("GET /guarded");
      const cookie = `Cookie: ${first.header("set-cookie")!.split(";")[0]}`;

      const pages = [await served.request("GET /guarded", [cookie]), await served.request("GET /guarded", [cookie])];

      expect(pages[0]!.body).not.toBe(pages[1]!.body);
    },
  ],
  [
    "Tornado 4.2.1",
    "a folder whose name begins like the static folder's is served",
    async () => {
      for (const path of ["../static-x/secret.txt", "%2e%2e/static-x/secret.txt", "..%2fstatic-x%2fsecret.txt"]) {
        const answer = await served.request(`GET /static/${path}`);

        expect(answer.status).toBe(403);
        expect(answer.body).not.toContain("canary");
      }
    },
  ],
  [
    "Tornado 4.4.2",
    "cookies are split otherwise than a browser does, inside quotes",
    async () => {
      const { cookies } = await echo("GET /echo", ['Cookie: a="b; _xsrf=own; c="']);

      expect(new Map(cookies).get("_xsrf")).toBe("own");
    },
  ],
  [
    "CVE-2023-28370, Tornado 6.6",
    "a path with two slashes redirects to another site",
    async () => {
      for (const path of ["//evil.test/slashed", "/\\evil.test/slashed", "/to//evil.test", "/to/%2fevil.test"]) {
        const answer = await served.request(`GET ${path}`);

        expect(answer.header("location") ?? "/").toMatch(/^\/(?![/\\])/);
      }
    },
  ],
  [
    "GHSA-qppv-j76h-2rpx",
    "a length with a sign or an underscore is a number",
    async () => {
      for (const length of ["+1", "-1", "1_0", "0x1", "١", "1 1", ""]) {
        const answer = await raw(`POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\nx`);

        expect(answer.status).toBe(400);
      }
    },
  ],
  [
    "GHSA-753j-mpmx-qq6g",
    "an unknown or repeated Transfer-Encoding means no body",
    async () => {
      for (const coding of ["identity", "chunked\r\nTransfer-Encoding: chunked", "\x0bchunked", "gzip, chunked"]) {
        const answer = await raw(
          `POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: ${coding}\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n`,
        );

        expect([400, 501]).toContain(answer.status);
        expect(answer.body).not.toContain("HTTP/1.1");
      }
    },
  ],
  [
    "CVE-2024-52804",
    "a cookie of backslashes takes quadratic time",
    async () => {
      const { cookies } = await echo("GET /echo", [`Cookie: a="${"\\".repeat(14_000)}"`]);

      expect(cookies[0][1]).toHaveLength(7000);
    },
  ],
  [
    "CVE-2025-47287",
    "each broken part of a form is logged",
    async () => {
      const before = served.log.length;
      const answer = await served.request("POST /echo", [multipart], `${part("Nonsense").repeat(90)}--xyz--\r\n`);

      expect(answer.status).toBe(400);
      expect(served.log.length - before).toBeLessThanOrEqual(2);
    },
  ],
  [
    "CVE-2025-67724",
    "a reason phrase begins a header, or is markup on the error page",
    async () => {
      for (const reason of ["OK\r\nSet-Cookie: evil=1", "<script>evil</script>"]) {
        const answer = await json("/careless", { status: [400, reason] });

        expect(answer.reason).toBe("Unknown");
        expect(lines(answer) + answer.body).not.toContain("evil");
      }
    },
  ],
  [
    "CVE-2025-67725",
    "a header that repeats takes quadratic time to join",
    () => {
      const headers = new HTTPHeaders();
      for (let count = 0; count < 100_000; count++) headers.add("X", "a");

      expect(headers.get("x")).toHaveLength(199_999);
    },
  ],
  [
    "CVE-2025-67726",
    "the parameters of a header take quadratic time",
    () => {
      for (const text of [
        ";".repeat(300_000),
        '"'.repeat(300_000),
        "; a=".repeat(100_000),
        `a="${"\\".repeat(300_000)}`,
      ]) {
        expect(parseHeaderParameters(`form-data; ${text}`).value).toBe("form-data");
      }
    },
  ],
  [
    "CVE-2026-31958",
    "a form has any number of parts, with headers of any size",
    async () => {
      const field = part('Content-Disposition: form-data; name="a"');
      const large = part(`Content-Disposition: form-data; name="${"a".repeat(11_000)}"`);

      expect((await served.request("POST /echo", [multipart], `${field.repeat(100)}--xyz--\r\n`)).status).toBe(200);
      expect((await served.request("POST /echo", [multipart], `${field.repeat(101)}--xyz--\r\n`)).status).toBe(400);
      expect((await served.request("POST /echo", [multipart], `${large}--xyz--\r\n`)).status).toBe(400);
    },
  ],
  [
    "CVE-2026-35536, GHSA-78cv, GHSA-wwv5-g3v4-889x, Tornado 6.6 (max_age)",
    "an attribute of a cookie begins another, in whatever spelling of its name",
    async () => {
      const evil = "x; Domain=evil.test";
      for (const name of ["domain", "Domain", "path", "PATH", "sameSite", "samesite", "maxAge", "max_age", "expires"]) {
        const answer = await json("/careless", { cookie: ["a", "b", { [name]: evil }] });

        expect(answer.status).toBe(500);
        expect(lines(answer)).not.toContain("evil");
      }
    },
  ],
  [
    "Tornado 6.5.5",
    "a carriage return stands in the headers of a part",
    async () => {
      const body = part('Content-Disposition: form-data; name="a"\rX: y');

      expect((await served.request("POST /echo", [multipart], `${body}--xyz--\r\n`)).status).toBe(400);
    },
  ],
  [
    "CVE-2026-82397, GHSA-8423-8fgw-73vq, Tornado 6.5.9",
    "a form or a query has any number of arguments, and is split before they are counted",
    async () => {
      const pairs = Array.from({ length: 1001 }, (_, index) => `a${index}=1`);

      expect((await echo("POST /echo", [form], pairs.slice(1).join("&"))).names).toHaveLength(1000);
      expect((await served.request("POST /echo", [form], pairs.join("&"))).status).toBe(400);
      expect((await echo("POST /echo", [form], "&".repeat(5_000_000))).names).toEqual([]);
      expect((await served.request(`GET /echo?${pairs.join("&")}`)).status).toBe(400);
    },
  ],
  [
    "Tornado 6.6",
    "a malformed signed value throws, and a folded header is joined",
    async () => {
      for (const value of [
        "",
        "2|",
        "2|1:0|",
        "2|99999:0|",
        "|||||",
        "2|1:0|10:1|4:user|8:YWRh|x",
        "\xff\xfe",
        "9|a",
      ]) {
        expect(decodeSignedValue(cookieSecret, "user", value)).toBeNull();
      }
      expect((await raw("GET /echo HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n 2\r\n\r\n")).status).toBe(400);
    },
  ],
];

const node: typeof tornado = [
  [
    "CVE-2024-27982",
    "a space before Content-Length hides it",
    async () => {
      for (const field of [" Content-Length: 1", "Content-Length : 1"]) {
        expect((await raw(`POST /echo HTTP/1.1\r\nHost: x\r\n${field}\r\n\r\nx`)).status).toBe(400);
      }
    },
  ],
  [
    "CVE-2025-23167",
    "a carriage return and any byte end the headers",
    async () => {
      const answers = await sendRaw(
        served.port,
        "GET /echo HTTP/1.1\r\nHost: x\r\n\rXGET /smuggled HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      );

      expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 400"]);
    },
  ],
  [
    "CVE-2026-21710",
    "a header named __proto__ ends the process",
    async () => {
      const answer = await echo("GET /echo", ["__proto__: x", "constructor: y", "__proto__: z"]);

      expect(answer.polluted).toBeNull();
    },
  ],
  [
    "CVE-2026-21717",
    "names that are whole numbers collide: their count is limited",
    async () => {
      const pairs = Array.from({ length: 1001 }, (_, index) => `${index * 16_777_216}=`);

      expect((await served.request("POST /echo", [form], pairs.join("&"))).status).toBe(400);
    },
  ],
  [
    "CVE-2026-58044",
    "headers beyond the limit are dropped without a word, Content-Length among them",
    async () => {
      const fields = Array.from({ length: 2000 }, () => "a:").join("\r\n");
      const answers = await sendRaw(
        served.port,
        `POST /echo HTTP/1.1\r\nHost: x\r\n${fields}\r\nContent-Length: 5\r\n\r\nGET /`,
      );

      expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 431"]);
    },
  ],
];

const others: typeof tornado = [
  [
    "CVE-2024-43796, -43799, -43800 (Express)",
    "the page of a redirect repeats its target",
    async () => {
      const answer = await json("/careless", { redirect: "/a?b=<script>" });

      expect([answer.status, answer.body]).toEqual([302, ""]);
      expect(answer.header("location")).not.toContain("<");
    },
  ],
  [
    "CVE-2024-29041 (Express)",
    "a malformed URL redirects to another site",
    async () => {
      for (const url of ["http:\\\\evil.test", "//evil.test", "/\\evil.test", "\t//evil.test", "https:evil.test"]) {
        const answer = await json("/careless", { redirect: url });

        expect([answer.status, answer.header("location")]).toEqual([400, undefined]);
      }
    },
  ],
  [
    "CVE-2024-45296 and four more (path-to-regexp)",
    "a route with several parameters takes exponential time",
    async () => {
      for (const path of ["/".repeat(14_000), `/users/${"a-".repeat(7000)}`, `/users/${"a/posts/".repeat(1700)}x/`]) {
        expect((await served.request(`GET ${path}`)).status).toBe(404);
      }
    },
  ],
  [
    "CVE-2024-45590, CVE-2025-13466 (body-parser); CVE-2022-24999 and four more (qs)",
    "brackets in names make deep objects, arrays, or reach a prototype",
    async () => {
      const deep = `a${"[b]".repeat(5000)}=1`;
      const query = "__proto__[polluted]=1&constructor[prototype][polluted]=1&a[]=1&a[999999999]=2&polluted=1";

      expect((await echo("POST /echo", [form], deep)).names).toEqual([deep.slice(0, -2)]);
      const answer = await echo(`GET /echo?${query}`);
      expect(answer.names).toContain("__proto__[polluted]");
      expect(answer.polluted).toBeNull();
    },
  ],
  [
    "CVE-2026-12590 (body-parser)",
    "a limit that is no number is no limit",
    () => {
      for (const maxBodySize of ["100kb", Number.NaN, -1, "100"]) {
        expect(() => new HTTPServer(served.app, { maxBodySize: maxBodySize as number })).toThrow(/maxBodySize/);
        expect(() => new Application([["/", Echo, {}, { maxBodySize: maxBodySize as number }]])).toThrow(/maxBodySize/);
      }
    },
  ],
  [
    "CVE-2024-47764 (cookie)",
    "the name, path or domain of a cookie holds other attributes",
    async () => {
      for (const cookie of [
        ["a=b; evil", "c", {}],
        ["a", "b; evil", {}],
        ["a", "b", { path: "/; evil" }],
        ["a", "b", { domain: "x\r\nevil: 1" }],
      ]) {
        const answer = await json("/careless", { cookie });

        expect([answer.status, lines(answer).includes("evil")]).toEqual([500, false]);
      }
    },
  ],
  [
    "CVE-2023-25577, -46136, CVE-2024-49767 (Werkzeug)",
    "a multipart body takes quadratic time, or many times its memory",
    async () => {
      const almost = "\r\n--xy\r\n-\r".repeat(200_000);
      const body = `${part('Content-Disposition: form-data; name="a"', almost)}--xyz--\r\n`;

      expect((await echo("POST /echo", [multipart], body)).names).toEqual(["a"]);
    },
  ],
  [
    "CVE-2023-23934 (Werkzeug)",
    "a cookie without a name takes the place of another",
    async () => {
      const { cookies } = await echo("GET /echo", ["Cookie: __Host-a=good; =__Host-a=evil"]);

      expect(cookies).toEqual([["__Host-a", "good"]]);
    },
  ],
  [
    "CVE-2024-49766, CVE-2025-66221, CVE-2026-21860, -27199 (Werkzeug); CVE-2026-48818 (Starlette)",
    "device names and UNC paths are files",
    async () => {
      for (const path of ["nul", "CON.txt", "sub/aux.html", "%5c%5chost%5cshare", "page.html::$DATA", "com%C2%B9"]) {
        expect((await served.request(`GET /static/${path}`)).status).toBe(404);
      }
    },
  ],
  [
    "CVE-2025-32442, CVE-2026-25223, -33806 (Fastify)",
    "another spelling of the Content-Type is not checked",
    async () => {
      const type = (text: string) => served.request("POST /json", [`Content-Type: ${text}`], '{"a":1}');

      for (const text of ["application/json", "APPLICATION/JSON", "application/json ; a=b", "application/json\t"]) {
        expect((await type(text)).status).toBe(200);
      }
      for (const text of [
        "application/jsonx",
        "application/json,text/plain",
        "application",
        "text/json;application/json",
      ]) {
        expect((await type(text)).status).toBe(415);
      }
    },
  ],
  [
    "CVE-2026-3635 (Fastify), CVE-2024-45614 (Puma)",
    "anyone sets the address and the protocol, also by names with underscores",
    async () => {
      const forged = ["X-Forwarded-For: 6.6.6.6", "X-Real-Ip: 6.6.6.6", "X-Forwarded-Proto: https", "X-Scheme: https"];
      await using proxied = await serveApp([["/echo", Echo]]);
      const server = await new HTTPServer(proxied.app, { xheaders: true }).listen(0, "127.0.0.1");
      const behindProxy = parseResponse(
        await sendRaw(
          server.port,
          `GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${forged.map((field) => field.replaceAll("-", "_")).join("\r\n")}\r\n\r\n`,
        ),
      );
      server.stop();

      expect(await echo("GET /echo", forged)).toMatchObject({ ip: "127.0.0.1", protocol: "http" });
      expect(JSON.parse(behindProxy.body)).toMatchObject({ ip: "127.0.0.1", protocol: "http" });
    },
  ],
  [
    "CVE-2026-15074, -7120, -6414 (@fastify/static)",
    "the route sees another path than the files",
    async () => {
      for (const path of ["/static%2fpage.html", "/%73tatic/page.html", "//static/page.html"]) {
        expect((await served.request(`GET ${path}`)).body).not.toMatch(/\bpage$/);
      }
      expect((await served.request("GET /static/%70age.html")).body).toBe("page");
    },
  ],
  [
    "CVE-2026-48710 (Starlette)",
    "a Host with a slash moves the path of the URL",
    async () => {
      for (const host of ["a/b?", "user@a", "a#", "a\\b", "<script>"]) {
        expect((await raw(`GET /echo HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).status).toBe(400);
      }
    },
  ],
  [
    "CVE-2026-48817 (Starlette)",
    "the method of a request names any function of the handler",
    async () => {
      for (const method of ["INITIALIZE", "CONSTRUCTOR", "FINISH", "toString", "__proto__", "getJson"]) {
        const answer = await served.app.fetch(new Request("http://x/echo", { method }));

        expect(answer.status).toBe(405);
      }
    },
  ],
  [
    "GHSA-68xg, GHSA-c2f4 (Puma)",
    "an empty length, trailers and endless chunk extensions are read leniently",
    async () => {
      const chunked = "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";

      expect((await raw("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n")).status).toBe(400);
      expect((await raw(`${chunked}1;${"x".repeat(20_000)}\r\na\r\n0\r\n\r\n`)).status).toBe(413);
      expect((await raw(`${chunked}0\r\nContent-Length: 5\r\n\r\n`)).status).toBe(400);
    },
  ],
];

describe("advisories of Tornado are not ours", () => {
  it.each(tornado)("%s: %s", (_id, _what, check) => check());
});

describe("advisories of Node are not ours", () => {
  it.each(node)("%s: %s", (_id, _what, check) => check());
});

describe("advisories of other frameworks are not ours", () => {
  it.each(others)("%s: %s", (_id, _what, check) => check());
});
