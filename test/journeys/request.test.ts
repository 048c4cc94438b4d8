/** A request's journey: bytes in, bytes out, and every door through which an error leaves. */

import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HTTPServer } from "../../src/core/http/server.js";
import { expectLog } from "../../src/core/testing/index.js";
import { Application } from "../../src/core/web/application.js";
import { Finish, HTTPError } from "../../src/core/web/http-error.js";
import { RequestHandler } from "../../src/core/web/request-handler.js";
import { openSocket, parseResponse, request, sendRaw } from "../support/raw-http.js";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.js";

const journal: string[] = [];

class Hello extends RequestHandler {
  get() {
    this.write("Hello, world");
  }
}

class Story extends RequestHandler<{ shelf: string }> {
  #shelf = "";

  override initialize({ shelf }: { shelf: string }) {
    this.#shelf = shelf;
  }

  get({ id }: { id: string }) {
    this.write({ id, shelf: this.#shelf, next: this.reverseUrl("story", "a b") });
  }
}

class Journal extends RequestHandler {
  override setDefaultHeaders() {
    journal.push("setDefaultHeaders");
  }

  override initialize() {
    journal.push("initialize");
  }

  override async prepare() {
    journal.push("prepare");
    if (this.getArgument("stop", null) !== null) await this.finish("stopped in prepare");
  }

  async get() {
    journal.push("get");
    await Promise.resolve();
    this.write("written");
  }

  override onFinish() {
    journal.push("onFinish");
  }
}

class Errors extends RequestHandler {
  get(kind: string) {
    this.setHeader("X-Lost", "on the error page");
    if (kind === "argument") this.getArgument("name");
    if (kind === "teapot") throw new HTTPError(418, "not shown to the client");
    if (kind === "finish") throw new Finish("quietly");
    if (kind === "no-content") throw new HTTPError(204);
    throw new Error("a secret detail");
  }

  post() {
    this.write(`name=${this.getArgument("name")}`);
  }
}

class Greeting extends RequestHandler {
  async get() {
    await this.render("greeting.html", { name: "<Ada>" });
  }

  post() {
    this.setSignedCookie("name", this.getArgument("name"));
    this.redirect("/greeting");
  }
}

class Chunks extends RequestHandler {
  async get() {
    this.write("one");
    await this.flush();
    this.write("two");
  }
}

let onLeft = () => {};

class Wait extends RequestHandler {
  async get() {
    this.write("begun");
    await this.flush();
    await new Promise((resolve) => this.request.signal.addEventListener("abort", resolve));
  }

  override onConnectionClose() {
    onLeft();
  }
}

class BrokenInitialize extends RequestHandler {
  override initialize() {
    throw new Error("never begun");
  }
}

describe("a request's journey", () => {
  let folder: TemporaryFolder;
  let server: HTTPServer;
  let port: number;

  beforeAll(async () => {
    folder = await temporaryFolder("tornado-request");
    await mkdir(join(folder.path, "templates"));
    await mkdir(join(folder.path, "static"));
    await writeFile(
      join(folder.path, "templates/layout.html"),
      "<!doctype html><title>{% block title %}{% end %}</title>",
    );
    await writeFile(
      join(folder.path, "templates/greeting.html"),
      '{% extends "layout.html" %}{% block title %}Hello, {{ name }} {{ staticUrl("app.css") }}{% raw xsrfFormHtml() %}{% end %}',
    );
    await writeFile(join(folder.path, "static/app.css"), "body { color: navy }");
    const app = new Application(
      [
        ["/", Hello],
        ["/stories/:id", Story, { shelf: "top" }, "story"],
        ["/journal", Journal],
        ["/errors/(.*)", Errors],
        ["/greeting", Greeting],
        ["/chunks", Chunks],
        ["/wait", Wait],
        ["/broken", BrokenInitialize],
      ],
      {
        templatePath: join(folder.path, "templates"),
        staticPath: join(folder.path, "static"),
        cookieSecret: "a secret that is long enough for a test, 32 bytes or more",
        xsrfCookies: true,
      },
    );
    server = await app.listen(0, { address: "127.0.0.1" });
    port = server.port;
  });

  afterAll(async () => {
    server.stop();
    await server.closeAllConnections();
    await folder[Symbol.asyncDispose]();
  });

  it("answers a GET with Tornado's headers in Tornado's order", async () => {
    const response = await request(port, "GET /");

    expect(response.status).toBe(200);
    expect(response.reason).toBe("OK");
    expect(response.headerLines.map((line) => line.split(":")[0])).toEqual([
      "Server",
      "Content-Type",
      "Date",
      "Etag",
      "Content-Length",
      "Connection",
    ]);
    expect(response.header("server")).toMatch(/^Tornado/);
    expect(response.header("content-type")).toBe("text/html; charset=UTF-8");
    expect(response.header("etag")).toBe(`"${createHash("sha1").update("Hello, world").digest("hex")}"`);
    expect(response.body).toBe("Hello, world");
  });

  it("keeps a connection open and answers pipelined requests in order", async () => {
    const answer = await sendRaw(
      port,
      "GET /stories/1 HTTP/1.1\r\nHost: x\r\n\r\nGET /stories/2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    );

    expect([...answer.matchAll(/"id":"(\d)"/g)].map((match) => match[1])).toEqual(["1", "2"]);
  });

  it("answers 304 when the ETag matches", async () => {
    const etag = (await request(port, "GET /")).header("etag");

    const response = await request(port, "GET /", [`If-None-Match: ${etag}`]);

    expect(response.status).toBe(304);
    expect(response.header("content-length")).toBeUndefined();
    expect(response.header("content-type")).toBeUndefined();
    expect(response.body).toBe("");
  });

  it("answers HEAD as GET, without the body", async () => {
    const response = await request(port, "HEAD /");

    expect(response.status).toBe(200);
    expect(response.header("content-length")).toBe("12");
    expect(response.body).toBe("");
  });

  it("hands over named groups, rule arguments, and reverses a name", async () => {
    const response = await request(port, "GET /stories/caf%C3%A9");

    expect(response.header("content-type")).toBe("application/json; charset=UTF-8");
    expect(JSON.parse(response.body)).toEqual({ id: "cafÃ©", shelf: "top", next: "/stories/a%20b" });
  });

  it("walks the lifecycle in Tornado's order, and a finish in prepare skips the method", async () => {
    journal.length = 0;
    await request(port, "GET /journal");
    const whole = journal.splice(0);
    const stopped = await request(port, "GET /journal?stop=1");

    expect(whole).toEqual(["setDefaultHeaders", "initialize", "prepare", "get", "onFinish"]);
    expect(journal).toEqual(["setDefaultHeaders", "initialize", "prepare", "onFinish"]);
    expect(stopped.body).toBe("stopped in prepare");
  });

  it("sends what is flushed at once, in chunks", async () => {
    const response = await request(port, "GET /chunks");

    expect(response.header("transfer-encoding")).toBe("chunked");
    expect(response.body).toBe("3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n");
  });

  it("ends the body of a flushed answer by closing for an HTTP/1.0 client", async () => {
    const response = parseResponse(await sendRaw(port, "GET /chunks HTTP/1.0\r\n\r\n"));

    expect(response.header("transfer-encoding")).toBeUndefined();
    expect(response.body).toBe("onetwo");
  });

  it("renders a template: inherited, escaped, with the static file's hash and the form's token", async () => {
    const response = await request(port, "GET /greeting");

    expect(response.body).toMatch(/^<!doctype html><title>Hello, &lt;Ada&gt; \/static\/app\.css\?v=[0-9a-f]+<input /);
    expect(response.header("set-cookie")).toMatch(/^_xsrf=2\|/);
  });

  it("takes a form with its token, signs the cookie and redirects", async () => {
    const form = await request(port, "GET /greeting");
    const cookie = form.header("set-cookie")!.split(";")[0]!;
    const token = /name="_xsrf" value="([^"]+)"/.exec(form.body)![1]!;

    const response = await request(
      port,
      "POST /greeting",
      [`Cookie: ${cookie}`, "Content-Type: application/x-www-form-urlencoded"],
      `name=Ada&_xsrf=${encodeURIComponent(token)}`,
    );

    expect(response.status).toBe(302);
    expect(response.header("location")).toBe("/greeting");
    expect(response.header("set-cookie")).toMatch(/^name="?2\|1:0\|10:\d{10}\|4:name\|4:QWRh/);
  });

  const doors: [string, string, string[], string, number, string | RegExp][] = [
    ["an unknown path", "GET /nowhere", [], "", 404, /404: Not Found/],
    ["a method that the handler lacks", "PUT /", [], "", 403, /403/],
    [
      "a form without a token",
      "POST /greeting",
      ["Content-Type: application/x-www-form-urlencoded"],
      "name=x",
      403,
      /403/,
    ],
    ["a missing argument", "GET /errors/argument", [], "", 400, /400: Bad Request/],
    ["an HTTPError", "GET /errors/teapot", [], "", 418, /418: I&#x27;m a Teapot|418: I'm a Teapot/],
    ["a Finish", "GET /errors/finish", [], "", 200, "quietly"],
    ["an HTTPError without a body", "GET /errors/no-content", [], "", 204, ""],
    ["an exception", "GET /errors/boom", [], "", 500, /500: Internal Server Error/],
    ["an exception in initialize", "GET /broken", [], "", 500, /500: Internal Server Error/],
    ["a path that is no UTF-8", "GET /errors/%ff", [], "", 400, /400: Bad Request/],
    ["a static file that is not there", "GET /static/none.css", [], "", 404, /404/],
    ["a static path that leaves its root", "GET /static/..%2ftemplates/layout.html", [], "", 403, /403/],
    ["no Host", "GET /", [], "", 400, ""],
  ];

  it.each(doors)(
    "answers %s with its own status, without a detail or a lost header",
    async (what, line, headers, body, status, text) => {
      using _general = expectLog("tornado.general", /./, { required: false });
      using _application = expectLog("tornado.application", /./, { required: false });
      const response =
        what === "no Host"
          ? parseResponse(await sendRaw(port, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"))
          : await request(port, line, headers, body);

      expect(response.status).toBe(status);
      if (typeof text === "string") expect(response.body).toContain(text);
      else expect(response.body).toMatch(text);
      expect(response.body).not.toMatch(/secret detail|not shown|never begun|\.ts:\d/);
      if (status >= 400) expect(response.header("x-lost")).toBeUndefined();
    },
  );

  it("names the methods that a path has", async () => {
    const response = await request(port, "OPTIONS /");

    expect(response.status).toBe(204);
    expect(response.header("allow")).toBe("GET, HEAD, OPTIONS");
  });

  it("tells the handler that the client has left", async () => {
    const left = new Promise<void>((resolve) => {
      onLeft = resolve;
    });
    const socket = await openSocket(port);
    socket.write("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(socket, "data");

    socket.destroy();

    await left;
  });
});
