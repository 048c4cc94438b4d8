/** Whatever bytes come, the answers are whole, and the process lives (reliability.md, promises 10, 12, 22, 25). */

import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HTTPServer } from "../../../src/core/http/server.js";
import type { HTTPServerOptions } from "../../../src/core/http/server-options.js";
import { Application } from "../../../src/core/web/application.js";
import { addslash, removeslash } from "../../../src/core/web/decorators.js";
import { FallbackHandler, RedirectHandler } from "../../../src/core/web/plain-handlers.js";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import { StaticFileHandler } from "../../../src/core/web/static-file-handler.js";
import { certificateIn } from "../../../src/dev/certificate.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { serveApp } from "./serve-app.js";

const settings = { seed: 20_261_121, numRuns: 400 };

/** Asks for everything that a request can hold. */
class Curious extends RequestHandler {
  get(...groups: (string | null)[]) {
    const { request } = this;
    const names = [...request.arguments.keys()];
    const values = names.map((name) => this.getArguments(name));
    const files = [...request.files.values()].flat().map((file) => file.filename.length + file.body.length);
    this.write({ groups, values, files, cookies: [...this.cookies], language: this.getBrowserLocale().code });
  }

  post() {
    this.get();
  }

  patch() {
    this.write([this.getJson()]);
  }
}

class Counting extends RequestHandler {
  static override readonly streamsRequestBody = true;
  #bytes = 0;

  override dataReceived(chunk: Buffer) {
    this.#bytes += chunk.length;
  }

  put() {
    this.write(String(this.#bytes));
  }
}

class Slashes extends RequestHandler {
  get = addslash(function get() {});
}

class NoSlashes extends RequestHandler {
  get = removeslash(function get() {});
}

const routes = [
  ["/stream", Counting],
  ["/slash/?.*", Slashes],
  ["/no-slash.*", NoSlashes],
  ["/moved/(.*)", RedirectHandler, { url: "/{0}" }],
  ["/files/(.*)", StaticFileHandler, { path: tmpdir() }],
  ["/fetch/.*", FallbackHandler, { fetch: (request: Request) => new Response(request.method) }],
  ["/(.*)", Curious],
] as const;

/** Ends its own side, so that the server has a reason to end the other. */
async function exchange(socket: Socket, bytes: string): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => {});
  // What is written before the connection is there is sent then.
  socket.end(Buffer.from(bytes, "latin1"));
  await new Promise((resolve) => socket.once("close", resolve));
  return Buffer.concat(chunks).toString("latin1");
}

const nasty = fc.constantFrom(
  ..."%00 %0d%0a %zz % %ff %C3 .. ../ %2e%2e/ // \\ ; & = ? # + __proto__ constructor toString [] {0} \0 \x01 \x7f \xff \r \n \r\n".split(
    " ",
  ),
  ...'\t|"|\'|a=b|a="b\\|,|;q=1|*|W/"|bytes=0-|bytes=-|-1|1e9|0x10|99999999999999999999|chunked|gzip|close|keep-alive|--B|name='.split(
    "|",
  ),
  "x".repeat(200),
);
const fragment = fc.oneof({ weight: 3, arbitrary: nasty }, fc.string({ maxLength: 8 }));
const text = (maxLength: number) => fc.array(fragment, { maxLength }).map((parts) => parts.join(""));
const withoutBreaks = (value: string) => value.replace(/[\r\n ]/g, "");
const path = fc
  .tuple(
    fc.constantFrom("/", "/stream", "/slash", "/no-slash", "/moved/", "/files/", "/fetch/", "//", "*", "http://a/", ""),
    text(4),
  )
  .map((pair) => withoutBreaks(pair.join("")));
const field = fc.tuple(
  fc.constantFrom(
    ..."Host Cookie Content-Type Content-Length Transfer-Encoding Content-Encoding Range If-Range If-None-Match".split(
      " ",
    ),
    ..."If-Modified-Since Accept-Language Accept-Encoding Connection Expect Upgrade X-Forwarded-For Origin".split(" "),
    "Access-Control-Request-Method",
    "__proto__",
    "X",
  ),
  text(4),
);
const body = fc.oneof(
  text(6),
  text(4).map(
    (part) => `--B\r\nContent-Disposition: form-data; name="${part}"; filename=${part}\r\n\r\n${part}\r\n--B--`,
  ),
  text(4).map((value) => JSON.stringify({ [value]: value })),
  text(4).map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n0\r\n\r\n`),
);
const request = fc
  .record({
    method: fc.constantFrom(..."GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT FOO get".split(" ")),
    path,
    version: fc.constantFrom("1.1", "1.1", "1.1", "1.0", "2.0"),
    fields: fc.array(field, { maxLength: 4 }),
    type: fc.constantFrom(
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=B",
      "application/json",
      "a/b",
    ),
    body,
    isHonest: fc.boolean(),
  })
  .map(({ method, path, version, fields, type, body, isHonest }) => {
    const lines = fields.map(([name, value]) => `${name}: ${value}`);
    if (isHonest) lines.unshift("Host: a", `Content-Type: ${type}`, `Content-Length: ${body.length}`);
    return `${method} ${path} HTTP/${version}\r\n${lines.join("\r\n")}\r\n\r\n${body}`;
  });

/** A way into an application. */
interface Door {
  readonly port: number;
  close(): void;
}

function serverDoor(options?: HTTPServerOptions): (app: Application) => Promise<Door> {
  return async (app) => {
    const server = await new HTTPServer(app, options).listen(0, "127.0.0.1");
    const close = () => {
      server.stop();
      void server.closeAllConnections();
    };
    return { port: server.port, close };
  };
}

async function tlsDoor(app: Application): Promise<Door> {
  await using folder = await temporaryFolder("arbitrary");
  await certificateIn(folder.path, []);
  const sslOptions = { certFile: join(folder.path, "cert.pem"), keyFile: join(folder.path, "key.pem") };
  return await serverDoor({ sslOptions })(app);
}

async function listenerDoor(app: Application): Promise<Door> {
  const server = createServer(app.listener()).on("upgrade", app.upgradeListener());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

const openPlain = (port: number): Socket => connect(port, "127.0.0.1");
const openTls = (port: number): Socket => connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false });

describe("an application that gets arbitrary requests", () => {
  it.each<[string, (app: Application) => Promise<Door>, (port: number) => Socket, number]>([
    ["through its server", serverDoor(), openPlain, 400],
    ["through a server that decompresses", serverDoor({ decompressRequest: true }), openPlain, 150],
    ["over TLS", tlsDoor, openTls, 100],
    ["in somebody else's server", listenerDoor, openPlain, 150],
  ])("answers each at most once, without an error of its own, and lives, %s", async (_, openDoor, open, numRuns) => {
    const app = new Application(routes, {
      compressResponse: true,
      securityHeaders: true,
      requestId: { acceptIncoming: true },
      cors: { origins: ["https://a"] },
    });
    await using served = await serveApp(app);
    const door = await openDoor(app);

    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 3 }), async (requests) => {
        const answer = await exchange(open(door.port), requests.join(""));

        expect(answer).toMatch(/^(?:HTTP\/1\.1 (?:[1-4]\d\d|501|505) |$)/);
        expect(answer).not.toMatch(/\r\n\r\nHTTP\/1\.1 50[0-4]/);
        expect(answer).not.toMatch(/\n {4}at /);
        expect(served.log.filter((line) => line.startsWith("error"))).toEqual([]);
      }),
      { ...settings, numRuns },
    );

    const last = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    expect(await exchange(open(door.port), last)).toMatch(/^HTTP\/1\.1 200 /);
    door.close();
  });
});

describe("a handler that puts what came in into its answer", () => {
  it("cannot be made to begin a header or an answer of the attacker's", async () => {
    let setters: ((handler: RequestHandler) => void)[] = [];
    class Echo extends RequestHandler {
      get() {
        for (const set of setters) {
          try {
            set(this);
          } catch {
            // Refused, which is as good.
          }
        }
      }
    }
    await using served = await serveApp([["/", Echo]]);
    const evil = fc
      .array(
        fc.oneof(
          fc.constantFrom(
            "\r\n",
            "\n",
            "\r",
            "\0",
            "Injected: 1",
            "; Path=/evil",
            ",",
            "\u010d\u010a",
            "\ud800",
            "\x7f",
            "\x85",
            " ",
            "é",
          ),
          fc.string({ unit: "binary", maxLength: 3 }),
        ),
        { minLength: 1, maxLength: 5 },
      )
      .map((parts) => parts.join(""));

    await fc.assert(
      fc.asyncProperty(evil, async (value) => {
        setters = [
          (handler) => handler.setHeader("X-Value", value),
          (handler) => handler.addHeader("X-Value", value),
          (handler) => handler.addHeader(value, "1"),
          (handler) => handler.setHeader("X-Bytes", Buffer.from(value, "latin1")),
          (handler) => handler.setStatus(200, value),
          (handler) => handler.setCookie("name", value),
          (handler) => handler.setCookie(value, "value"),
          (handler) => handler.setCookie("domain", "1", { domain: value }),
          (handler) => handler.setCookie("path", "1", { path: value }),
          (handler) => handler.setCookie("sameSite", "1", { sameSite: value as "Lax" }),
          (handler) => handler.setCookie("maxAge", "1", { maxAge: value as unknown as number }),
          (handler) => handler.setCookie("expires", "1", { expires: value as unknown as number }),
          (handler) => handler.clearCookie(value, { domain: value }),
          (handler) => void handler.redirect(value, { external: true }),
        ];

        const answer = await served.request("GET /");

        expect([200, 302]).toContain(answer.status);
        expect(answer.body).toBe("");
        for (const line of answer.headerLines) {
          expect(line).toMatch(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+: ?[\t\x20-\x7e\x80-\xff]*$/);
          expect(line).not.toMatch(/^Injected: 1/);
          if (line.startsWith("Set-Cookie: path=")) expect(line.match(/Path=/g)).toHaveLength(1);
        }
      }),
      settings,
    );
  });
});
