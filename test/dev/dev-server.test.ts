import { readFileSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, symlink, utimes } from "node:fs/promises";
import { createServer } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { RunningDevServer, smallApp } from "./running-dev-server.js";

const browser = { "User-Agent": "Mozilla/5.0", Accept: "text/html", "Sec-Fetch-Dest": "document" };
const wordIs = (word: string) => `export const word: string = "${word}";\n`;

describe("the dev server", () => {
  let server: RunningDevServer;
  beforeAll(async () => {
    server = await RunningDevServer.start();
  });
  beforeEach(async () => await server.restore());
  afterAll(async () => await server[Symbol.asyncDispose]());

  it("answers what was saved from the first request after the save on, and refuses none", async () => {
    expect((await server.get("/")).body).toBe("first");

    const answers: string[] = [];
    for (let count = 1; count <= 12; count += 1) {
      const save =
        count % 2 === 0
          ? server.save("src/word.ts", wordIs(`w${count}`))
          : server.saveByRename("src/word.ts", wordIs(`w${count}`));
      await save;
      answers.push((await server.get("/")).body);
    }

    expect(answers).toEqual(Array.from({ length: 12 }, (_, index) => `w${index + 1}`));
    // What a worker asks itself to be warm must never reach the app.
    expect(server.said).not.toContain("?name=");
  });

  // The first of them may come while the app is built for the first time.
  it("sees what leads to another source than before: a link, and a folder that was one", async () => {
    await using served = await RunningDevServer.start({
      ...smallApp,
      "src/app.ts": smallApp["src/app.ts"]!.replace("./word.js", "./linked/word.js"),
      "one/word.ts": 'export const word: string = "one";\n',
      "two/word.ts": 'export const word: string = "two";\n',
      "six/word.ts": 'export const word: string = "six";\n',
      "src/linked/word.ts": 'export const word: string = "own";\n',
    });
    const link = served.path("src/linked");
    // No file that the app was made of changes: the first request may come before the event.
    const serves = async (word: string) => await served.until("/", ({ body }) => body === word);

    for (const name of ["one", "two"]) {
      await rm(link, { recursive: true });
      await symlink(`../${name}`, link);
      await serves(name);
    }
    await rm(link);
    await served.until("/", ({ status }) => status === 500);
    await mkdir(link);
    await symlink("../../six/word.ts", served.path("src/linked/word.ts"));
    await serves("six");
    await symlink("../../one/word.ts", served.path("src/linked/next.ts"));
    await rename(served.path("src/linked/next.ts"), served.path("src/linked/word.ts"));
    const last = await serves("one");

    expect(last.status).toBe(200);
  });

  it("sees a save that kept the size and the time of a file, and one of a file that is imported with a query", async () => {
    await using served = await RunningDevServer.start({
      ...smallApp,
      "src/app.ts": smallApp["src/app.ts"]!.replace("./word.js", "./word.js?raw"),
    });
    const long = new Date("2020-01-01");
    const words: string[] = [];

    for (const word of ["one", "two", "six"]) {
      await served.save("src/word.ts", `export const word: string = "${word}";\n`);
      await utimes(served.path("src/word.ts"), long, long);
      words.push((await served.get("/")).body);
    }

    expect(words).toEqual(["one", "two", "six"]);
  });

  it("hands no option of its own on to what the app starts", async () => {
    await server.save("src/word.ts", "export const word: string = JSON.stringify(process.execArgv);\n");

    expect((await server.get("/")).body).toBe("[]");
  });

  it("finishes a request with the code that it began with", async () => {
    const slow = server.get("/slow");
    await new Promise((resolve) => setTimeout(resolve, 100));
    await server.save("src/word.ts", wordIs("second"));
    const after = await server.get("/");

    expect(after.body).toBe("second");
    expect((await slow).body).toBe("slow first");
  });

  it("shows a syntax error with its place and code in the form that the client can read, and is well after the next save", async () => {
    await server.get("/");

    await server.save("src/word.ts", 'export const word = = "oops";\n');
    const text = await server.get("/");
    const page = await server.get("/", browser);
    const json = await server.get("/", { Accept: "application/json" });
    await server.saw(/src\/word\.ts:1:21/);
    await server.save("src/word.ts", wordIs("mended"));
    const mended = await server.get("/");

    expect(text.status).toBe(500);
    expect(text.headers["content-type"]).toMatch("text/plain");
    expect(text.body).toContain('Unexpected "="');
    expect(text.body).toContain("src/word.ts:1:21");
    expect(text.body).toMatch(/> 1 \| export const word = = "oops";\n +\| {21}\^/);
    expect(page.headers["content-type"]).toMatch("text/html");
    expect(page.body).toContain("<h1>Unexpected &quot;=&quot;</h1>");
    expect(page.body).toContain("/__tornado/live-reload.js");
    expect(JSON.parse(json.body)).toMatchObject({
      kind: "build",
      errors: [{ frames: [{ file: "src/word.ts", line: 1, column: 21 }] }],
    });
    expect(mended).toMatchObject({ status: 200, body: "mended" });
  });

  it("says of a save that changes nothing of what runs that it does not", async () => {
    const before = await server.get("/");

    await server.save("src/word.ts", `// What is said.\n${wordIs(before.body)}`);
    await server.saw(/unchanged src\/word\.ts: what runs is the same/);

    expect((await server.get("/")).body).toBe(before.body);
  });

  it.each([
    ["throws while it is imported", "throw new Error('at import');\n", /Error: at import[\s\S]*src\/app\.ts:\d+:/],
    ["throws in makeApp", "", /Error: in makeApp[\s\S]*src\/app\.ts:\d+:/],
    ["ends the process", "process.exit(7);\n", /exited with code 7/],
    ["has a makeApp that is no function", "", /makeApp in src\/app\.ts is no function \(number\)\.[^\n]*\n$/],
    [
      "imports a name that a module does not have",
      'import { nothing } from "node:fs";\nnothing();\n',
      /export named 'nothing'[\s\S]*src\/app\.ts:1:1\n> 1 \| import \{ nothing \}/,
    ],
    [
      "imports a package that is not installed",
      'import "not-installed/deep";\n',
      /npm install not-installed[\s\S]*src\/app\.ts:1:8/,
    ],
    [
      "imports an entry point that does not exist",
      'import "tornado/nothing";\n',
      /There is no "tornado\/nothing"[\s\S]*src\/app\.ts:1:8/,
    ],
  ])("says what is wrong with an app that %s, and serves it when it is mended", async (what, line, expected) => {
    const app = smallApp["src/app.ts"]!;
    const broken: Record<string, string> = {
      "throws in makeApp": app.replace("return new App", "throw new Error('in makeApp');\n  return new App"),
      "has a makeApp that is no function": "export const makeApp = 5;\n",
    };

    await server.save("src/app.ts", broken[what] ?? line + app);
    const answer = await server.get("/");
    await server.save("src/app.ts", app.replace("write(word)", 'write("mended")'));
    const mended = await server.get("/");

    expect(answer.status).toBe(500);
    expect(answer.body).toMatch(expected);
    expect(mended.body).toBe("mended");
  });

  it("shows an exception with its TypeScript places and its cause, everything escaped, and secrets masked", async () => {
    const secrets = { Cookie: "session=planted-secret-1; theme=dark", Authorization: "Bearer planted-secret-2" };

    const page = await server.get("/boom?token=planted-secret-3", { ...browser, ...secrets });
    const text = await server.get("/boom", { "User-Agent": "curl/8" });
    await server.get("/boom", { "User-Agent": "curl/8" });

    expect(page.status).toBe(500);
    expect(page.body).toContain("&lt;b&gt;boom&lt;/b&gt;");
    expect(page.body).not.toContain("<b>boom");
    expect(page.body).toContain("Boom.get");
    expect(page.body).toMatch(/src\/app\.ts:28:11/);
    expect(page.body).toContain("the deeper reason");
    expect(page.body).not.toMatch(/planted-secret|nobody may see/);
    expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
    expect(text.headers["content-type"]).toMatch("text/plain");
    expect(text.body).toMatch(/^GET \/boom {2}-> {2}Boom\.get\n\nTypeError: <b>boom<\/b> /);
    expect(text.body).toContain("at Boom.get src/app.ts:28:11");
    await server.saw(/(?:500 GET \/boom [\s\S]*){2}/);
    expect(server.said.match(/TypeError: <b>boom<\/b> null/g)).toHaveLength(1);
  });

  it("shows no source to a host name that leads here from elsewhere", async () => {
    const exception = await server.get("/boom", { ...browser, Host: "evil.example" });
    await server.save("src/word.ts", "export const word = = 1;\n");
    const build = await server.get("/", { ...browser, Host: "evil.example" });

    for (const answer of [exception, build]) {
      expect(answer.status).toBe(500);
      expect(answer.body).toContain("shown on localhost only");
      expect(answer.body).not.toContain("src/");
    }
  });

  it("keeps its own pages from other sites", async () => {
    const statuses = async (headers: Record<string, string>) =>
      (await server.get("/__tornado/live-reload.js", headers)).status;

    expect(await statuses({})).toBe(200);
    expect(await statuses({ Host: `evil.example:${server.port}` })).toBe(403);
    expect(await statuses({ "Sec-Fetch-Site": "cross-site" })).toBe(403);
    expect(await statuses({ Origin: "http://evil.example" })).toBe(403);
    expect(await statuses({ Origin: `http://127.0.0.1:${server.port}` })).toBe(200);
  });

  it("shows the routes to one who asks for what is not there, the nearest one marked", async () => {
    const page = await server.get("/pgae?token=planted-secret", browser);
    const text = await server.get("/pgae");
    const file = await server.get("/static/none.css");
    const stranger = await server.get("/pgae", { ...browser, Host: "evil.example" });

    expect(page).toMatchObject({ status: 404 });
    expect(page.body).toMatch(/<tr class="nearest"><td>\/page<\/td><td>Page<\/td>/);
    expect(page.body).toContain("Did you mean /page?");
    expect(page.body).not.toContain("planted-secret");
    expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
    expect(text.body).toMatch(/^404: Not Found\n\nGET \/pgae\n[\s\S]*Routes\n[\s\S]*GET,HEAD,OPTIONS +\/boom +Boom\n/);
    expect(file.body).toContain("Addresses below /static/ are files in static: there is no none.css.");
    expect(stranger).toMatchObject({ status: 404, body: expect.not.stringContaining("/page") });
  });

  it("has a console with the last requests, the reloads, the routes and the settings, secrets masked", async () => {
    await server.get("/?password=planted-secret");
    await server.save("src/word.ts", wordIs("console"));
    await server.get("/slow");
    await server.program.saw(/reloaded src\/word\.ts/);

    const page = await server.get("/__tornado/", browser);
    const short = await server.get("/__tornado");

    expect(page.status).toBe(200);
    expect(page.body).toMatch(/<td>GET<\/td><td>\/slow<\/td><td class="status-2">200<\/td><td>Slow<\/td>/);
    expect(page.body).toMatch(/reloaded src\/word\.ts in \d/);
    expect(page.body).toMatch(/<td>\/boom<\/td><td>Boom<\/td>/);
    expect(page.body).toMatch(/<dt>templatePath<\/dt>/);
    expect(page.body).not.toMatch(/planted-secret|nobody may see/);
    expect(short).toMatchObject({ status: 302, headers: { location: "/__tornado/" } });
    expect((await server.get("/__tornado/", { "Sec-Fetch-Site": "cross-site" })).status).toBe(403);
  });

  it("closes event streams at a save, and lets other answers finish", async () => {
    const app = smallApp["src/app.ts"]!;
    const events = `class Events extends RequestHandler {
  override async get(): Promise<void> {
    this.setHeader("Content-Type", "text/event-stream");
    this.write("data: " + word + "\\n\\n");
    await this.flush();
    await new Promise(() => {});
  }
}
`;
    await server.save(
      "src/app.ts",
      app.replace("class Page", `${events}\nclass Page`).replace('["/page"', '["/events", Events], ["/page"'),
    );
    await server.until("/", ({ status }) => status === 200);
    const stream = server.stream("/events");
    await stream.begun;
    const slow = server.get("/slow");

    await server.save("src/word.ts", wordIs("next"));
    await stream.ended;

    expect((await slow).body).toMatch(/^slow (?:first|next)$/);
    expect((await server.get("/")).body).toBe("next");
  });

  it("serves nothing of a file that was emptied to be written", async () => {
    const answers = new Set<string>();
    for (let count = 0; count < 5; count += 1) {
      await server.save("src/word.ts", "");
      const asked = server.get("/");
      // As long as a busy editor takes between its two steps.
      await new Promise((resolve) => setTimeout(resolve, 8));
      await server.save("src/word.ts", wordIs(`whole${count}`));
      answers.add((await asked).body);
    }

    expect([...answers].filter((body) => !/^(?:first|whole\d)$/.test(body))).toEqual([]);
  });

  it("renders a changed template without a restart", async () => {
    await using server = await RunningDevServer.start();
    await server.get("/page");

    await server.save("templates/page.html", "<p>new {{ word }}</p>");
    const answer = await server.get("/page");
    await server.program.saw(/refreshed templates\/page\.html/);

    expect(answer.body).toBe("<p>new first</p>");
    expect(server.said).not.toMatch(/reloaded|restarted/);
  });

  it("shows why the process ended to the request that ended it, and starts the app again with the next one", async () => {
    const ended = await server.get("/exit");
    const next = await server.get("/");

    expect(ended.status).toBe(500);
    expect(ended.body).toContain("exited with code 3");
    expect(next.body).toBe("first");
  });

  it("answers what is wrong with an endless loop by the next save", async () => {
    expect(await server.begin("/loop")).toBe("looping");

    await server.save("src/word.ts", wordIs("out of it"));

    expect((await server.get("/")).body).toBe("out of it");
  });

  it("serves an app again whose folder was deleted and came back", async () => {
    await rm(server.root, { recursive: true });
    const gone = await server.until("/", ({ status }) => status === 500);
    await server.restore();
    await server.save("src/word.ts", wordIs("second"));
    const back = await server.get("/");

    expect(gone.body).toContain("src/app.ts");
    expect(back.body).toBe("second");
  });
});

describe("a dev server of its own", () => {
  it("asks for makeApp when the app exports none", async () => {
    await using server = await RunningDevServer.start({ ...smallApp, "src/app.ts": "export const app = 1;\n" });

    const answer = await server.get("/");

    expect(answer.status).toBe(500);
    expect(answer.body).toContain('"src/app.ts" exports no makeApp');
  });

  it("reads .env again when it changes, and lets the real environment win", async () => {
    await using server = await RunningDevServer.start({ ...smallApp, ".env": "GREETING=one\n" });
    const before = await server.get("/page");

    await server.save(".env", "GREETING=two\n\0NO=text\n");
    await server.program.saw(/restarted for \.env/);
    const after = await server.get("/page");

    expect(before.body).toContain("page first one");
    expect(after.body).toContain("page first two");
  });

  it("puts the live reload script into pages for browsers only, and leaves it out when it is turned off", async () => {
    await using server = await RunningDevServer.start();
    await using silent = await RunningDevServer.start(smallApp, { liveReload: false });
    const script = /<script src="\/__tornado\/live-reload\.js" data-revision="[\w-]+" async><\/script><\/body>/;

    const page = await server.get("/page", browser);
    const fetched = await server.get("/page", { ...browser, "Sec-Fetch-Dest": "empty" });
    const curl = await server.get("/page");
    const off = await silent.get("/page", browser);

    expect(page.body).toMatch(script);
    expect(Number(page.headers["content-length"])).toBe(Buffer.byteLength(page.body));
    for (const answer of [fetched, curl, off]) expect(answer.body).not.toContain("__tornado");
  });

  it("keeps its files in one ignored folder, and only those of the last workers, also for an app that is no module", async () => {
    await using server = await RunningDevServer.start({ ...smallApp, "package.json": '{ "name": "small" }' });
    for (let count = 0; count < 8; count += 1) {
      await server.save("src/word.ts", wordIs(`w${count}`));
      await server.get("/");
    }

    const files = await readdir(server.path(`.tornado/dev/${server.program.pid}`));

    expect(await readdir(server.path(".tornado"))).toEqual([".gitignore", "dev"]);
    const bundles = files.filter((name) => /^app-\d+\.mjs$/.test(name));
    expect(bundles.length).toBeGreaterThan(0);
    expect(bundles.length).toBeLessThanOrEqual(5);
    expect(server.program.output).not.toContain("MODULE_TYPELESS");
  });

  it.each(["SIGTERM", "SIGINT", "SIGKILL"] as const)("leaves no process behind after %s", async (signal) => {
    await using server = await RunningDevServer.start();
    // SIGTERM comes in the middle of the start, SIGKILL while a worker is in a loop that never ends.
    if (signal === "SIGINT") await server.get("/");
    if (signal === "SIGKILL") await server.begin("/loop");
    const children = await childrenOf(server.program.pid);

    server.program.kill(signal);
    const { code } = await server.program.ended;

    expect(children.length).toBeGreaterThanOrEqual(2);
    await expect.poll(() => children.filter(isAlive), { timeout: 5000 }).toEqual([]);
    expect(code).toBe({ SIGTERM: 0, SIGINT: 130, SIGKILL: null }[signal]);
  });

  it("refuses an app whose folder cannot hold what is built", async () => {
    const failed = RunningDevServer.start({ ...smallApp, ".tornado": "a file" });

    await expect(failed).rejects.toThrow(/WORK_FOLDER: ".+" cannot be written \(ENOTDIR\)/);
  });

  it("names who holds the port that was asked for", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };

    const failed = RunningDevServer.start(smallApp, { port });

    await expect(failed).rejects.toThrow(/PORT_IN_USE: Port \d+ is in use by ".+" \(pid \d+\)/);
    other.close();
  });

  it("takes the next port in the place of a busy one that nobody asked for, at a terminal", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };

    await using server = await RunningDevServer.start(smallApp, { port, portIsExplicit: false, interactive: true });

    expect(server.port).toBeGreaterThan(port);
    expect(server.program.output).toMatch(new RegExp(`Port ${port} is in use`));
    expect((await server.get("/")).body).toBe("first");
    other.close();
  });
});

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.trim().split(" ").filter(Boolean).map(Number);
}

/** A process that has ended and that nobody has asked about yet is a zombie, and not alive. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
