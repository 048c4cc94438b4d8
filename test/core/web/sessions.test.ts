import { describe, expect, it } from "vitest";
import { Application } from "../../../src/core/web/application.js";
import { OutputTransform } from "../../../src/core/web/output-transform.js";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import {
  MemorySessionStore,
  type SessionData,
  type SessionStore,
  type SessionWriteOptions,
} from "../../../src/core/web/session-store.js";
import type { SessionOptions } from "../../../src/core/web/sessions.js";
import type { ApplicationSettings } from "../../../src/core/web/settings.js";
import { createSignedValue } from "../../../src/core/web/signed-value.js";
import { type ServedApp, serveApp } from "./serve-app.js";

const cookieSecret = "0123456789abcdefghijklmnopqrstuvwxyz";

class Visits extends RequestHandler {
  async get() {
    const visits = (this.session.get<number>("visits") ?? 0) + 1;
    this.session.set("visits", visits);
    this.write(`visit ${visits}${this.session.isNew ? ", the first" : ""}`);
  }
}

class Look extends RequestHandler {
  get() {
    this.write({ keys: this.session.keys, user: this.session.get("user") ?? null, isNew: this.session.isNew });
  }
}

class LogIn extends RequestHandler {
  post() {
    this.session.regenerate();
    this.session.set("user", this.getArgument("user"));
    this.redirect("/look");
  }
}

class LogOut extends RequestHandler {
  post() {
    this.session.destroy();
  }
}

class Basket extends RequestHandler {
  post() {
    const items = this.session.get<string[]>("items") ?? [];
    if (items.length === 0) this.session.set("items", items);
    items.push(this.getArgument("item"));
    this.write(items.join());
  }
}

const routes = [
  ["/visits", Visits],
  ["/look", Look],
  ["/in", LogIn],
  ["/out", LogOut],
  ["/basket", Basket],
] as const;

/** What some libraries give in place of a promise. */
function thenable<Value>(value: Value): object {
  // biome-ignore lint/suspicious/noThenProperty: that is the point
  return { then: (resolve: (value: Value) => void) => resolve(value) };
}

function serve(sessions: boolean | SessionOptions, settings: ApplicationSettings = {}): Promise<ServedApp> {
  return serveApp(new Application(routes, { cookieSecret, sessions, ...settings }));
}

/** A promise that the test settles. */
class Gate {
  resolve!: () => void;
  readonly promise = new Promise<void>((resolve) => {
    this.resolve = resolve;
  });
}

/** A visitor who keeps the session's cookie, as a browser does. */
class Visitor {
  readonly #served: ServedApp;
  cookie = "";
  setCookies: string[] = [];

  constructor(served: ServedApp) {
    this.#served = served;
  }

  async ask(line: string): Promise<string> {
    const response = await this.#served.request(line, this.cookie === "" ? [] : [`Cookie: ${this.cookie}`]);
    const prefix = "Set-Cookie: ";
    this.setCookies = response.headerLines
      .filter((one) => one.startsWith(prefix))
      .map((one) => one.slice(prefix.length));
    for (const one of this.setCookies) this.cookie = one.includes("expires=") ? "" : one.split(";", 1)[0]!;
    return response.body;
  }
}

/** A session's cookie that was set, and one whose session began, so many seconds ago. */
function agedCookie(setSeconds: number, beganSeconds: number): string {
  const now = Math.floor(Date.now() / 1000);
  const [setAt, began] = [now - setSeconds, now - beganSeconds];
  const content = `${setAt.toString(36)}.${began.toString(36)}:{"visits":7}`;
  return `session=${createSignedValue(cookieSecret, "session", content, { clock: () => setAt })}`;
}

/** A store that takes its time, and tells what is asked of it. */
class SlowStore implements SessionStore {
  readonly #memory = new MemorySessionStore();
  readonly calls: string[] = [];
  failure: Error | null = null;

  get size(): number {
    return this.#memory.size;
  }

  async read(id: string): Promise<SessionData | null> {
    await this.#wait("read");
    return this.#memory.read(id);
  }

  async write(id: string, data: SessionData, maxAgeSeconds: number, options: SessionWriteOptions): Promise<void> {
    await this.#wait("write");
    this.#memory.write(id, data, maxAgeSeconds, options);
  }

  async delete(id: string): Promise<void> {
    await this.#wait("delete");
    this.#memory.delete(id);
  }

  async #wait(call: string): Promise<void> {
    await new Promise(setImmediate);
    this.calls.push(call);
    if (this.failure !== null) throw this.failure;
  }
}

describe.each<[string, () => boolean | SessionOptions]>([
  ["in the cookie itself", () => true],
  ["in memory", () => ({ store: new MemorySessionStore() })],
  ["in a store that takes its time", () => ({ store: new SlowStore() })],
])("a session %s", (_, options) => {
  it("remembers a visitor from request to request, and nobody else", async () => {
    await using served = await serve(options());
    const one = new Visitor(served);
    const other = new Visitor(served);

    const answers = [await one.ask("GET /visits"), await one.ask("GET /visits"), await other.ask("GET /visits")];

    expect(answers).toEqual(["visit 1, the first", "visit 2", "visit 1, the first"]);
  });

  it("sends no cookie when there is nothing to keep, or nothing has changed", async () => {
    await using served = await serve(options());
    const visitor = new Visitor(served);

    await visitor.ask("GET /look");
    expect(visitor.setCookies).toEqual([]);
    await visitor.ask("GET /visits");
    expect(visitor.setCookies).toHaveLength(1);
    await visitor.ask("GET /look");
    expect(visitor.setCookies).toEqual([]);
  });

  it("is kept though the handler redirects, and ends when it is destroyed", async () => {
    await using served = await serve(options());
    const visitor = new Visitor(served);

    await visitor.ask("POST /in?user=Ada");
    expect(JSON.parse(await visitor.ask("GET /look"))).toEqual({ keys: ["user"], user: "Ada", isNew: false });
    await visitor.ask("POST /out");
    expect(visitor.cookie).toBe("");
    expect(JSON.parse(await visitor.ask("GET /look"))).toEqual({ keys: [], user: null, isNew: true });
  });

  it("notices a value that was changed in place", async () => {
    await using served = await serve(options());
    const visitor = new Visitor(served);

    await visitor.ask("POST /basket?item=pear");
    await visitor.ask("POST /basket?item=fig");

    expect(await visitor.ask("POST /basket?item=plum")).toBe("pear,fig,plum");
  });

  // The class of CVE-2023-30861: a cache that serves one visitor's answer, cookie included, to all.
  it("tells caches that an answer is one visitor's", async () => {
    class Plain extends RequestHandler {
      get() {}
    }
    class Cached extends RequestHandler {
      get() {
        this.setHeader("Cache-Control", "max-age=60");
        this.setHeader("Vary", "Accept");
        this.write(String(this.session.get("visits")));
      }
    }
    const rules = [...routes, ["/plain", Plain], ["/cached", Cached]] as const;
    await using served = await serveApp(new Application(rules, { cookieSecret, sessions: options() }));
    const first = await served.request("GET /visits");
    const cookie = `Cookie: ${first.header("set-cookie")!.split(";")[0]}`;
    const headersOf = async (path: string) => {
      const response = await served.request(`GET ${path}`, [cookie]);
      return [response.header("vary"), response.header("cache-control")];
    };

    expect([first.header("vary"), first.header("cache-control")]).toEqual(["Cookie", "private"]);
    expect(await headersOf("/look")).toEqual(["Cookie", undefined]);
    expect(await headersOf("/cached")).toEqual(["Accept, Cookie", "max-age=60"]);
    expect(await headersOf("/plain")).toEqual([undefined, undefined]);
  });

  it("does not take up a cookie that was altered or made by somebody else", async () => {
    await using served = await serve(options());
    const visitor = new Visitor(served);
    await visitor.ask("GET /visits");

    const forged = createSignedValue("another secret, of the same length!!", "session", "abc:id");
    for (const cookie of [`${visitor.cookie.slice(0, -4)}0000`, `session=${forged}`, "session=abc"]) {
      const intruder = new Visitor(served);
      intruder.cookie = cookie;
      expect(await intruder.ask("GET /visits")).toBe("visit 1, the first");
    }
  });

  it("has a cookie that scripts and other sites do not get", async () => {
    await using served = await serve(options());
    const visitor = new Visitor(served);

    await visitor.ask("GET /visits");

    expect(visitor.setCookies[0]).toMatch(/; HttpOnly; Max-Age=1209600; Path=\/; SameSite=Lax$/);
  });
});

describe("a session in a store", () => {
  it("gets a new id when someone logs in, and the old one is worth nothing (fixation)", async () => {
    const store = new MemorySessionStore();
    await using served = await serve({ store });
    const visitor = new Visitor(served);
    await visitor.ask("GET /visits");
    const attacker = new Visitor(served);
    attacker.cookie = visitor.cookie;

    await visitor.ask("POST /in?user=Ada");

    expect(JSON.parse(await visitor.ask("GET /look"))).toMatchObject({ keys: ["visits", "user"], user: "Ada" });
    expect(JSON.parse(await attacker.ask("GET /look"))).toMatchObject({ user: null, isNew: true });
    expect(store.size).toBe(1);
  });

  it("never takes up an id that the store does not know", async () => {
    const store = new MemorySessionStore();
    await using served = await serve({ store });
    const visitor = new Visitor(served);
    await visitor.ask("GET /visits");
    const oldCookie = visitor.cookie;
    await visitor.ask("POST /out");

    visitor.cookie = oldCookie;
    await visitor.ask("GET /visits");

    expect(visitor.cookie).not.toBe(oldCookie);
    expect(await visitor.ask("GET /visits")).toBe("visit 2");
  });

  it.each(["POST /out", "POST /in?user=Ada"])(
    "is not brought back to life after %s by a request that began before",
    async (ending) => {
      const store = new MemorySessionStore();
      const gate = new Gate();
      const inside = new Gate();
      class Held extends RequestHandler {
        async get() {
          inside.resolve();
          await gate.promise;
          this.session.set("seen", true);
        }
      }
      await using served = await serveApp([...routes, ["/held", Held]], { cookieSecret, sessions: { store } });
      const visitor = new Visitor(served);
      await visitor.ask("GET /visits");
      const thief = new Visitor(served);
      thief.cookie = visitor.cookie;

      const held = served.request("GET /held", [`Cookie: ${thief.cookie}`]);
      await inside.promise;
      await visitor.ask(ending);
      gate.resolve();

      expect((await held).status).toBe(200);
      expect(JSON.parse(await thief.ask("GET /look"))).toMatchObject({ keys: [], isNew: true });
    },
  );

  it.each<[string, () => never, number]>([
    ["undefined", () => undefined as never, 200],
    ["a thenable", () => thenable({ user: "Ada" }) as never, 200],
    ["a text", () => '{"user":"Ada"}' as never, 500],
    ["a list", () => [] as never, 500],
  ])("may be read as %s by a store without types: %s", async (what, read, status) => {
    const store: SessionStore = { read, write() {}, delete() {} };
    await using served = await serve({ store });
    const visitor = new Visitor(served);
    await visitor.ask("GET /visits");

    const response = await served.request("GET /look", [`Cookie: ${visitor.cookie}`]);

    expect(response.status).toBe(status);
    if (what === "a thenable") expect(JSON.parse(response.body).user).toBe("Ada");
  });

  it("is logged as the 500 that it becomes, also when its handler waits for a flush", async () => {
    class Flushing extends RequestHandler {
      async get() {
        this.session.set("seen", true);
        await this.flush();
      }
    }
    const store = new SlowStore();
    store.failure = new Error("the store is down");
    await using served = await serveApp([["/", Flushing]], { cookieSecret, sessions: { store } });

    expect((await served.request("GET /")).status).toBe(500);
    expect(served.log.at(-1)).toMatch(/^error 500 GET/);
  });

  it("is there before the answer is, whatever the handler awaits", async () => {
    const store = new SlowStore();
    await using served = await serve({ store });
    const visitor = new Visitor(served);

    await visitor.ask("POST /in?user=Ada");

    expect(store.calls).toEqual(["write"]);
  });

  it("answers 500 when the store cannot keep or find it", async () => {
    const store = new SlowStore();
    await using served = await serve({ store });
    const visitor = new Visitor(served);
    await visitor.ask("GET /visits");
    store.failure = new Error("the store is down");

    expect((await served.request("GET /visits")).status).toBe(500);
    expect((await served.request("GET /look", [`Cookie: ${visitor.cookie}`])).status).toBe(500);
    expect(served.log.join("\n")).toContain("The session could not be kept");
    expect(served.log.map((line) => line.slice(0, 16))).toEqual([
      "info 200 GET /vi",
      "error The sessio",
      "error 500 GET /v",
      "error Uncaught e",
      "error 500 GET /l",
    ]);
  });

  it("is there for error pages, whatever came before it, and is empty when the store fails", async () => {
    const store = new SlowStore();
    class Named extends RequestHandler {
      override getCurrentUser() {
        return this.session.get<string>("user") ?? "nobody";
      }
      override writeError(status: number) {
        this.write(`${status} for ${this.currentUser}`);
      }
      get() {}
    }
    const rules = [...routes, ["/named/(.*)", Named]] as const;
    await using served = await serveApp(new Application(rules, { cookieSecret, sessions: { store } }));
    const visitor = new Visitor(served);
    await visitor.ask("POST /in?user=Ada");

    expect(await visitor.ask("GET /named/%FF")).toBe("400 for Ada");
    expect(await visitor.ask("PROPFIND /named/")).toBe("405 for Ada");
    store.failure = new Error("the store is down");
    store.calls.length = 0;
    expect(await visitor.ask("GET /named/")).toBe("500 for nobody");
    expect(store.calls).toEqual(["read"]);
  });

  it("is kept in order with the pieces of a streamed answer, and then cannot change", async () => {
    const store = new SlowStore();
    class Streaming extends RequestHandler {
      async get() {
        this.session.set("seen", true);
        this.write("one ");
        const flushed = this.flush();
        this.write("two ");
        await flushed;
        expect(store.calls).toEqual(["write"]);
        expect(() => this.session.set("late", true)).toThrow(/cannot change any more/);
        this.write("three");
      }
    }
    class Upper extends OutputTransform {
      override transformChunk(chunk: Buffer) {
        return Buffer.from(chunk.toString().toUpperCase());
      }
    }
    for (const transforms of [[], [Upper]]) {
      store.calls.length = 0;
      const app = new Application([["/", Streaming]], { cookieSecret, sessions: { store }, transforms });
      await using served = await serveApp(app);

      const { body } = await served.request("GET /");

      expect(body.replace(/\r\n[0-9a-f]+\r\n|^\w+\r\n|\r\n/g, "").toLowerCase()).toMatch(/one two three/);
    }
  });

  it("is not fetched for handlers that say so", async () => {
    const store = new SlowStore();
    class Plain extends RequestHandler {
      static override readonly usesSession = false;
      get() {
        this.write("plain");
      }
    }
    class Confused extends Plain {
      override get() {
        this.session.get("user");
      }
    }
    const app = new Application([...routes, ["/plain", Plain], ["/confused", Confused]], {
      cookieSecret,
      sessions: { store },
    });
    await using served = await serveApp(app);
    const visitor = new Visitor(served);
    await visitor.ask("GET /visits");
    store.calls.length = 0;

    await visitor.ask("GET /plain");

    expect(store.calls).toEqual([]);
    expect((await served.request("GET /confused")).status).toBe(500);
  });
});

describe("a session in the cookie", () => {
  it("has a limit, and keeps what it had when a value is too large", async () => {
    class Large extends RequestHandler {
      get() {
        this.session.set("small", 1);
        expect(() => this.session.set("large", "x".repeat(2800))).toThrow(/"sessions" setting/);
        expect(() => this.session.set("wrong", () => {})).toThrow(/JSON can express/);
        this.write(this.session.keys.join());
      }
    }
    await using served = await serveApp(new Application([["/", Large]], { cookieSecret, sessions: true }));

    const response = await served.request("GET /");

    expect(response.body).toBe("small");
  });

  it("fits into what every browser keeps, at its limit", async () => {
    class Full extends RequestHandler {
      get() {
        this.session.set("x", "é".repeat((2800 - '{"x":""}'.length) / 2));
      }
    }
    await using served = await serveApp(new Application([["/", Full]], { cookieSecret, sessions: true }));

    const cookie = (await served.request("GET /")).header("set-cookie")!;

    expect(cookie.length).toBeLessThanOrEqual(4096);
  });

  it("is refused when it outgrows its limit in place, without an endless error page", async () => {
    class Growing extends RequestHandler {
      get() {
        const list: string[] = [];
        this.session.set("list", list);
        list.push("x".repeat(3000));
      }
    }
    await using served = await serveApp(new Application([["/", Growing]], { cookieSecret, sessions: true }));

    expect((await served.request("GET /")).status).toBe(500);
  });

  it("is sent again after a tenth of its time, and ends when that is over", async () => {
    await using served = await serve({ maxAge: 100 });
    const aged = (seconds: number) => agedCookie(seconds, seconds);
    const visitor = new Visitor(served);

    visitor.cookie = aged(5);
    await visitor.ask("GET /look");
    expect(visitor.setCookies).toHaveLength(0);
    visitor.cookie = aged(50);
    await visitor.ask("GET /look");
    expect(visitor.setCookies).toHaveLength(1);
    visitor.cookie = aged(102);
    expect(await visitor.ask("GET /visits")).toBe("visit 1, the first");
  });

  it("ends after its lifetime, however much it is used, unless someone logs in again", async () => {
    await using served = await serve({ maxAge: 100, maxLifetime: 1000 });
    const visitor = new Visitor(served);

    visitor.cookie = agedCookie(5, 950);
    expect(await visitor.ask("GET /visits")).toBe("visit 8");
    expect(Number(/Max-Age=(\d+)/i.exec(visitor.setCookies[0]!)?.[1])).toBeLessThanOrEqual(50);
    visitor.cookie = agedCookie(5, 1002);
    expect(await visitor.ask("GET /visits")).toBe("visit 1, the first");
    visitor.cookie = agedCookie(5, 950);
    await visitor.ask("POST /in?user=Ada");
    expect(visitor.setCookies[0]).toMatch(/Max-Age=100/i);
  });

  it("gives a store the time that is left", async () => {
    const times: number[] = [];
    class TimedStore extends MemorySessionStore {
      override write(id: string, data: SessionData, maxAgeSeconds: number): void {
        times.push(maxAgeSeconds);
        super.write(id, data, maxAgeSeconds);
      }
    }
    await using served = await serve({ store: new TimedStore(), maxAge: 100, maxLifetime: 40 });

    await new Visitor(served).ask("GET /visits");

    expect(times).toEqual([40]);
  });

  it("takes any key, and reaches no prototype", async () => {
    class Odd extends RequestHandler {
      get() {
        if (this.session.isNew) this.session.set("__proto__", { polluted: true });
        this.write({ keys: this.session.keys, polluted: ({} as { polluted?: boolean }).polluted ?? false });
      }
    }
    await using served = await serveApp(new Application([["/", Odd]], { cookieSecret, sessions: true }));
    const visitor = new Visitor(served);

    await visitor.ask("GET /");

    expect(JSON.parse(await visitor.ask("GET /"))).toEqual({ keys: ["__proto__"], polluted: false });
  });

  it("takes other attributes, is Secure behind TLS, and may end with the browser", async () => {
    const sessions = { cookieName: "__Host-id", endsWithBrowser: true, cookie: { sameSite: "Strict" } } as const;
    await using served = await serve(sessions);
    const response = await served.app.fetch(new Request("https://example.com/visits"));

    expect(response.headers.get("set-cookie")).toMatch(/^__Host-id=.*; HttpOnly; Path=\/; SameSite=Strict; Secure$/);
  });
});

describe("the sessions setting", () => {
  it("is needed by this.session, which says so", async () => {
    await using served = await serveApp([["/", Look]]);

    expect((await served.request("GET /")).status).toBe(500);
  });

  it.each<[unknown, RegExp]>([
    ["yes", /true, false or an object/],
    [{ store: {} }, /methods read, write and delete/],
    [{ maxAge: 0 }, /maxAge/],
    [{ maxSize: 5000 }, /at most 2800/],
    [{ cookieName: "" }, /cookieName/],
    [{ cookie: "Lax" }, /attributes/],
  ])("is refused as %j", (sessions, message) => {
    expect(() => new Application([], { cookieSecret, sessions: sessions as boolean })).toThrow(message);
  });

  it("needs a secret", () => {
    expect(() => new Application([], { sessions: true })).toThrow(/needs "cookieSecret"/);
  });
});

describe("MemorySessionStore", () => {
  it("forgets what has expired and, beyond its limit, what was written longest ago", async () => {
    const store = new MemorySessionStore({ maxSessions: 2 });

    for (const id of ["a", "b", "c"]) store.write(id, { id }, 60);
    store.write("b", { id: "b" }, 0);

    expect(store.size).toBe(2);
    expect([store.read("a"), store.read("b"), store.read("c")]).toEqual([null, null, { id: "c" }]);
  });

  it("keeps copies", () => {
    const store = new MemorySessionStore();
    const data = { list: [1] };

    store.write("a", data, 60);
    data.list.push(2);

    expect(store.read("a")).toEqual({ list: [1] });
  });
});
