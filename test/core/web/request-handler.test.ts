import { createHash } from "node:crypto";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { HTTPHeaders } from "../../../src/core/http/headers.js";
import type { HTTPServerRequest } from "../../../src/core/http/request.js";
import { configureRuntime } from "../../../src/core/runtime.js";
import type { Application } from "../../../src/core/web/application.js";
import { Finish, HTTPError } from "../../../src/core/web/http-error.js";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import { openSocket, sendRaw } from "../../support/raw-http.js";
import { serveApp } from "./serve-app.js";

const sha1 = (text: string) => `"${createHash("sha1").update(text).digest("hex")}"`;

/** A handler whose `get` is the given function. */
function getting(get: (handler: RequestHandler) => void | Promise<void>) {
  return class Getting extends RequestHandler {
    get() {
      return get(this);
    }
  };
}

describe("writing", () => {
  it.each<[string, object | string | Uint8Array, string, string]>([
    ["text as UTF-8", "Grüße", "text/html; charset=UTF-8", "Grüße"],
    ["bytes", Buffer.from("abc"), "text/html; charset=UTF-8", "abc"],
    ["a Uint8Array", new Uint8Array([97]), "text/html; charset=UTF-8", "a"],
    ["an object as JSON", { a: "</script>" }, "application/json; charset=UTF-8", '{"a":"<\\/script>"}'],
    ["an array as JSON", [1, null], "application/json; charset=UTF-8", "[1,null]"],
  ])("sends %s", async (_, chunk, type, body) => {
    await using served = await serveApp([["/", getting((handler) => handler.write(chunk))]]);

    const response = await served.request("GET /");

    expect(response.header("content-type")).toBe(type);
    expect(Buffer.from(response.body, "latin1").toString()).toBe(body);
    expect(response.header("content-length")).toBe(String(Buffer.byteLength(body)));
    expect(response.header("etag")).toBe(sha1(body));
  });

  it.each<[string, unknown, RegExp]>([
    ["null", null, /write\(\) takes text, bytes, an object or an array, not null/],
    ["a number", 5, /not number/],
    ["a promise", Promise.resolve("x"), /write\(\) was given a promise/],
    ["a Map", new Map(), /cannot turn a Map into JSON/],
  ])("refuses %s, which is a 500", async (_, chunk, message) => {
    await using served = await serveApp([["/", getting((handler) => handler.write(chunk as string))]]);

    const response = await served.request("GET /");

    expect(response.status).toBe(500);
    expect(response.body).not.toMatch(message);
    expect(served.log.join("\n")).toMatch(/^error Uncaught exception GET \/ \(127\.0\.0\.1\)/m);
  });

  it("joins text and bytes in order", async () => {
    await using served = await serveApp([
      [
        "/",
        getting((handler) => {
          handler.write("a");
          handler.write(Buffer.from("b"));
          handler.write("c");
        }),
      ],
    ]);

    expect((await served.request("GET /")).body).toBe("abc");
  });

  it("fixes status and headers at the first flush, and chunks what follows", async () => {
    await using served = await serveApp([
      [
        "/",
        getting(async (handler) => {
          handler.write("one");
          await handler.flush();
          handler.setStatus(500);
          handler.setHeader("X-Late", "1");
          await handler.flush();
          await handler.finish("two");
        }),
      ],
    ]);

    const response = await served.request("GET /");

    expect(response.status).toBe(200);
    expect(response.header("x-late")).toBeUndefined();
    expect(response.header("etag")).toBeUndefined();
    expect(response.body).toBe("3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n");
  });

  it("refuses to write or finish twice, and the answer stands", async () => {
    await using served = await serveApp([
      [
        "/",
        getting((handler) => {
          handler.finish("done");
          handler.write("more");
        }),
      ],
    ]);

    const response = await served.request("GET /");

    expect(response.body).toBe("done");
    expect(served.log.filter((line) => line.startsWith("error"))).toHaveLength(1);
  });

  it("uses the application's own JSON encoder", async () => {
    const settings = { jsonEncode: () => "mine" };
    await using served = await serveApp([["/", getting((handler) => handler.write({}))]], settings);

    expect((await served.request("GET /")).body).toBe("mine");
  });

  it.each([
    ["a header value with a line break", (handler: RequestHandler) => handler.setHeader("X-A", "a\r\nSet-Cookie: b=1")],
    ["a header name that is none", (handler: RequestHandler) => handler.addHeader("X A", "a")],
  ])("answers %s with 500, not 400", async (_, change) => {
    await using served = await serveApp([["/", getting(change)]]);

    const response = await served.request("GET /");

    expect(response.status).toBe(500);
    expect(response.header("set-cookie")).toBeUndefined();
  });

  it("writes numbers, dates and bytes as header values", async () => {
    await using served = await serveApp([
      [
        "/",
        getting((handler) => {
          handler.setHeader("X-Number", 7);
          handler.setHeader("X-Date", new Date(1359312200000));
          handler.setHeader("X-Bytes", Buffer.from("é", "latin1"));
          handler.addHeader("X-Number", 8);
        }),
      ],
    ]);

    const response = await served.request("GET /");

    expect(response.headerLines.filter((line) => line.startsWith("X-"))).toEqual([
      "X-Number: 7",
      "X-Date: Sun, 27 Jan 2013 18:43:20 GMT",
      "X-Bytes: é",
      "X-Number: 8",
    ]);
  });

  it.each([
    ["Fine, really", "Fine, really"],
    ["a\r\nX: y", "Unknown"],
    ["<script>", "Unknown"],
    ["", "Unknown"],
  ])("takes the reason phrase %j as %j", async (reason, expected) => {
    await using served = await serveApp([["/", getting((handler) => handler.setStatus(299, reason))]]);

    expect((await served.request("GET /")).reason).toBe(expected);
  });
});

describe("entity tags", () => {
  it.each([
    [sha1("x"), 304],
    [`W/${sha1("x")}`, 304],
    [`"other", ${sha1("x")}`, 304],
    ["*", 304],
    ['"other"', 200],
    ["nonsense", 200],
  ])("compares If-None-Match: %s weakly: %i", async (header, status) => {
    await using served = await serveApp([["/", getting((handler) => handler.write("x"))]]);

    const response = await served.request("GET /", [`If-None-Match: ${header}`]);

    expect(response.status).toBe(status);
    expect(response.header("etag")).toBe(sha1("x"));
  });

  it("answers 304 for a handler's own tag as well", async () => {
    await using served = await serveApp([
      [
        "/",
        getting((handler) => {
          handler.setHeader("Etag", '"mine"');
          handler.write("x");
        }),
      ],
    ]);

    expect((await served.request("GET /", ['If-None-Match: "mine"'])).status).toBe(304);
  });

  it("sends none when computeEtag says so", async () => {
    class Untagged extends RequestHandler {
      get() {
        this.write("x");
      }
      override computeEtag() {
        return null;
      }
    }
    await using served = await serveApp([["/", Untagged]]);

    expect((await served.request("GET /")).header("etag")).toBeUndefined();
  });
});

describe("redirects", () => {
  it.each<[string, Parameters<RequestHandler["redirect"]>, number, string | undefined]>([
    ["to a path", ["/a?b=c"], 302, "/a?b=c"],
    ["for good", ["/a", { permanent: true }], 301, "/a"],
    ["with a status", ["/a", { status: 303 }], 303, "/a"],
    ["with what no URL may hold encoded", ['/ä b"<%20'], 302, "/%C3%A4%20b%22%3C%20"],
    ["to another site when allowed", ["https://other.test/", { external: true }], 302, "https://other.test/"],
    ["to another site", ["https://other.test/"], 400, undefined],
    ["to //other.test", ["//other.test"], 400, undefined],
    ["to /\\other.test", ["/\\other.test"], 400, undefined],
    ["to a script", ["javascript:alert(1)"], 400, undefined],
    ["with a tab", ["/\t/other.test"], 400, undefined],
  ])("answers a redirect %s", async (_, args, status, location) => {
    await using served = await serveApp([["/", getting((handler) => handler.redirect(...args))]]);

    const response = await served.request("GET /");

    expect(response.status).toBe(status);
    expect(response.header("location")).toBe(location);
  });
});

describe("methods", () => {
  class Some extends RequestHandler {
    static override readonly SUPPORTED_METHODS = [...RequestHandler.SUPPORTED_METHODS, "PROPFIND"];
    get() {
      this.write("got");
    }
    post() {
      this.write("posted");
    }
    propfind() {
      this.write("found");
    }
  }

  it.each<[string, number, string, string | undefined]>([
    ["GET", 200, "got", undefined],
    ["POST", 200, "posted", undefined],
    ["PROPFIND", 200, "found", undefined],
    ["HEAD", 200, "", undefined],
    ["OPTIONS", 204, "", "GET, HEAD, POST, OPTIONS, PROPFIND"],
    [
      "DELETE",
      405,
      "<html><title>405: Method Not Allowed</title><body>405: Method Not Allowed</body></html>",
      "GET, HEAD, POST, OPTIONS, PROPFIND",
    ],
    [
      "MKCOL",
      405,
      "<html><title>405: Method Not Allowed</title><body>405: Method Not Allowed</body></html>",
      "GET, HEAD, POST, OPTIONS, PROPFIND",
    ],
  ])("answers %s with %i", async (method, status, body, allow) => {
    await using served = await serveApp([["/", Some]]);

    const response = await served.request(`${method} /`);

    expect([response.status, response.body, response.header("allow")]).toEqual([status, body, allow]);
  });

  it("gives HEAD the length that GET has", async () => {
    await using served = await serveApp([["/", Some]]);

    expect((await served.request("HEAD /")).header("content-length")).toBe("3");
  });

  it("refuses a method that returns a value, which would be lost", async () => {
    class Returning extends RequestHandler {
      get() {
        return "lost" as unknown as undefined;
      }
    }
    await using served = await serveApp([["/", Returning]]);

    expect((await served.request("GET /")).status).toBe(500);
    expect(served.log[0]).toContain("Uncaught exception");
  });
});

describe("path arguments", () => {
  class Echo extends RequestHandler {
    get(...args: unknown[]) {
      this.write({ args });
    }
  }

  it.each<[string, string, number, unknown[]]>([
    ["/(a)?(b)?", "/b", 200, [null, "b"]],
    ["/(.*)", "/a%20b+c%2Fd", 200, ["a b+c/d"]],
    ["/(.*)", "/%zz%", 200, ["%zz%"]],
    ["/:one/:two", "/1/2", 200, [{ one: "1", two: "2" }]],
    ["/(?P<one>.*)", "/%C3%A4", 200, [{ one: "ä" }]],
    ["/(.*)", "/%ff", 400, []],
  ])("reads %s from %s", async (pattern, path, status, args) => {
    await using served = await serveApp([[pattern, Echo]]);

    const response = await served.request(`GET ${path}`);

    expect(response.status).toBe(status);
    if (status === 200) expect(JSON.parse(Buffer.from(response.body, "latin1").toString())).toEqual({ args });
  });

  it("lets a handler decode as it likes", async () => {
    class Latin extends RequestHandler {
      override decodeArgument(value: Buffer) {
        return `<${value.toString("latin1")}>`;
      }
      get(text: string) {
        this.write({ text, query: this.getArgument("q") });
      }
    }
    await using served = await serveApp([["/(.*)", Latin]]);

    const response = await served.request("GET /abc?q=%FF");

    expect(JSON.parse(Buffer.from(response.body, "latin1").toString())).toEqual({ text: "<abc>", query: "<ÿ>" });
  });
});

describe("arguments", () => {
  class Arguments extends RequestHandler {
    get() {
      this.write({
        last: this.getArgument("a", null),
        all: this.getArguments("a"),
        raw: this.getArgument("a", null, { strip: false }),
        none: this.getQueryArgument("none", 5),
        required: this.getArgument("required"),
      });
    }
    post() {
      this.write({
        all: this.getArguments("a"),
        query: this.getQueryArguments("a"),
        body: this.getBodyArguments("a"),
        last: this.getBodyArgument("a"),
      });
    }
  }
  const form = "Content-Type: application/x-www-form-urlencoded";

  it("gives the last value, trimmed and without control characters", async () => {
    await using served = await serveApp([["/", Arguments]]);

    const response = await served.request("GET /?a=1&a=%20%09x%00y%20&required=");

    expect(JSON.parse(response.body)).toEqual({
      last: "x y",
      all: ["1", "x y"],
      raw: " \tx y ",
      none: 5,
      required: "",
    });
  });

  it("puts the query's values before the form's", async () => {
    await using served = await serveApp([["/", Arguments]]);

    const response = await served.request("POST /?a=1", [form], "a=2&a=3");

    expect(JSON.parse(response.body)).toEqual({ all: ["1", "2", "3"], query: ["1"], body: ["2", "3"], last: "3" });
  });

  it.each([
    ["GET /", "", 400, "Missing argument required"],
    ["GET /?required=%ff", "", 400, "Invalid unicode in required"],
    [`GET /?required=1&${"a&".repeat(1001)}`, "", 400, ""],
    ["POST /", "b=1", 400, "Missing argument a"],
  ])("answers %s with 400 and says why in the log alone", async (line, body, status, message) => {
    await using served = await serveApp([["/", Arguments]]);

    const response = await served.request(line, body === "" ? [] : [form], body);

    expect(response.status).toBe(status);
    expect(response.body).toBe("<html><title>400: Bad Request</title><body>400: Bad Request</body></html>");
    expect(served.log.join("\n")).toContain(message);
  });
});

describe("errors", () => {
  const failing = (error: unknown) =>
    getting((handler) => {
      handler.setHeader("X-Lost", "1");
      handler.setCookie("kept", "1");
      handler.write("lost");
      throw error;
    });

  it("drops what was written and keeps cookies", async () => {
    await using served = await serveApp([["/", failing(new HTTPError(409, "secret"))]]);

    const response = await served.request("GET /");

    expect(response.status).toBe(409);
    expect(response.header("x-lost")).toBeUndefined();
    expect(response.header("set-cookie")).toBe("kept=1; Path=/; SameSite=Lax");
    expect(response.header("content-security-policy")).toBe("default-src 'none'");
    expect(response.body).toBe("<html><title>409: Conflict</title><body>409: Conflict</body></html>");
    expect(served.log).toContain("warn 409 GET / (127.0.0.1): secret");
  });

  it.each<[string, unknown, number, string]>([
    [
      "its own reason",
      new HTTPError(400, null, { reason: "No such luck & more" }),
      400,
      "400: No such luck &amp; more",
    ],
    ["a clean 204", new HTTPError(204), 204, ""],
    ["a clean 304", new HTTPError(304), 304, ""],
    ["what a Finish carries", new Finish({ done: true }), 200, 'lost{"done":true}'],
    ["an unknown status", new HTTPError(599), 599, "599: Unknown"],
    ["a value that is no error", "just text", 500, "500: Internal Server Error"],
  ])("answers with %s", async (_, error, status, body) => {
    await using served = await serveApp([["/", failing(error)]]);

    const response = await served.request("GET /");

    expect(response.status).toBe(status);
    expect(response.body).toContain(body);
    if (body === "") expect(response.body).toBe("");
  });

  it("fills values into the log message", () => {
    expect(new HTTPError(400, "no %s of %d", { args: ["story", 7] }).message).toBe(
      "HTTP 400: Bad Request (no story of 7)",
    );
    expect(new HTTPError(400, "100%").logMessage).toBe("100%");
  });

  it("shows the trace as plain text with serveTraceback", async () => {
    const settings = { serveTraceback: true };
    await using served = await serveApp([["/", failing(new Error("<b>boom</b>"))]], settings);

    const response = await served.request("GET /");

    expect(response.header("content-type")).toBe("text/plain; charset=UTF-8");
    expect(response.body).toMatch(/^Error: <b>boom<\/b>\n {4}at /);
  });

  it("gives the program that runs the app the first word in debug, for exceptions only", async () => {
    const headers = new HTTPHeaders({ "Content-Type": "text/x-page" });
    configureRuntime({ errorPage: (_, status, error) => ({ headers, body: `${status} ${error.message}` }) });
    const rules = [
      ["/error", failing(new Error("boom"))],
      ["/http-error", failing(new HTTPError(404))],
    ] as const;
    await using debugging = await serveApp(rules, { debug: true, serveTraceback: false });
    await using serving = await serveApp(rules);

    const page = await debugging.request("GET /error");

    expect([page.header("content-type"), page.body]).toEqual(["text/x-page", "500 boom"]);
    expect((await debugging.request("GET /http-error")).body).toContain("404: Not Found");
    expect((await serving.request("GET /error")).body).toContain("500: Internal Server Error");
    configureRuntime({ errorPage: () => undefined });
  });

  it.each<[string, (error: unknown) => void | Promise<void>]>([
    [
      "at once",
      () => {
        throw new Error("page");
      },
    ],
    [
      "later",
      async () => {
        throw new Error("page");
      },
    ],
  ])("sends the status when the error page itself fails %s", async (_, fail) => {
    class Broken extends RequestHandler {
      get() {
        throw new HTTPError(403);
      }
      override writeError() {
        this.write("partly");
        return fail(undefined);
      }
    }
    await using served = await serveApp([["/", Broken]]);

    const response = await served.request("GET /");

    expect([response.status, response.body]).toEqual([403, "partly"]);
    expect(served.log.join()).toContain("Uncaught exception in writeError");
  });

  it("renders an error page of the app's own, also an asynchronous one", async () => {
    class Own extends RequestHandler {
      get() {
        throw new HTTPError(404);
      }
      override async writeError(status: number) {
        await Promise.resolve();
        this.write(`own ${status}`);
      }
    }
    await using served = await serveApp([["/", Own]]);

    expect((await served.request("GET /")).body).toBe("own 404");
  });

  it.each<[string, object]>([
    ["the constructor", { constructor: true }],
    ["setDefaultHeaders", { setDefaultHeaders: true }],
    ["initialize", { initialize: true }],
    ["prepare", { prepare: true }],
    ["logException", { prepare: true, logException: true }],
  ])("answers 500 when %s throws", async (_, where) => {
    const throwIf = (name: string) => {
      if (Object.hasOwn(where, name)) throw new Error("broken");
    };
    class Broken extends RequestHandler {
      constructor(application: Application, request: HTTPServerRequest) {
        super(application, request);
        throwIf("constructor");
      }
      #calls = 0;
      override setDefaultHeaders() {
        // Once: the error page sets default headers as well.
        this.#calls += 1;
        if (this.#calls === 1) throwIf("setDefaultHeaders");
      }
      override initialize() {
        throwIf("initialize");
      }
      override prepare() {
        throwIf("prepare");
      }
      override logException() {
        throwIf("logException");
      }
      get() {}
    }
    await using served = await serveApp([["/", Broken]]);

    expect((await served.request("GET /")).status).toBe(500);
  });

  it("answers 500 when setDefaultHeaders throws, for the error page as well", async () => {
    class Hopeless extends RequestHandler {
      override setDefaultHeaders() {
        throw new Error("always");
      }
    }
    await using served = await serveApp([["/", Hopeless]]);

    const response = await served.request("GET /");

    expect(response.status).toBe(500);
    expect(response.body).toContain("500: Internal Server Error");
    expect(served.log.join()).toContain("setDefaultHeaders of GET /");
  });

  it("answers a bare 500 when not even an error page can be made", async () => {
    class Hopeless extends RequestHandler {
      override sendError() {
        throw new Error("always");
      }
      get() {
        throw new Error("first");
      }
    }
    await using served = await serveApp([["/", Hopeless]]);

    const response = await served.request("GET /");

    expect(response.status).toBe(500);
    expect(response.header("Connection")).toBe("close");
    expect(served.log.join()).toContain("Cannot answer GET /");
  });

  it.each(["initialize", "prepare"])("answers 500 when %s returns what it must not", async (name) => {
    class Wrong extends RequestHandler {
      override initialize() {
        return (name === "initialize" ? Promise.reject(new Error("x")) : undefined) as unknown as undefined;
      }
      override prepare() {
        return (name === "prepare" ? 5 : undefined) as unknown as undefined;
      }
      get() {}
    }
    await using served = await serveApp([["/", Wrong]]);

    expect((await served.request("GET /")).status).toBe(500);
  });

  it("closes the connection when fewer bytes come than Content-Length promises", async () => {
    await using served = await serveApp([
      [
        "/",
        getting((handler) => {
          handler.setHeader("Content-Length", 5);
          handler.write("abc");
        }),
      ],
    ]);

    const answer = await sendRaw(served.port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");

    expect(answer).not.toContain("200 OK\r\n\r\nabc");
    expect(served.log.join()).toContain("Uncaught exception GET /");
  });

  it("logs an exception in an async onFinish, and the process lives", async () => {
    class Late extends RequestHandler {
      get() {
        this.write("fine");
      }
      override async onFinish() {
        await Promise.resolve();
        throw new Error("late");
      }
    }
    await using served = await serveApp([["/", Late]]);

    expect((await served.request("GET /")).body).toBe("fine");
    expect(served.log.join()).toContain("Uncaught exception in onFinish of Late");
  });

  it("logs an exception in onFinish, and the answer is out", async () => {
    class Late extends RequestHandler {
      get() {
        this.write("fine");
      }
      override onFinish() {
        throw new Error("late");
      }
    }
    await using served = await serveApp([["/", Late]]);

    expect((await served.request("GET /")).body).toBe("fine");
    expect(served.log.join()).toContain("Uncaught exception in onFinish");
  });

  it.each<[string, (handler: RequestHandler) => void]>([
    ["chunks", () => {}],
    ["a known length", (handler) => handler.setHeader("Content-Length", "500")],
  ])("cuts a response in %s when a handler fails after its headers are out", async (_, prepare) => {
    let finished = 0;
    class Failing extends RequestHandler {
      async get() {
        prepare(this);
        this.write("begun");
        await this.flush();
        throw new Error("late");
      }
      override onFinish() {
        finished += 1;
      }
    }
    await using served = await serveApp([["/", Failing]]);

    const received = await sendRaw(served.port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");

    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(received).toMatch(/begun(?:\r\n)?$/);
    expect(finished).toBe(1);
    expect(served.log).toEqual([
      expect.stringMatching(/^error Uncaught exception GET \/ /),
      expect.stringMatching(/^info 200 GET \/ /),
    ]);
  });

  it("says that flush() comes after finish()", async () => {
    let failure: unknown;
    await using served = await serveApp([
      [
        "/",
        getting(async (handler) => {
          await handler.finish("done");
          try {
            await handler.flush();
          } catch (error) {
            failure = error;
          }
        }),
      ],
    ]);

    expect((await served.request("GET /")).body).toBe("done");
    expect(failure).toMatchObject({ message: "Cannot flush() after finish(). Was an await forgotten?" });
  });

  it("cuts the response of sendError after the headers are out, and says so", async () => {
    await using served = await serveApp([
      [
        "/",
        getting(async (handler) => {
          handler.write("begun");
          await handler.flush();
          throw new HTTPError(404);
        }),
      ],
    ]);

    expect(await sendRaw(served.port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")).toMatch(/begun\r\n$/);
    expect(served.log.join()).toContain("headers are out already");
  });

  it("breaks off the body of a Fetch response likewise", async () => {
    await using served = await serveApp([
      [
        "/",
        getting(async (handler) => {
          handler.write("begun");
          await handler.flush();
          throw new Error("late");
        }),
      ],
    ]);

    const response = await served.app.fetch(new Request("http://localhost/"));

    await expect(response.text()).rejects.toThrow();
  });
});

describe("a method", () => {
  it.each(["FOO", "get", "constructor", "PROPFIND", "M-SEARCH"])(
    "of the name %s is 405, with what is allowed",
    async (name) => {
      await using served = await serveApp([["/", getting(() => {})]]);

      const response = await served.request(`${name} /`);

      expect(response.status).toBe(405);
      expect(response.header("Allow")).toBe("GET, HEAD, OPTIONS");
    },
  );
});

describe("a client that leaves", () => {
  it("aborts the signal, calls onConnectionClose and still finishes, without an error in the log", async () => {
    const events: string[] = [];
    const { promise: finished, resolve } = withResolvers();
    class Waiting extends RequestHandler {
      async get() {
        this.write("begun");
        await this.flush();
        await once(this.request.signal, "abort");
        events.push("aborted");
        this.request.signal.throwIfAborted();
      }
      override onConnectionClose() {
        events.push("onConnectionClose");
      }
      override onFinish() {
        events.push("onFinish");
        resolve();
      }
    }
    await using served = await serveApp([["/", Waiting]]);
    const socket = await openSocket(served.port);
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(socket, "data");

    socket.destroy();
    await finished;

    expect(events).toEqual(["onConnectionClose", "aborted", "onFinish"]);
    expect(served.log.filter((line) => line.startsWith("error"))).toEqual([]);
  });
});

describe("the access log", () => {
  it("writes Tornado's line at a level by the status", async () => {
    await using served = await serveApp([
      ["/ok", getting(() => {})],
      ["/error", getting((handler) => handler.setStatus(503))],
    ]);

    await served.request("GET /ok?token=abc");
    await served.request("GET /missing");
    await served.request("GET /error");

    expect(served.log).toEqual([
      expect.stringMatching(/^info 200 GET \/ok\?token=\[redacted\] \(127\.0\.0\.1\) \d+\.\d\dms$/),
      expect.stringMatching(/^warn 404 GET \/missing /),
      expect.stringMatching(/^error 503 GET \/error /),
    ]);
  });

  it("leaves the line to the logFunction setting", async () => {
    const seen: number[] = [];
    const settings = { logFunction: (handler: RequestHandler) => seen.push(handler.getStatus()) };
    await using served = await serveApp([["/", getting(() => {})]], settings);

    await served.request("GET /");

    expect(seen).toEqual([200]);
    expect(served.log).toEqual([]);
  });
});

describe("a handler that is never asynchronous", () => {
  it("is answered before control returns to whoever delivered the request", async () => {
    const order: string[] = [];
    class Sync extends RequestHandler {
      get() {
        process.nextTick(() => order.push("next tick"));
        queueMicrotask(() => order.push("microtask"));
        this.write("x");
      }
      override onFinish() {
        order.push("finished");
      }
    }
    await using served = await serveApp([["/", Sync]]);

    await served.request("GET /");

    expect(order[0]).toBe("finished");
  });
});

function withResolvers() {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
