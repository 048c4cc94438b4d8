import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { configureLogging } from "../../../src/core/log.js";
import { expectLog } from "../../../src/core/testing/expect-log.js";
import { testApp } from "../../../src/core/testing/test-app.js";
import { Application } from "../../../src/core/web/application.js";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import { run } from "../../support/program.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

class Home extends RequestHandler {
  get() {
    this.write(`hello ${this.getArgument("name", "you")}`);
  }
  post() {
    this.write({ method: "POST", type: this.request.headers.get("Content-Type"), a: this.getBodyArguments("a") });
  }
}

class Form extends RequestHandler {
  get() {
    this.write(this.xsrfFormHtml());
  }
  post() {
    this.setCookie("seen", "1", { path: "/form" });
    this.redirect("/");
  }
}

class Bounce extends RequestHandler {
  get(where: string) {
    this.redirect(where === "away" ? "http://elsewhere.example/" : `/bounce/${where}`, { external: true });
  }
}

class Upload extends RequestHandler {
  post() {
    const [file] = this.request.files.get("picture")!;
    this.write({ name: file!.filename, size: file!.body.length, title: this.getBodyArgument("title") });
  }
}

class Session extends RequestHandler {
  get() {
    const value = this.getSignedCookie("user");
    this.setSignedCookie("user", "Ada");
    this.write(value?.toString() ?? "nobody");
  }
}

class Broken extends RequestHandler {
  get() {
    throw new Error("broken");
  }
}

function makeApp({ debug }: { debug: boolean }): Application {
  return new Application(
    [
      ["/", Home],
      ["/form", Form],
      ["/bounce/(.*)", Bounce],
      ["/upload", Upload],
      ["/session", Session],
      ["/broken", Broken],
    ],
    { debug, xsrfCookies: true, cookieSecret: "c3VjaCBhIHNlY3JldCBpcyBsb25nIGVub3VnaCB0byB1c2UgaGVyZQ" },
  );
}
const makeOpenApp = () =>
  new Application(
    [
      ["/", Home],
      ["/upload", Upload],
      ["/broken", Broken],
    ],
    {},
  );

describe("fetch", () => {
  it("starts the app behind a real port and answers with the response", async () => {
    await using client = testApp(makeApp);

    const response = await client.fetch("/?name=Ada");

    expect(response.code).toBe(200);
    expect(response.reason).toBe("OK");
    expect(response.headers.get("content-type")).toBe("text/html; charset=UTF-8");
    expect(response.text()).toBe("hello Ada");
    expect(response.effectiveUrl).toBe(client.url("/?name=Ada"));
  });

  it("gives a failure as a response", async () => {
    await using client = testApp(makeApp);

    expect((await client.fetch("/nowhere")).code).toBe(404);
  });

  it("sends forms, JSON and files", async () => {
    await using client = testApp(makeOpenApp);
    const files = new FormData();
    files.append("title", "Portrait");
    files.append("picture", new Blob(["12345"]), "ada.png");

    const form = await client.fetch("/", { form: { a: ["1", "two & three"] } });
    const json = await client.fetch("/", { json: { a: 1 } });
    const upload = await client.fetch("/upload", { body: files });

    expect(form.json()).toEqual({ method: "POST", type: "application/x-www-form-urlencoded", a: ["1", "two & three"] });
    expect(json.json()).toMatchObject({ type: "application/json" });
    expect(upload.json()).toEqual({ name: "ada.png", size: 5, title: "Portrait" });
  });

  it("refuses two bodies at once", async () => {
    await using client = testApp(makeOpenApp);

    await expect(client.fetch("/", { form: { a: "1" }, json: {} })).rejects.toThrow(/one of/);
  });

  it("shows a redirect, and follows it when asked, as a GET and within the app only", async () => {
    await using client = testApp(makeApp, { cookies: true });
    await client.fetch("/form");

    const seen = await client.fetch("/form", { method: "POST", form: {} });
    const followed = await client.fetch("/form", { form: {}, followRedirects: true });
    const away = await client.fetch("/bounce/away", { followRedirects: true });
    const endless = await client.fetch("/bounce/on", { followRedirects: true });

    expect([seen.code, seen.headers.get("Location")]).toEqual([302, "/"]);
    expect([followed.code, followed.text(), followed.effectiveUrl]).toEqual([200, "hello you", client.url("/")]);
    expect(away.code).toBe(302);
    expect(endless.code).toBe(302);
  });

  it("reaches no other host", async () => {
    await using client = testApp(makeOpenApp);
    await client.start();

    await expect(client.fetch("http://elsewhere.example/")).rejects.toThrow(/its own app only/);
    await expect(client.fetch(`http://127.0.0.1:${client.port}0/`)).rejects.toThrow(/its own app only/);
    expect((await client.fetch(client.url("/"))).code).toBe(200);
  });

  it("gives up with its signal", async () => {
    await using client = testApp(makeOpenApp);

    await expect(client.fetch("/", { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });

  it("says what a body was that is not JSON", async () => {
    await using client = testApp(makeOpenApp);
    const response = await client.fetch("/");

    expect(() => response.json()).toThrow(/200 OK is not JSON: "hello you"/);
  });
});

describe("cookies", () => {
  it("are kept, so that a form post is two lines", async () => {
    await using client = testApp(makeApp, { cookies: true });

    await client.fetch("/form");
    const response = await client.fetch("/form", { form: { title: "One" } });

    expect(response.code).toBe(302);
    expect(client.cookies.get("seen", "/form/x")).toBe("1");
    expect(client.cookies.get("seen", "/formal")).toBeNull();
  });

  it("carry signed values there and back", async () => {
    await using client = testApp(makeApp, { cookies: true });

    expect((await client.fetch("/session")).text()).toBe("nobody");
    expect((await client.fetch("/session")).text()).toBe("Ada");
    client.cookies.clear();
    expect((await client.fetch("/session")).text()).toBe("nobody");
  });

  it("are not kept without the option, and the XSRF check then stands", async () => {
    await using client = testApp(makeApp);

    await client.fetch("/form");
    const response = await client.fetch("/form", { form: {} });

    expect(response.code).toBe(403);
  });
});

describe("the log", () => {
  it("holds no line of the requests, unless it is asked for; a test can expect one either way", async () => {
    const written: string[] = [];
    configureLogging({ sink: null, stream: { write: (text) => written.push(text) } });
    await using client = testApp(makeOpenApp);

    await client.fetch("/quiet");
    await expectLog("tornado.access", "404 GET /expected").during(() => client.fetch("/expected"));
    await client.close();
    await using loud = testApp(makeOpenApp, { logRequests: true });
    await loud.fetch("/loud");
    configureLogging({ stream: process.stderr, sink: () => {} });

    expect(written.join("")).toMatch(/^\[W [^\]]*\] 404 GET \/loud /);
  });
});

/** Makes one file of a test with the framework in it, to run it without Vitest. */
async function bundled(folder: string, body: string): Promise<string> {
  const outfile = join(folder, "app.test.mjs");
  await build({
    stdin: { contents: body, resolveDir: fileURLToPath(new URL(".", import.meta.url)), loader: "ts" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "es2022",
    outfile,
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  return outfile;
}

const otherRunnerTest = `
  import { testApp } from "../../../src/core/testing/index.js";
  import { Application } from "../../../src/core/web/application.js";
  import { test } from "node:test";
  const client = testApp(() => {
    const app = new Application([]);
    app.onShutdown(() => console.log("shut down"));
    return app;
  });
  test("answers", async () => {
    if ((await client.fetch("/")).code !== 404) throw new Error("unexpected");
  });
`;

describe("node:test", () => {
  it("needs nothing: its hooks are found, and the process ends", async () => {
    await using folder = await temporaryFolder();
    const file = await bundled(folder.path, otherRunnerTest);

    const result = await run(process.execPath, ["--test", file], { env: { NODE_TEST_CONTEXT: undefined } });

    expect(result.stdout).toContain("shut down");
    expect(result.code).toBe(0);
  });

  it("ends without hooks as well", async () => {
    await using folder = await temporaryFolder();
    const file = await bundled(folder.path, otherRunnerTest);

    const result = await run(process.execPath, [file], { env: { NODE_TEST_CONTEXT: undefined } });

    expect(result.code).toBe(0);
  });
});

describe("the life of the app", () => {
  it("runs onStart before the first request and onShutdown at the end, once each", async () => {
    const events: string[] = [];
    const client = testApp(() => {
      const app = new Application([["/", Home]]);
      app.onStart(() => void events.push("start"));
      app.onShutdown(() => void events.push("shutdown"));
      return app;
    });

    await client.fetch("/");
    await client.close();
    await client.close();

    expect(events).toEqual(["start", "shutdown"]);
    await expect(client.fetch("/")).rejects.toThrow(/ECONNREFUSED/);
  });

  it("takes an async makeApp, tells it debug, and reports its failure at every fetch", async () => {
    await using client = testApp(async ({ debug }) => new Application([], { debug }), { debug: true });
    await using failing = testApp(async () => {
      throw new Error("no database");
    });

    await client.start();

    expect(client.app.settings.debug).toBe(true);
    await expect(failing.fetch("/")).rejects.toThrow("no database");
    await expect(failing.fetch("/")).rejects.toThrow("no database");
  });

  it("says that it has not started", () => {
    const client = testApp(makeOpenApp, { hooks: {} });

    expect(() => client.url("/")).toThrow(expect.objectContaining({ code: "TEST_APP_NOT_STARTED" }));
  });

  it("uses the hooks that it is given", async () => {
    const hooks: Record<string, () => Promise<void>> = {};
    const client = testApp(makeOpenApp, {
      hooks: {
        beforeAll: (run) => (hooks.before = run),
        afterAll: (run) => (hooks.after = run),
      },
    });

    await hooks.before!();
    const { port } = client;
    await hooks.after!();

    expect(port).toBeGreaterThan(0);
    await expect(client.fetch("/")).rejects.toThrow(/ECONNREFUSED/);
  });
});
