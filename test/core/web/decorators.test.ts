import { describe, expect, expectTypeOf, it } from "vitest";
import { addslash, authenticated, removeslash, streamRequestBody } from "../../../src/core/web/decorators.js";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import { serveApp } from "./serve-app.js";

interface User {
  readonly name: string;
}

class BaseHandler extends RequestHandler {
  override getCurrentUser(): User | null {
    const name = this.getCookie("user");
    return name === null ? null : { name };
  }
}

// Applied as functions, so that this file runs where decorators are not lowered; @authenticated is the same call.
class Account extends BaseHandler {
  get = authenticated(function (this: Account) {
    expectTypeOf(this.getCurrentUser()).toEqualTypeOf<User | null>();
    this.write(`Hello, ${this.currentUser?.name}`);
  });
  post = authenticated(function (this: Account) {
    this.write("posted");
  });
}

class Typed extends BaseHandler {
  get() {
    // The override decides the type, also within a class.
    const name: string | undefined = this.currentUser?.name;
    this.write(name ?? "nobody");
  }
}

describe("currentUser", () => {
  it("has the type that getCurrentUser gives, and can be set", async () => {
    class Preset extends Typed {
      override async prepare() {
        this.currentUser = { name: "grace" };
      }
    }
    await using served = await serveApp([
      ["/", Typed],
      ["/preset", Preset],
    ]);

    expect((await served.request("GET /")).body).toBe("nobody");
    expect((await served.request("GET /preset")).body).toBe("grace");
  });
});

describe("authenticated", () => {
  // A promise is true whatever comes of it: everybody would be logged in.
  it.each<[string, Partial<RequestHandler>]>([
    ["getCurrentUser is async", { getCurrentUser: async () => null }],
    ["getCurrentUser is async and fails", { getCurrentUser: () => Promise.reject(new Error("down")) }],
    [
      "currentUser is set to a promise",
      {
        prepare() {
          (this as RequestHandler).currentUser = Promise.reject(new Error("down"));
        },
      },
    ],
  ])("lets nobody pass when %s", async (_mistake, members) => {
    class Mistaken extends RequestHandler {
      get = authenticated(function (this: Mistaken) {
        this.write("secret");
      });
    }
    Object.assign(Mistaken.prototype, members);
    const details: unknown[] = [];
    class Noted extends Mistaken {
      override logException(error: Error) {
        details.push(error.message);
      }
    }
    await using served = await serveApp([["/", Noted]], { loginUrl: "/login" });

    const response = await served.request("GET /");

    expect(response.status).toBe(500);
    expect(response.body).not.toContain("secret");
    expect(details).toEqual([expect.stringContaining("prepare()")]);
  });

  it.each([
    ["/login", "GET /account?a=1", 302, "/login?next=%2Faccount%3Fa%3D1"],
    ["/login?x=1", "GET /account", 302, "/login?x=1"],
    [
      "https://sso.test/login",
      "GET /account",
      302,
      /^https:\/\/sso\.test\/login\?next=http%3A%2F%2F127\.0\.0\.1%3A\d+%2Faccount$/,
    ],
    ["/login", "POST /account", 403, undefined],
  ])("with the login URL %s answers %s", async (loginUrl, line, status, location) => {
    await using served = await serveApp([["/account", Account]], { loginUrl });

    const response = await served.request(line);

    expect(response.status).toBe(status);
    if (location instanceof RegExp) expect(response.header("location")).toMatch(location);
    else expect(response.header("location")).toBe(location);
  });

  it("lets a user pass", async () => {
    await using served = await serveApp([["/account", Account]], { loginUrl: "/login" });

    expect((await served.request("GET /account", ["Cookie: user=ada"])).body).toBe("Hello, ada");
  });
});

describe("addslash and removeslash", () => {
  class With extends RequestHandler {
    get = addslash(function (this: With) {
      this.write("with");
    });
    post = addslash(function (this: With) {});
  }
  class Without extends RequestHandler {
    get = removeslash(function (this: Without) {
      this.write("without");
    });
  }

  it.each([
    ["GET /with/", 200, undefined],
    ["GET /with?a=b", 301, "/with/?a=b"],
    ["POST /with", 404, undefined],
    ["GET /without", 200, undefined],
    ["GET /without//?a", 301, "/without?a"],
  ])("answers %s with %i", async (line, status, location) => {
    await using served = await serveApp([
      ["/with/?", With],
      ["/without/*", Without],
    ]);

    const response = await served.request(line);

    expect([response.status, response.header("location")]).toEqual([status, location]);
  });
});

describe("streamRequestBody", () => {
  it("marks the class and its subclasses alone", () => {
    class Upload extends RequestHandler {}
    streamRequestBody(Upload);
    class Special extends Upload {}

    expect([Upload.streamsRequestBody, Special.streamsRequestBody]).toEqual([true, true]);
    expect(RequestHandler.streamsRequestBody).toBe(false);
  });
});
