import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectedError } from "../../../src/core/web/expected-error.js";
import { HTTPError } from "../../../src/core/web/http-error.js";
import { ErrorHandler } from "../../../src/core/web/plain-handlers.js";
import { type ErrorDetails, RequestHandler } from "../../../src/core/web/request-handler.js";
import { StaticFileHandler } from "../../../src/core/web/static-file-handler.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { serveApp } from "./serve-app.js";

const framesOf = (error: Error) => (error.stack ?? "").split("\n").filter((line) => line.startsWith("    at "));

describe("expectedError", () => {
  it("is an HTTPError like any other, but for the frames of its stack", () => {
    const error = expectedError(403, "no token");

    expect(error).toBeInstanceOf(HTTPError);
    expect(error).toMatchObject({ name: "HTTPError", statusCode: 403, logMessage: "no token", reason: null });
    expect(error.message).toBe("HTTP 403: Forbidden (no token)");
    expect(framesOf(error)).toEqual([]);
  });

  it.each([200, 0, 12.5])("leaves the depth of other stacks alone, also when it fails for status %d", (status) => {
    const limit = Error.stackTraceLimit;

    try {
      expectedError(status);
    } catch {}

    expect(Error.stackTraceLimit).toBe(limit);
    expect(framesOf(new Error("of somebody else"))).not.toEqual([]);
  });
});

describe("what the framework refuses", () => {
  const seen: Error[] = [];
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let served: Awaited<ReturnType<typeof serveApp>>;

  const noting = (base: object) =>
    class extends (base as typeof RequestHandler) {
      override writeError(status: number, details: ErrorDetails): void | Promise<void> {
        seen.push(details.error!);
        return super.writeError(status, details);
      }
    };

  class OwnError extends noting(RequestHandler) {
    get(): void {
      throw new HTTPError(404, "no such story");
    }
  }

  beforeAll(async () => {
    folder = await temporaryFolder("expected-error");
    await mkdir(join(folder.path, "inner"));
    served = await serveApp(
      [
        ["/own", OwnError],
        ["/static/(.*)", noting(StaticFileHandler), { path: folder.path }],
      ],
      { xsrfCookies: true, defaultHandlerClass: noting(ErrorHandler), defaultHandlerArgs: { statusCode: 404 } },
    );
  });

  afterAll(async () => {
    await served[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  it.each([
    ["GET /nowhere", 404],
    ["BREW /own", 405],
    ["PUT /static/a.txt", 403],
    ["GET /static/missing.txt", 404],
    ["GET /static/.env", 404],
    ["GET /static/inner", 403],
  ])("answers %s with %d, without the cost of a stack", async (line, status) => {
    seen.length = 0;

    const response = await served.request(line);

    expect(response.status).toBe(status);
    expect(seen).toHaveLength(1);
    expect(framesOf(seen[0]!)).toEqual([]);
  });

  it("keeps the stack of what the app throws, and logs both alike", async () => {
    seen.length = 0;

    await served.request("GET /own");
    await served.request("POST /own");

    expect(framesOf(seen[0]!)[0]).toContain("expected-error.test.ts");
    expect(framesOf(seen[1]!)).toEqual([]);
    expect(served.log).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^warn 404 GET \/own .*: no such story$/),
        expect.stringMatching(/^warn 403 POST \/own .*: '_xsrf' argument missing/),
      ]),
    );
  });
});
