import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, expectTypeOf, it } from "vitest";
import { HTTPHeaders } from "../../../src/core/http/headers.js";
import type { HTTPServerRequest } from "../../../src/core/http/request.js";
import { url } from "../../../src/core/routing/rule.js";
import { RuleRouter } from "../../../src/core/routing/rule-router.js";
import { configureRuntime, runtime } from "../../../src/core/runtime.js";
import { Application } from "../../../src/core/web/application.js";
import { authenticated } from "../../../src/core/web/decorators.js";
import { ErrorHandler, FallbackHandler, RedirectHandler } from "../../../src/core/web/plain-handlers.js";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import { parseResponse, sendRaw } from "../../support/raw-http.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { serveApp } from "./serve-app.js";

class Says extends RequestHandler<{ text: string }> {
  #text = "";
  override initialize({ text }: { text: string }) {
    this.#text = text;
  }
  get() {
    this.write(this.#text);
  }
  post() {
    this.write(`${this.request.body.length} bytes`);
  }
}

describe("routes of an application", () => {
  it("tries the groups of a host before the others, each until a rule fits", async () => {
    const app = new Application([
      ["/", Says, { text: "any" }],
      ["/only-any", Says, { text: "only any" }],
    ]);
    app.addHandlers("one\\.test", [["/", Says, { text: "one" }]]);
    app.addHandlers("one\\.test|two\\.test", [["/both", Says, { text: "both" }, "both"]]);
    await using served = await serveApp(app);
    const ask = async (path: string, host: string) => (await requestTo(served.port, path, host)).body;

    expect(await ask("/", "one.test")).toBe("one");
    expect(await ask("/both", "ONE.test:80")).toBe("both");
    expect(await ask("/", "two.test")).toBe("any");
    expect(await ask("/only-any", "one.test")).toBe("only any");
    expect(app.reverseUrl("both")).toBe("/both");
  });

  it("assumes the default host for requests by another name", async () => {
    const app = new Application([["/", Says, { text: "any" }]], { defaultHost: "main.test" });
    app.addHandlers("main\\.test", [["/main", Says, { text: "main" }]]);
    await using served = await serveApp(app);

    expect((await served.request("GET /main")).body).toBe("main");
    expect((await served.request("GET /main", ["X-Real-Ip: 192.0.2.1"])).status).toBe(404);
  });

  it("hands what no route takes to the default handler", async () => {
    const settings = { defaultHandlerClass: Says, defaultHandlerArgs: { text: "default" } };
    await using served = await serveApp([], settings);

    expect((await served.request("GET /nowhere")).body).toBe("default");
  });

  it("limits the body of a single rule, and answers 413", async () => {
    await using served = await serveApp([
      url("/", Says, { text: "" }, { maxBodySize: 3 }),
      ["/other", Says, { text: "" }],
    ]);

    expect((await served.request("POST /", [], "abc")).body).toBe("3 bytes");
    expect((await served.request("POST /", [], "abcd")).status).toBe(413);
    expect((await served.request("POST /other", [], "abcd")).status).toBe(200);
  });

  it("takes routers and functions as targets, and goes on when a router finds nothing", async () => {
    const answer = (request: HTTPServerRequest) => {
      request.connection.writeHeaders({ code: 299, reason: "Mine" }, new HTTPHeaders({ "Content-Length": "0" }));
      request.connection.finish();
    };
    const router = new RuleRouter([["/function", answer]]);
    await using served = await serveApp([
      ["/.*", router],
      ["/next", Says, { text: "next" }],
    ]);

    expect((await served.request("GET /function")).reason).toBe("Mine");
    expect((await served.request("GET /next")).body).toBe("next");
    expect((await served.request("GET /elsewhere")).status).toBe(404);
  });

  it("lists its routes in the order in which they are tried", () => {
    const app = new Application([url("/stories/:id", Says, { text: "" }, { name: "story" })], { staticPath: "static" });
    app.addHandlers("api\\.test", [["/v1", Says]]);

    expect(app.describeRoutes()).toEqual([
      { pattern: "/v1", host: "api\\.test", handler: "Says", methods: ["GET", "HEAD", "POST", "OPTIONS"] },
      { pattern: "/(robots\\.txt)", handler: "StaticFileHandler", methods: ["GET", "HEAD", "OPTIONS"] },
      { pattern: "/(favicon\\.ico)", handler: "StaticFileHandler", methods: ["GET", "HEAD", "OPTIONS"] },
      { pattern: "/static/(.*)", handler: "StaticFileHandler", methods: ["GET", "HEAD", "OPTIONS"] },
      { pattern: "/stories/:id", name: "story", handler: "Says", methods: ["GET", "HEAD", "POST", "OPTIONS"] },
    ]);
  });

  it("lists methods that are fields of the handlers, and offers them", async () => {
    class Fields extends RequestHandler {
      get = authenticated(function get() {});
      put = () => {};
    }
    class Unmakable extends RequestHandler {
      constructor(...args: ConstructorParameters<typeof RequestHandler>) {
        super(...args);
        if (this.request.headers.get("Host") === undefined) throw new Error("needs a request");
      }
      post() {}
    }
    await using served = await serveApp([
      ["/fields", Fields],
      ["/unmakable", Unmakable],
    ]);

    const { headerLines } = await served.request("DELETE /fields");

    expect(headerLines).toContain("Allow: GET, HEAD, PUT, OPTIONS");
    expect(served.app.describeRoutes().map(({ methods }) => methods)).toEqual([
      ["GET", "HEAD", "PUT", "OPTIONS"],
      ["POST", "OPTIONS"],
    ]);
  });

  it("names the route that a reversal does not find", () => {
    expect(() => new Application().reverseUrl("story")).toThrow('No route is named "story"');
  });

  it("refuses a class that is no handler when it is made", () => {
    expect(() => new Application([["/", class Strange {}]])).toThrow('Route "/" leads to the class Strange');
  });

  it("checks the arguments of a route against the handler", () => {
    url("/", Says, { text: "a" });
    // @ts-expect-error: initialize takes a text
    url("/", Says, { text: 1 });

    expectTypeOf(new Application().settings.cookieSecret).not.toBeAny();
  });
});

describe("static files", () => {
  it("stand before all other routes, found from the app's root", async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, "static"));
    await writeFile(join(folder.path, "static/robots.txt"), "robots");
    await writeFile(join(folder.path, "static/a.css"), "css");
    const before = runtime().appRoot;
    configureRuntime({ appRoot: folder.path });
    const app = new Application([["/.*", Says, { text: "mine" }]], { staticPath: "static" });
    configureRuntime({ appRoot: before });
    await using served = await serveApp(app);

    expect(app.settings.staticPath).toBe(join(folder.path, "static"));
    expect((await served.request("GET /robots.txt")).body).toBe("robots");
    expect((await served.request("GET /static/a.css")).body).toBe("css");
    expect((await served.request("GET /favicon.ico")).status).toBe(404);
    expect((await served.request("GET /other")).body).toBe("mine");
    expect(app.makeStaticUrl("a.css")).toMatch(/^\/static\/a\.css\?v=[0-9a-f]+$/);
  });
});

describe("the life of an application", () => {
  it("runs its hooks in order, once, before it listens and after", async () => {
    const events: string[] = [];
    const app = new Application();
    app.onStart(async () => {
      await Promise.resolve();
      events.push("start 1");
    });
    app.onStart(() => void events.push("start 2"));
    app.onShutdown(() => void events.push("shutdown 1"));
    app.onShutdown(() => void events.push("shutdown 2"));

    await using _ = await serveApp(app);
    await app.start();
    await app.shutdown();
    await app.shutdown();

    expect(events).toEqual(["start 1", "start 2", "shutdown 2", "shutdown 1"]);
  });

  it("does not listen when a hook fails", async () => {
    const app = new Application();
    app.onStart(() => {
      throw new Error("no database");
    });

    await expect(app.listen(0)).rejects.toThrow("no database");
  });

  it("gives handlers what a subclass holds, typed", async () => {
    class Shop extends Application {
      readonly stock = 3;
    }
    class Stock extends RequestHandler<object, Shop> {
      get() {
        expectTypeOf(this.application.stock).toBeNumber();
        this.write({ stock: this.application.stock });
      }
    }
    await using served = await serveApp(new Shop([["/", Stock]]));

    expect((await served.request("GET /")).body).toBe('{"stock":3}');
  });
});

describe("RedirectHandler", () => {
  it.each<[string, object, string, number, string | undefined]>([
    ["/old/(.*)", { url: "/new/{0}" }, "/old/a%20b?x=1&x=2", 301, "/new/a%20b?x=1&x=2"],
    ["/old/:id", { url: "/new?id={id}", permanent: false }, "/old/7", 302, "/new?id=7"],
    ["/old", { url: "https://other.test/x" }, "/old", 301, "https://other.test/x"],
    [
      "/a/(.*)/(.*)",
      { url: "https://{0}.example.com/{1}" },
      "/a/de.south/b%20c",
      301,
      "https://de.south.example.com/b%20c",
    ],
    ["/a/:land", { url: "//{land}.localhost:88?q={land}" }, "/a/de", 301, "//de.localhost:88?q=de"],
    ["/a/(.*)", { url: "https://{0}.example.com/x" }, "/a/evil.test%2F", 404, undefined],
    ["/a/(.*)", { url: "https://{0}.example.com/x" }, "/a/evil.test%5C", 404, undefined],
    ["/a/(.*)", { url: "https://{0}.example.com/x" }, "/a/evil.test%23", 404, undefined],
    ["/a/(.*)", { url: "https://{0}.example.com/x" }, "/a/ada@evil.test:1", 404, undefined],
    ["/a/(.*)", { url: "https://{0}.example.com/x" }, "/a/", 404, undefined],
    ["/a/(.*)", { url: "https://good.test{0}/x" }, "/a/.evil.test", 404, undefined],
    ["/a/(.*)", { url: "https://{0}good.test/x" }, "/a/evil", 404, undefined],
    ["/a/(.*)", { url: "https://{0}/x" }, "/a/evil.test", 404, undefined],
    ["/a/(.*)", { url: "https://good.test:{0}/x" }, "/a/81", 404, undefined],
    ["/a/(.*)", { url: "{0}://good.test/x" }, "/a/ftp", 404, undefined],
    ["/(.*)", { url: "/{0}" }, "//evil.test/", 404, undefined],
    ["/old(.*)", { url: "{0}" }, "/old//evil.test", 404, undefined],
  ])("leads %s with %j", async (pattern, kwargs, path, status, location) => {
    await using served = await serveApp([[pattern, RedirectHandler, kwargs]]);

    const response = await served.request(`GET ${path}`);

    // A server may refuse a target that begins with two slashes before a handler sees it.
    if (path.startsWith("//")) expect([status, 400]).toContain(response.status);
    else expect(response.status).toBe(status);
    expect(response.header("location")).toBe(location);
  });

  it("answers GET and HEAD only", async () => {
    await using served = await serveApp([["/", RedirectHandler, { url: "/x" }]]);

    expect((await served.request("POST /")).status).toBe(405);
    expect((await served.request("HEAD /")).status).toBe(301);
  });
});

describe("ErrorHandler", () => {
  it("answers every method alike, without a check for forgery", async () => {
    await using served = await serveApp([["/gone", ErrorHandler, { statusCode: 410 }]], { xsrfCookies: true });

    expect((await served.request("GET /gone")).status).toBe(410);
    expect((await served.request("POST /gone")).status).toBe(410);
  });
});

describe("FallbackHandler", () => {
  it("hands the request to a function, and logs nothing", async () => {
    const kwargs = {
      fallback: (request: RequestHandler["request"]) => {
        request.connection.writeHeaders(
          { code: 200, reason: "OK" },
          new HTTPHeaders({ "Content-Length": "4" }),
          request.body,
        );
        request.connection.finish();
      },
    };
    await using served = await serveApp([["/", FallbackHandler, kwargs]]);

    expect((await served.request("POST /", [], "body")).body).toBe("body");
    expect(served.log).toEqual([]);
  });

  it("hands the request to a function of the Fetch standard", async () => {
    const fetch = async (request: Request) => {
      const headers = new Headers({ "X-Method": request.method });
      headers.append("Set-Cookie", "a=1");
      headers.append("Set-Cookie", "b=2");
      return new Response(`${new URL(request.url).pathname} ${await request.text()}`, { status: 201, headers });
    };
    await using served = await serveApp([["/.*", FallbackHandler, { fetch }]]);

    const response = await served.request("POST /path", [], "body");

    expect([response.status, response.header("x-method")]).toEqual([201, "POST"]);
    expect(response.headerLines.filter((line) => /^set-cookie/i.test(line))).toEqual([
      "set-cookie: a=1",
      "set-cookie: b=2",
    ]);
    expect(response.body).toContain("/path body");
  });
});

async function requestTo(port: number, path: string, host: string) {
  return parseResponse(await sendRaw(port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`));
}
