/** What TypeScript knows about an app. `tsc` is the judge: each line that must not compile is marked as an expected error. */

import { describe, expect, expectTypeOf, it } from "vitest";
import { checkedRoutes, type PathArguments, type RuleList, url } from "../../../src/core/routing/rule.js";
import { Application } from "../../../src/core/web/application.js";
import { authenticated } from "../../../src/core/web/decorators.js";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import type { StandardSchema } from "../../../src/core/web/standard-schema.js";

/** Compiled and never run. */
function compiled(_code: () => void): void {}

class Home extends RequestHandler {
  get() {}
}

class Story extends RequestHandler<{ database: { find(id: string): string } }> {
  get(_names: { id: string }) {}
}

class Optional extends RequestHandler<{ title?: string }> {
  get() {}
}

class Positional extends RequestHandler {
  get(_id: string, _format: string | null) {}
}

const database = { find: (id: string) => id };

describe("arguments of requests", () => {
  it("are texts, or what stands in for a missing one", () => {
    compiled(() => {
      class Handler extends RequestHandler {
        get() {
          expectTypeOf(this.getArgument("a")).toEqualTypeOf<string>();
          expectTypeOf(this.getArgument("a", null)).toEqualTypeOf<string | null>();
          expectTypeOf(this.getArgument("a", 7)).toEqualTypeOf<string | number>();
          expectTypeOf(this.getQueryArgument("a", undefined)).toEqualTypeOf<string | undefined>();
          expectTypeOf(this.getBodyArgument("a", "b", { strip: false })).toEqualTypeOf<string>();
          expectTypeOf(this.getArguments("a")).toEqualTypeOf<string[]>();
          expectTypeOf(this.getCookie("a")).toEqualTypeOf<string | null>();
          expectTypeOf(this.getCookie("a", "b")).toEqualTypeOf<string>();
          expectTypeOf(this.getSignedCookie("a")).toEqualTypeOf<Buffer | null>();
          // @ts-expect-error: a name is a text
          this.getArgument(7);
          // @ts-expect-error: there is no such option
          this.getArgument("a", null, { trim: false });
        }
      }
      return Handler;
    });
    expect(true).toBe(true);
  });

  it("have the type of the schema that checks them", () => {
    compiled(() => {
      const schema = {} as StandardSchema<{ name: string; age: number }>;
      class Handler extends RequestHandler {
        async post() {
          expectTypeOf(await this.getJson(schema)).toEqualTypeOf<{ name: string; age: number }>();
          expectTypeOf(await this.getArguments(schema)).toEqualTypeOf<{ name: string; age: number }>();
          expectTypeOf(this.getJson()).toEqualTypeOf<unknown>();
          expectTypeOf(this.getJson<{ id: number }>()).toEqualTypeOf<{ id: number }>();
        }
      }
      return Handler;
    });
  });
});

describe("handlers", () => {
  it("know their application, their user and their session", () => {
    compiled(() => {
      class Shop extends Application {
        readonly stock = new Map<string, number>();
      }
      class Handler extends RequestHandler<object, Shop> {
        override getCurrentUser() {
          return { name: "Ada" };
        }
        @authenticated
        get() {
          expectTypeOf(this.application.stock).toEqualTypeOf<Map<string, number>>();
          expectTypeOf(this.currentUser.name).toEqualTypeOf<string>();
          expectTypeOf(this.session.get<number>("visits")).toEqualTypeOf<number | undefined>();
          expectTypeOf(this.session.get("visits")).toEqualTypeOf<unknown>();
          // @ts-expect-error: nothing but text, bytes, objects and arrays can be written
          this.write(7);
        }
      }
      class Mistaken extends RequestHandler {
        override async getCurrentUser() {
          return { name: "Ada" };
        }
        get() {
          // @ts-expect-error: a promise is no user
          this.write(this.currentUser.name);
        }
      }
      return [Handler, Mistaken];
    });
  });
});

describe("url", () => {
  it("checks what initialize gets", () => {
    compiled(() => {
      url("/", Home);
      url("/", Home, {}, "home");
      url("/", Optional);
      url("/", Optional, { title: "Home" });
      url("/stories/:id", Story, { database }, { name: "story" });
      // @ts-expect-error: the arguments are missing
      url("/stories/:id", Story);
      // @ts-expect-error: not the handler's
      url("/stories/:id", Story, { databse: database });
      // @ts-expect-error: of the wrong type
      url("/", Optional, { title: 7 });
      // @ts-expect-error: no option of a rule
      url("/", Home, {}, { maxBodySise: 7 });
    });
  });

  it("checks the names of a pattern against the methods", () => {
    compiled(() => {
      url("/stories/:id", Home);
      url("/stories/(\\d+)", Positional);
      url(/\/stories\/(\d+)/, Positional);
      url("/stories/:id/:page", Story, { database });
      // @ts-expect-error: the pattern calls it "slug", the handler "id"
      url("/stories/:slug", Story, { database });
      // @ts-expect-error: named groups come as one object
      url("/stories/:id", Positional);
    });
    expectTypeOf<PathArguments<"/users/:user/posts/:post">>().toEqualTypeOf<{
      readonly user: string;
      readonly post: string;
    }>();
  });
});

describe("checkedRoutes", () => {
  it("checks each line of a route table, and gives it as it is", () => {
    const routes = checkedRoutes([
      ["/", Home],
      ["/optional", Optional, { title: "x" }],
      ["/stories/:id", Story, { database }, "story"],
      url("/more", Home),
    ]);

    expectTypeOf(routes).toEqualTypeOf<RuleList>();
    expect(new Application(routes).reverseUrl("story", { id: "7" })).toBe("/stories/7");
    compiled(() => {
      // @ts-expect-error: the arguments are missing
      checkedRoutes([["/stories/:id", Story]]);
      // @ts-expect-error: of the wrong type
      checkedRoutes([["/", Optional, { title: 7 }]]);
      // @ts-expect-error: the pattern calls it "slug", the handler "id"
      checkedRoutes([["/stories/:slug", Story, { database }]]);
    });
  });
});

describe("the routes of an Application", () => {
  it("are checked where they are written, and taken as they are where they come from elsewhere", () => {
    const list: RuleList = [["/", Home]];

    compiled(() => {
      new Application();
      new Application(list);
      new Application([["/", Home], url("/more", Home), ["/optional", Optional]], { debug: true });
      new Application([["/stories/:id", Story, { database }, "story"]]);
      // @ts-expect-error: the arguments are missing
      new Application([["/stories/:id", Story]]);
      // @ts-expect-error: of the wrong type
      new Application([["/", Optional, { title: 7 }]]);
      // @ts-expect-error: the pattern calls it "slug", the handler "id"
      new Application([["/stories/:slug", Story, { database }]]);
    });
    expectTypeOf(new Application([["/", Home]])).toExtend<Application>();
  });
});

describe("settings", () => {
  it("have types, and an app may have its own", () => {
    compiled(() => {
      new Application([], { debug: true, shopName: "Corner shop", sessions: { maxAge: 60 }, requestId: true });
      // @ts-expect-error: true or false
      new Application([], { debug: "yes" });
      // @ts-expect-error: not a mode
      new Application([], { xsrfCookies: "fetch" });
      // @ts-expect-error: no option of sessions
      new Application([], { sessions: { maxage: 60 } });
    });
  });
});
