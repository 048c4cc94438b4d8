/** Mistakes of an app's author end as a 500 and a line in the log: never a hanging client, a dead process or a spoilt connection. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { RuleTuple } from "../../../src/core/routing/rule.js";
import { Finish, HTTPError } from "../../../src/core/web/http-error.js";
import { FallbackHandler } from "../../../src/core/web/plain-handlers.js";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import { StaticFileHandler } from "../../../src/core/web/static-file-handler.js";
import { openSocket, sendRaw } from "../../support/raw-http.js";
import { serveApp } from "./serve-app.js";

type Members = Record<string, (this: RequestHandler, ...args: never[]) => unknown>;

/** Makes a class of handlers of functions that no type would let pass. */
function handler(members: Members, streamsRequestBody = false) {
  class Mistaken extends RequestHandler {
    static override readonly streamsRequestBody: boolean = streamsRequestBody;
  }
  Object.assign(Mistaken.prototype, members);
  return Mistaken;
}

/** Serves one file. */
function handlerOfFiles(members: Members) {
  class Mistaken extends StaticFileHandler {
    override parseUrlPath() {
      return "serve-app.ts";
    }
  }
  Object.assign(Mistaken.prototype, members);
  return Mistaken;
}

const get = (method: (this: RequestHandler) => unknown) => handler({ get: method });
const fails = (message = "failed") => {
  throw new Error(message);
};
const rejects = () => Promise.reject(new Error("failed"));

type Settle = (resolve: () => void, reject: (error: Error) => void) => void;

/** What may be awaited and is no promise. */
function thenable(settle: Settle): object {
  // biome-ignore lint/suspicious/noThenProperty: some libraries' queries are made so
  return { then: settle };
}

const answered500: [mistake: string, ...route: [target: RuleTuple[1], kwargs?: object]][] = [
  ["prepare rejects", handler({ prepare: rejects, get() {} })],
  ["initialize throws", handler({ initialize: () => fails(), get() {} })],
  ["setDefaultHeaders throws", handler({ setDefaultHeaders: () => fails(), get() {} })],
  ["setDefaultHeaders is async", handler({ setDefaultHeaders: rejects, get() {} })],
  [
    "getUserLocale is async",
    handler({
      getUserLocale: rejects,
      get() {
        this.write(this.locale.code);
      },
    }),
  ],
  ["logException rejects", handler({ logException: rejects, get: () => fails() })],
  ["sendError throws", handler({ sendError: () => fails(), get: () => fails() })],
  ["writeError throws", handler({ writeError: () => fails(), get: () => fails() })],
  ["writeError rejects", handler({ writeError: rejects, get: () => fails() })],
  ["logException throws", handler({ logException: () => fails(), get: () => fails() })],
  ["computeEtag throws", handler({ computeEtag: () => fails(), get() {} })],
  [
    "null is thrown",
    get(() => {
      throw null;
    }),
  ],
  [
    "an object without a prototype is thrown",
    get(() => {
      throw Object.create(null);
    }),
  ],
  ...[0, 99, 100, 199, 1000, Number.NaN, "404"].map((status): [string, RuleTuple[1]] => [
    `HTTPError gets the status ${status}`,
    get(() => {
      throw new HTTPError(status as number);
    }),
  ]),
  [
    "setStatus gets a status that is no answer",
    get(function () {
      this.setStatus(103);
    }),
  ],
  [
    "Finish gets what cannot be written",
    get(() => {
      throw new Finish(42 as unknown as string);
    }),
  ],
  [
    "204 has a body",
    get(function () {
      this.setStatus(204);
      this.write("x");
    }),
  ],
  [
    "a promise that will reject is written",
    get(function () {
      this.write(rejects());
    }),
  ],
  [
    "jsonEncode gives a promise that will reject",
    class extends RequestHandler {
      override get settings() {
        return { jsonEncode: rejects as unknown as () => string };
      }
      get() {
        this.write({});
      }
    },
  ],
  ["setExtraHeaders is async", handlerOfFiles({ setExtraHeaders: rejects }), { path: import.meta.dirname }],
  ["a value is returned", get(() => 42)],
  ["a thenable throws", get(() => thenable(() => fails()))],
  [
    "a header cannot be sent",
    get(function () {
      this.setHeader("X", "a\r\nb");
    }),
  ],
  ["a fallback throws", FallbackHandler, { fallback: () => fails() }],
  ["a fallback rejects", FallbackHandler, { fallback: rejects }],
  ["a fetch function throws", FallbackHandler, { fetch: () => fails() }],
  ["a fetch function gives no Response", FallbackHandler, { fetch: () => ({}) }],
  ["a listener throws", FallbackHandler, { listener: () => fails() }],
  ["a listener rejects", FallbackHandler, { listener: rejects }],
  ["a function as a target throws", () => fails()],
  ["a function as a target rejects", () => rejects()],
];

const unhandled: unknown[] = [];
const note = (error: unknown) => unhandled.push(error);
beforeAll(() => void process.on("unhandledRejection", note));
afterAll(() => void process.off("unhandledRejection", note));
afterEach(() => expect(unhandled.splice(0)).toEqual([]));

describe("a client is answered 500", () => {
  it.each(answered500)("when %s", async (_mistake, target, kwargs) => {
    await using served = await serveApp([["/", target, kwargs]]);

    const response = await served.request("GET /");

    await new Promise((resolve) => setImmediate(resolve));
    expect(response.status).toBe(500);
    expect(response.body).not.toContain("failed");
    expect(served.log.some((line) => line.startsWith("error"))).toBe(true);
  });
});

describe("the answer goes out and onFinish runs", () => {
  it.each<[string, () => void]>([
    ["throws", () => fails()],
    ["rejects", rejects as unknown as () => void],
  ])("when the logFunction %s", async (_mistake, logFunction) => {
    let finished = 0;
    const Page = handler({
      get() {
        this.write("page");
      },
      post: () => fails(),
      onFinish: () => {
        finished += 1;
      },
    });
    await using served = await serveApp([["/", Page]], { logFunction });

    const [page, failure] = [await served.request("GET /"), await served.request("POST /")];

    expect([page.status, page.body, failure.status, finished]).toEqual([200, "page", 500, 2]);
    expect(served.log.filter((line) => line.includes("logFunction"))).toHaveLength(2);
  });
});

describe("a connection serves its next request", () => {
  it.each<[string, RuleTuple[1], string]>([
    [
      "when a handler finishes twice",
      get(function () {
        this.finish("first");
        this.finish("second");
      }),
      "first",
    ],
    [
      "when a handler writes behind its end",
      get(function () {
        this.finish("first");
        this.write("second");
      }),
      "first",
    ],
    [
      "when a handler detaches behind its end",
      get(function () {
        this.finish("first");
        this.detach();
      }),
      "first",
    ],
    [
      "when a thenable settles twice",
      get(() =>
        thenable((resolve, reject) => {
          resolve();
          reject(new Error("second"));
        }),
      ),
      "",
    ],
    ["when onFinish rejects", handler({ get() {}, onFinish: rejects }), ""],
  ])("%s", async (_mistake, target, body) => {
    class Next extends RequestHandler {
      get() {
        this.write("next");
      }
    }
    await using served = await serveApp([
      ["/", target],
      ["/next", Next],
    ]);

    const answers = await sendRaw(
      served.port,
      "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    );

    expect(answers.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    expect(answers).toContain(`\r\n\r\n${body}HTTP/1.1`);
    expect(answers).toMatch(/next$/);
  });
});

describe("a connection is cut, so that no client takes what follows for an answer", () => {
  it.each<[string, Record<string, string>, string[]]>([
    ["a transfer coding that nobody does", { "Transfer-Encoding": "gzip" }, []],
    ["two Content-Lengths", {}, ["1", "1"]],
    ["a Content-Length that is no number", {}, ["abc"]],
    ["a Content-Length that is too large", {}, ["9"]],
  ])("when a handler sets %s", async (_mistake, headers, lengths) => {
    const Framing = get(function () {
      for (const [name, value] of Object.entries(headers)) this.setHeader(name, value);
      for (const length of lengths) this.addHeader("Content-Length", length);
      this.write("x");
      return lengths.length === 0 ? this.flush() : undefined;
    });
    await using served = await serveApp([["/", Framing]]);

    expect(await sendRaw(served.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(2))).toBe("");
  });
});

describe("a body in pieces", () => {
  const post = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc";

  it.each<[string, Members["get"], number]>([
    ["throws", () => fails(), 500],
    ["rejects", rejects, 500],
    ["gives a thenable that rejects", () => thenable((_, reject) => reject(new Error())), 500],
    [
      "throws an HTTPError",
      () => {
        throw new HTTPError(422);
      },
      422,
    ],
  ])("is answered when dataReceived %s", async (_mistake, dataReceived, status) => {
    await using served = await serveApp([["/", handler({ dataReceived: dataReceived!, post() {} }, true)]]);

    expect(await sendRaw(served.port, post)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it("is not given to the method when dataReceived has finished the answer", async () => {
    const Early = handler(
      {
        dataReceived() {
          if (!this.isFinished) this.finish("early");
        },
        post: () => fails(),
      },
      true,
    );
    await using served = await serveApp([["/", Early]]);

    expect(await sendRaw(served.port, post)).toMatch(/\r\n\r\nearly$/);
    expect(served.log.filter((line) => line.startsWith("error"))).toEqual([]);
  });
});

describe("the process", () => {
  it("sees no rejection that nobody handled when a client leaves a handler that does not wait", async () => {
    let ended = () => {};
    const end = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const Careless = handler({
      async get() {
        const gone = new Promise((resolve) => this.request.signal.addEventListener("abort", resolve, { once: true }));
        this.write("begun");
        this.flush();
        await gone;
        for (let piece = 0; piece < 3; piece++) {
          this.write("more");
          this.flush();
        }
        this.finish("done");
      },
      onFinish: () => ended(),
    });
    await using served = await serveApp([["/", Careless]]);
    const socket = await openSocket(served.port);
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    socket.once("data", () => socket.destroy());

    await end;
    await new Promise((resolve) => setImmediate(resolve));

    expect(unhandled).toEqual([]);
    expect(served.log.filter((line) => line.startsWith("error"))).toEqual([]);
  });

  it("takes a client that leaves in the middle of its body for gone, and for no error of the handler", async () => {
    let ended = () => {};
    const end = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const Slow = handler(
      {
        async prepare() {},
        dataReceived() {
          this.request.signal.addEventListener("abort", () => {
            this.write("too late");
            this.flush();
            this.write("and later");
            this.finish();
          });
        },
        post() {},
        onFinish: () => ended(),
      },
      true,
    );
    await using served = await serveApp([["/", Slow]]);
    const socket = await openSocket(served.port);
    socket.end("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");

    await end;
    await new Promise((resolve) => setImmediate(resolve));

    expect(served.log.filter((line) => line.startsWith("error"))).toEqual([]);
    expect(unhandled).toEqual([]);
    socket.destroy();
  });

  it("does not log the answer of a client that left before it as sent", async () => {
    let ended = () => {};
    const end = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const Slow = handler({ dataReceived() {}, post() {}, onFinish: () => ended() }, true);
    await using served = await serveApp([["/", Slow]]);
    const socket = await openSocket(served.port);
    socket.end("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");

    await end;

    expect(served.log.at(-1)).toMatch(/^warn 499 POST \/ /);
    socket.destroy();
  });
});
