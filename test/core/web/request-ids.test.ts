import { describe, expect, it, onTestFinished } from "vitest";
import { applicationLog, configureLogging, flushLog, type LogRecord, subscribeToLog } from "../../../src/core/log.js";
import { requestContext } from "../../../src/core/request-context.js";
import { Application } from "../../../src/core/web/application.js";
import { streamRequestBody } from "../../../src/core/web/decorators.js";
import { HTTPError } from "../../../src/core/web/http-error.js";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import { serveApp } from "./serve-app.js";

class Slow extends RequestHandler {
  async get() {
    await new Promise(setImmediate);
    applicationLog.info(`working on ${this.request.id}`);
    this.write(`${this.request.id} ${requestContext()?.id}`);
  }
}

class Broken extends RequestHandler {
  get() {
    throw new HTTPError(409);
  }
}

class Unmade extends RequestHandler {
  constructor(...args: ConstructorParameters<typeof RequestHandler>) {
    super(...args);
    throw new Error("broken");
  }
}

function records(): LogRecord[] {
  const seen: LogRecord[] = [];
  onTestFinished(subscribeToLog((record) => void seen.push(record)));
  return seen;
}

describe("the requestId setting", () => {
  it("names each request in its answer, its handler, its context and its log lines", async () => {
    const seen = records();
    await using served = await serveApp([["/", Slow]], { requestId: true });

    const [first, second] = await Promise.all([served.request("GET /"), served.request("GET /")]);

    const ids = [first.header("x-request-id")!, second.header("x-request-id")!];
    expect(ids[0]).toMatch(/^[\w-]{16}$/);
    expect(ids[0]).not.toBe(ids[1]);
    for (const [index, response] of [first, second].entries()) {
      expect(response.body).toContain(`${ids[index]} ${ids[index]}`);
      const own = seen.filter(({ requestId }) => requestId === ids[index]);
      expect(own.map(({ logger }) => logger)).toEqual(["tornado.application", "tornado.access"]);
    }
  });

  it.each(["/broken", "/unmade", "/nowhere"])("names the answer to %s, which is an error", async (path) => {
    const seen = records();
    await using served = await serveApp(
      [
        ["/broken", Broken],
        ["/unmade", Unmade],
      ],
      { requestId: true },
    );

    const response = await served.request(`GET ${path}`);

    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.header("x-request-id")).toBe(seen.at(-1)!.requestId);
    expect(seen.at(-1)!.requestId).toMatch(/^[\w-]{16}$/);
  });

  it("costs nothing and names nothing when it is off", async () => {
    const seen = records();
    await using served = await serveApp([["/", Slow]]);

    const response = await served.request("GET /");

    expect(response.body).toContain("null undefined");
    expect(response.header("x-request-id")).toBeUndefined();
    expect(seen.every(({ requestId }) => requestId === undefined)).toBe(true);
  });

  it("takes its own header and function", async () => {
    let count = 0;
    const generate = () => `request-${++count}`;
    await using served = await serveApp([["/", Slow]], { requestId: { header: "X-Trace", generate } });

    const response = await served.request("GET /", ["X-Trace: sent-by-the-client"]);

    expect(response.header("x-trace")).toBe("request-1");
  });

  it.each([
    ["from-the-proxy:1", "from-the-proxy:1"],
    ["two words", "made"],
    ["<script>", "made"],
    ["a".repeat(129), "made"],
  ])("takes over an id that came along when it may: %s", async (incoming, expected) => {
    await using served = await serveApp([["/", Slow]], {
      requestId: { acceptIncoming: true, generate: () => "made" },
    });

    const response = await served.request("GET /", [`X-Request-Id: ${incoming}`]);

    expect(response.header("x-request-id")).toBe(expected);
  });

  it.each(["", "two words", "line\nend", "a".repeat(201)])("does not let a function make %j an id", async (id) => {
    await using served = await serveApp([["/", Slow]], { requestId: { generate: () => id } });

    expect((await served.request("GET /")).status).toBe(500);
  });

  it("lets functions leave values for one another", async () => {
    const key = Symbol("key");
    const read = () => requestContext()?.values.get(key);
    class Leaving extends RequestHandler {
      override prepare() {
        requestContext()?.values.set(key, this.request.path);
      }
      async get() {
        await new Promise(setImmediate);
        this.write(String(read()));
      }
    }
    await using served = await serveApp([["/.*", Leaving]], { requestId: true });

    const answers = await Promise.all(["/a", "/b"].map((path) => served.request(`GET ${path}`)));

    expect(answers.map(({ body }) => body)).toEqual(["/a", "/b"]);
  });

  it("is there for streamed bodies and for clients that leave", async () => {
    const ids: (string | undefined)[] = [];
    class Upload extends RequestHandler {
      override dataReceived() {
        ids.push(requestContext()?.id);
      }
      post() {
        ids.push(requestContext()?.id);
      }
    }
    streamRequestBody(Upload as never);
    await using served = await serveApp([["/", Upload]], { requestId: true });

    const response = await served.request("POST /", [], "body");

    expect(new Set(ids)).toEqual(new Set([response.header("x-request-id")]));
  });

  it("stands in lines of both formats", async () => {
    let written = "";
    const stream = { write: (text: string) => (written += text) };
    configureLogging({ stream, sink: null, color: false });
    onTestFinished(() => configureLogging({ format: "pretty", stream: process.stderr, color: undefined }));
    class Loud extends RequestHandler {
      get() {
        configureLogging({ format: "pretty" });
        applicationLog.info("pretty");
        flushLog();
        configureLogging({ format: "json" });
        applicationLog.info("json");
        flushLog();
      }
    }
    const app = new Application([["/", Loud]], { requestId: { generate: () => "the-id" }, logFunction: () => {} });

    await app.fetch(new Request("http://localhost/"));

    const [pretty, json] = written.trim().split("\n");
    expect(pretty).toMatch(/^\[I \d{6} \d\d:\d\d:\d\d the-id\] pretty$/);
    expect(JSON.parse(json!)).toMatchObject({ requestId: "the-id", message: "json" });
  });
});
