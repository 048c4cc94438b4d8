import { existsSync } from "node:fs";
import { type Browser, type Page, chromium as playwright } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { chromium, RunningDevServer, smallApp } from "./running-dev-server.js";

const isInstalled = existsSync(chromium);
if (!isInstalled && process.env.CI)
  throw new Error(`${chromium} is needed in CI: live reload is tested in a real browser.`);

describe.skipIf(!isInstalled)(`live reload in Chromium (skipped without ${chromium})`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await playwright.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-gpu"] });
  });
  // A page whose server has ended asks for it again and again.
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
  });
  afterAll(async () => await browser.close());

  /** Opens a page and waits until it listens. */
  async function open(server: RunningDevServer, path: string): Promise<Page> {
    const page = await browser.newPage();
    const connected = page.waitForRequest((request) => request.url().endsWith("/__tornado/events"));
    await page.goto(server.url(path), { waitUntil: "load" });
    await connected;
    return page;
  }

  it("loads the page again after a source and after a template was saved", async () => {
    await using server = await RunningDevServer.start();
    const page = await open(server, "/page");

    await server.save("src/word.ts", 'export const word: string = "second";\n');
    await page.waitForSelector("text=page second");
    await server.save("templates/page.html", smallApp["templates/page.html"]!.replace("<h1>page", "<h1>changed"));
    await page.waitForSelector("text=changed second");

    expect(await page.textContent("h1")).toMatch("changed second");
  });

  it("swaps a style sheet without loading the page again", async () => {
    await using server = await RunningDevServer.start();
    const page = await open(server, "/page");
    await page.evaluate("window.isSame = true");
    const color = () => page.evaluate("getComputedStyle(document.querySelector('h1')).color");
    expect(await color()).toBe("rgb(1, 2, 3)");

    await server.save("static/app.css", "h1 { color: rgb(4, 5, 6); }\n");
    await page.waitForFunction("getComputedStyle(document.querySelector('h1')).color === 'rgb(4, 5, 6)'");

    expect(await page.evaluate("window.isSame")).toBe(true);
    await expect.poll(() => page.locator("link[rel=stylesheet]").count()).toBe(1);
  });

  it("leaves one sheet of two saves that came before the first was fetched", async () => {
    await using server = await RunningDevServer.start();
    const page = await open(server, "/page");
    const fetched: (() => Promise<void>)[] = [];
    await page.route("**/app.css*", (route) => void fetched.push(() => route.continue()));

    await server.save("static/app.css", "h1 { color: rgb(4, 5, 6); }\n");
    await expect.poll(() => fetched.length).toBeGreaterThan(0);
    const first = fetched.length;
    await server.save("static/app.css", "h1 { color: rgb(7, 8, 9); }\n");
    await expect.poll(() => fetched.length).toBeGreaterThan(first);
    for (const go of fetched.reverse()) await go();
    await page.waitForFunction("getComputedStyle(document.querySelector('h1')).color === 'rgb(7, 8, 9)'");

    await expect.poll(() => page.locator("link[rel=stylesheet]").count()).toBe(1);
  });

  it("listens once for a page and the frames in it, of which a browser would hold six connections at most", async () => {
    const frames = '<iframe src="/page?inner"></iframe>'.repeat(8);
    await using server = await RunningDevServer.start({
      ...smallApp,
      "templates/page.html": smallApp["templates/page.html"]!.replace(
        "</body>",
        `{% if handler.request.query === "" %}{% raw ${JSON.stringify(frames)} %}{% end %}</body>`,
      ),
    });
    let listeners = 0;
    const page = await browser.newPage();
    page.on("request", (request) => {
      if (request.url().endsWith("/__tornado/events")) listeners += 1;
    });
    await page.goto(server.url("/page"), { waitUntil: "load" });
    const inner = page.frameLocator("iframe").last().locator("h1");
    const color = () => page.evaluate("frames[7].getComputedStyle(frames[7].document.querySelector('h1')).color");

    await server.save("static/app.css", "h1 { color: rgb(4, 5, 6); }\n");
    await expect.poll(color).toBe("rgb(4, 5, 6)");
    const before = listeners;
    await server.save("src/word.ts", 'export const word: string = "second";\n');
    await inner.filter({ hasText: "page second" }).waitFor();

    expect(before).toBe(1);
  });

  it("does not load a page again and again that a cache answers", async () => {
    await using server = await RunningDevServer.start();
    const page = await open(server, "/page");
    const kept = await page.content();
    await page.route("**/page", (route) => route.fulfill({ body: kept, contentType: "text/html" }));
    const warned = page.waitForEvent("console", (message) => message.text().includes("another cache answers"));

    await server.save("src/word.ts", 'export const word: string = "second";\n');
    await warned;

    expect(await page.textContent("h1")).toMatch("page first");
  });

  it("works over HTTPS", async () => {
    await using server = await RunningDevServer.start(smallApp, { https: true });
    const page = await browser.newPage({ ignoreHTTPSErrors: true });
    const connected = page.waitForRequest((request) => request.url().endsWith("/__tornado/events"));
    await page.goto(`https://localhost:${server.port}/page`, { waitUntil: "load" });
    await connected;

    await server.save("src/word.ts", "export const word = = 1;\n");
    await page.waitForSelector("tornado-overlay");
    await server.save("src/word.ts", 'export const word: string = "second";\n');
    await page.waitForSelector("text=page second");

    expect(await page.locator("tornado-overlay").count()).toBe(0);
  });

  it("covers an open page while the build is broken, and uncovers it when the mistake is undone", async () => {
    await using server = await RunningDevServer.start();
    const page = await open(server, "/page");
    await page.evaluate("window.isSame = true");

    await server.save("src/word.ts", "export const word = = 1;\n");
    await page.waitForSelector("tornado-overlay");
    const shown = await page.locator("tornado-overlay [role=alertdialog]").textContent();
    await server.saveByRename("src/word.ts", smallApp["src/word.ts"]!);
    await page.waitForSelector("tornado-overlay", { state: "detached" });

    expect(shown).toContain('Unexpected "="');
    expect(shown).toContain("src/word.ts:1:21");
    expect(await page.evaluate("window.isSame")).toBe(true);
  });

  it("goes from the page of a broken build to the app by itself", async () => {
    await using server = await RunningDevServer.start();
    await server.get("/page");
    await server.save("src/word.ts", "export const word = = 1;\n");
    const page = await open(server, "/page");
    expect(await page.textContent("h1")).toBe('Unexpected "="');

    await server.save("src/word.ts", 'export const word: string = "mended";\n');
    await page.waitForSelector("text=page mended");

    expect(await page.locator("tornado-overlay").count()).toBe(0);
  });

  it("finds out after a pause in the background that it is old", async () => {
    await using server = await RunningDevServer.start();
    const page = await open(server, "/page");
    await page.evaluate("dispatchEvent(new Event('pagehide'))");

    await server.save("src/word.ts", 'export const word: string = "second";\n');
    await server.saw(/reloaded/);
    expect(await page.textContent("h1")).toMatch("page first");
    await page.evaluate("dispatchEvent(new Event('pageshow'))");

    await page.waitForSelector("text=page second");
  });

  it("shows over the page an exception that a script of it ran into, and the end of the app", async () => {
    await using server = await RunningDevServer.start();
    const page = await open(server, "/page");
    const overlay = page.locator("tornado-overlay [role=alertdialog]");

    await page.evaluate("fetch('/boom').then(() => {})");
    await page.waitForSelector("tornado-overlay");
    const exception = await overlay.textContent();
    await page.keyboard.press("Escape");
    await page.waitForSelector("tornado-overlay", { state: "detached" });
    await page.evaluate("fetch('/exit').then(() => {})");
    await page.waitForSelector("tornado-overlay");
    const end = await overlay.textContent();

    expect(exception).toMatch(/<b>boom<\/b>[\s\S]*src\/app\.ts:28:11[\s\S]*GET \/boom: the app goes on/);
    expect(end).toMatch(/exited with code 3[\s\S]*The app goes on/);
  });

  it("loads a page once that a save leaves as it was, though the browser has kept it", async () => {
    await using server = await RunningDevServer.start();
    const page = await open(server, "/page");

    const connected = page.waitForRequest((request) => request.url().endsWith("/__tornado/events"));
    await server.save("src/unused.ts", "export {};\n");
    await server.save("src/app.ts", smallApp["src/app.ts"]!.replace("the deeper reason", "another reason"));
    await connected;

    expect(await revisionOf(page)).toBe(await newestRevision(page));
  });

  it("does not load a page again and again that was opened after a mistake was undone", async () => {
    await using server = await RunningDevServer.start();
    await server.get("/page");
    await server.save("src/word.ts", "export const word = = 1;\n");
    await server.saw(/cannot be built/);
    await server.saveByRename("src/word.ts", smallApp["src/word.ts"]!);
    await server.saw(/mended/);

    const page = await open(server, "/page");

    expect(await revisionOf(page)).toBe(await newestRevision(page));
  });

  it("is in a page that the browser has kept from a server without it", async () => {
    await using server = await RunningDevServer.start();
    const headers = { "User-Agent": "Mozilla/5.0", "Sec-Fetch-Dest": "document", Accept: "text/html" };
    const { headers: kept } = await server.get("/page");

    const {
      status,
      headers: answered,
      body,
    } = await server.get("/page", {
      ...headers,
      "If-None-Match": String(kept.etag),
    });

    expect(status).toBe(200);
    expect(body).toContain("data-revision");
    expect(answered).not.toHaveProperty("etag");
  });

  it("takes the keys with the overlay, and gives them back where they were", async () => {
    await using server = await RunningDevServer.start({
      ...smallApp,
      "templates/page.html": smallApp["templates/page.html"]!.replace("</body>", "<input aria-label=name></body>"),
    });
    const page = await open(server, "/page");
    await page.focus("input");
    const code = `export const word = ${"1 + ".repeat(80)} = 1;\n`;

    await server.save("src/word.ts", code);
    const overlay = page.getByRole("alertdialog", { name: /^Build error: Unexpected "="/ });
    await overlay.waitFor();
    const [caret, shown] = await Promise.all([
      overlay.locator("pre b").boundingBox(),
      overlay.locator("pre").boundingBox(),
    ]);
    const focused = await overlay.locator(":focus").textContent();
    await page.keyboard.press("Escape");
    await overlay.waitFor({ state: "detached" });

    expect(focused).toMatch(/^src\/word\.ts:1:/);
    expect(caret!.x).toBeGreaterThan(shown!.x);
    expect(caret!.x).toBeLessThan(shown!.x + shown!.width);
    expect(await page.evaluate("document.activeElement.tagName")).toBe("INPUT");
  });

  it("shows an exception to the page that ran into it while it was loading, though another one is open", async () => {
    const early = '<body><script>const x = new XMLHttpRequest(); x.open("GET", "/boom", false); x.send();</script>';
    await using server = await RunningDevServer.start({
      ...smallApp,
      "templates/page.html": smallApp["templates/page.html"]!.replace("<body>", early),
    });
    await open(server, "/page");

    const page = await open(server, "/page");

    await page.waitForSelector("tornado-overlay");
  });

  it("shows an exception that breaks off a page, and loads the page again when it is mended", async () => {
    const app = smallApp["src/app.ts"]!;
    const broken = app.replace(
      "this.write(word);\n  }\n}\n\nclass Boom",
      "throw new Error('broken off');\n  }\n}\n\nclass Boom",
    );
    await using server = await RunningDevServer.start({
      ...smallApp,
      "src/app.ts": broken.replace('this.write("slow ")', 'this.write("<!doctype html><body>slow ")'),
    });
    const page = await browser.newPage();
    await page.goto(server.url("/slow"), { waitUntil: "commit" });

    await page.waitForSelector("tornado-overlay");
    const shown = await page.locator("tornado-overlay [role=alertdialog]").textContent();
    await server.save("src/app.ts", app);

    await page.waitForSelector("text=slow first");
    expect(shown).toContain("broken off");
  });

  it("keeps the place in the page when it loads it again", async () => {
    const tall = '<p style="height: 5000px">tall</p></body>';
    await using server = await RunningDevServer.start({
      ...smallApp,
      "templates/page.html": smallApp["templates/page.html"]!.replace("</body>", tall),
    });
    const page = await open(server, "/page");
    await page.evaluate("scrollTo(0, 1234)");

    await server.save("src/word.ts", 'export const word: string = "second";\n');
    await page.waitForSelector("text=page second");

    await expect.poll(() => page.evaluate("scrollY")).toBe(1234);
  });

  it("works on a page whose policy admits no connection, by the nonce of its scripts", async () => {
    const app = smallApp["src/app.ts"]!.replace(
      'await this.render("page.html"',
      `this.setHeader("Content-Security-Policy", "default-src 'none'; script-src 'nonce-abc'");\n    await this.render("page.html"`,
    );
    await using server = await RunningDevServer.start({ ...smallApp, "src/app.ts": app });
    const page = await open(server, "/page");

    await server.save("src/word.ts", 'export const word: string = "second";\n');

    await page.waitForSelector("text=page second");
  });

  it("keeps the focus, the filter and the place in a table of the console while news comes", async () => {
    await using server = await RunningDevServer.start();
    await server.get("/page");
    const page = await browser.newPage({ viewport: { width: 360, height: 700 } });
    await page.goto(server.url("/__tornado/"));
    await page.fill("#filter", "boom");
    const requests = page.getByRole("group", { name: "The last requests" });
    await requests.focus();
    await requests.evaluate((element) => Object.assign(element, { scrollLeft: 40 }));

    await server.get("/?news");
    await page.waitForSelector("text=/?news");
    await server.save("src/app.ts", smallApp["src/app.ts"]!.replace('["/boom"', '["/boom-again"'));
    await page.waitForSelector("text=/boom-again");

    expect(await requests.evaluate((element) => element.scrollLeft)).toBe(40);
    expect(await requests.evaluate((element) => element.matches(":focus"))).toBe(true);
    expect(await page.locator("#routes tbody tr:visible").count()).toBe(1);
  });

  it("shows in a corner what the type check has found, until it is mended", async () => {
    const compiler = {
      "tsconfig.json": '{ "compilerOptions": { "strict": true, "types": [] }, "include": ["src/word.ts"] }',
    };
    await using server = await RunningDevServer.start(
      { ...smallApp, ...compiler },
      { typecheck: true },
      {},
      [],
      ["typescript", "@typescript"],
    );
    const page = await open(server, "/page");

    await server.save("src/word.ts", "export const word: string = 5;\n");
    await page.waitForSelector("text=page 5");
    await page.locator("tornado-types summary").click();
    const shown = await page.locator("tornado-types details").textContent();
    // The code stays the same: nothing is reloaded, and the types are looked at.
    await server.save("src/word.ts", "export const word: number = 5;\n");
    await page.waitForSelector("tornado-types", { state: "detached" });

    expect(shown).toMatch(/1 type error[\s\S]*src\/word\.ts:1:14[\s\S]*TS2322/);
    await server.program.saw(/types are right/);
  });
});

/** The revision that the page says it was made by. */
async function revisionOf(page: Page): Promise<string | null> {
  return await page.locator("script[data-revision]").getAttribute("data-revision");
}

/** The revision that the dev server tells whoever begins to listen. */
async function newestRevision(page: Page): Promise<string> {
  return await page.evaluate(async () => {
    const reader = (await fetch("/__tornado/events")).body!.getReader();
    let text = "";
    while (!text.includes("\n\n")) text += new TextDecoder().decode((await reader.read()).value);
    await reader.cancel();
    return (JSON.parse(/^data: (.*)$/m.exec(text)![1]!) as { revision: string }).revision;
  });
}
