import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sendRaw } from "../support/raw-http.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { RunningDevServer, smallApp, writeFiles } from "./running-dev-server.js";

/** Stands in everything that only the author may see: sources, routes, messages. */
const mark = "zebra";
const app = smallApp["src/app.ts"]!.replace("class Home", `// ${mark}\nclass Home`)
  .replace(
    "throw new TypeError(",
    `this.setHeader("Access-Control-Allow-Origin", "*");
    const asked = this.getQueryArgument("trace", "");
    if (asked !== "") {
      const error = new Error(asked);
      // The text of a trace is made when it is first read, and keeps the message of that moment.
      if (error.stack !== "") error.message = "told in another way";
      throw error;
    }
    throw new TypeError("${mark} " + `,
  )
  .replace('["/page"', `["/${mark}", Home], ["/page"`)
  .replace(
    "class Home extends RequestHandler {",
    `class Home extends RequestHandler {
  override setDefaultHeaders(): void {
    this.setHeader("Access-Control-Allow-Origin", "*");
  }
`,
  )
  .replaceAll("extends RequestHandler {\n  override get", "extends Home {\n  override get");

const sites = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode";
const evil = "Origin: http://evil.example";
const console_ = "GET /__tornado/ HTTP/1.1";
const events = "GET /__tornado/events HTTP/1.1";
const boom = "GET /boom HTTP/1.1";
const here = "Host: localhost:PORT";
const upgrade =
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==";

/** Requests that a page of another site, or a name that leads here, could make a browser send; and some that none would. */
const vectors: readonly (readonly [string, number, ...string[]])[] = [
  ["a rebound name", 403, console_, "Host: evil.example:PORT"],
  ["a rebound name without a port", 403, console_, "Host: evil.example"],
  ["a name that begins like ours", 403, console_, "Host: localhost.evil.example:PORT"],
  ["a name that ends like ours", 403, console_, "Host: evil-localhost:PORT"],
  ["an address as a name", 403, console_, "Host: 127.0.0.1.nip.example:PORT"],
  ["the address of all", 403, console_, "Host: 0.0.0.0:PORT"],
  ["a private address", 403, console_, "Host: 192.168.0.1:PORT"],
  ["an IPv6 address of others", 403, console_, "Host: [2001:db8::1]:PORT"],
  ["an IPv6 address in the place of IPv4", 403, console_, "Host: [::ffff:7f00:1]:PORT"],
  ["a decimal address", 403, console_, "Host: 2130706433:PORT"],
  ["a user before the name", 403, console_, "Host: localhost@evil.example"],
  ["a path behind the name", 403, console_, "Host: evil.example/localhost"],
  ["two ports", 403, console_, "Host: localhost:PORT:80"],
  ["no name", 403, console_, "Host:"],
  ["no Host at all", 400, console_],
  ["no Host in HTTP/1.0", 403, "GET /__tornado/ HTTP/1.0"],
  ["another name in the target", 403, "GET http://evil.example/__tornado/ HTTP/1.1", here],
  ["a fetch from another site", 403, console_, here, `${sites}: cors`, evil],
  ["a script element of another site", 403, console_, here, `${sites}: no-cors`],
  ["a link on another site", 403, console_, here, `${sites}: navigate`],
  ["another port of this machine", 403, console_, here, "Sec-Fetch-Site: same-site", "Origin: http://localhost:1"],
  ["an Origin without Sec-Fetch", 403, console_, here, evil],
  ["an Origin of null", 403, console_, here, "Origin: null"],
  ["an Origin that is no URL", 403, console_, here, "Origin: localhost:PORT"],
  ["an Origin of another port", 403, console_, here, "Origin: http://localhost:1"],
  ["an Origin of another name for us", 403, console_, here, "Origin: http://127.0.0.1:PORT"],
  ["the events for another site", 403, events, here, `${sites}: cors`, evil],
  ["the events for an Origin without Sec-Fetch", 403, events, here, evil],
  ["the events for a rebound name", 403, events, "Host: evil.example:PORT", "Origin: http://evil.example:PORT"],
  ["a WebSocket of another site", 403, events, here, upgrade, evil],
  ["a WebSocket of a rebound name", 403, events, "Host: evil.example", upgrade, "Origin: http://evil.example"],
  ["a form", 405, "POST /__tornado/ HTTP/1.1", here, "Content-Length: 0"],
  ["a question before a fetch", 403, "OPTIONS /__tornado/ HTTP/1.1", here, evil],
  ["two slashes", 404, "GET //__tornado/ HTTP/1.1", "Host: evil.example"],
  ["an escaped path", 404, "GET /%5F_tornado/ HTTP/1.1", "Host: evil.example"],
  ["a path with dots", 404, "GET /x/../__tornado/ HTTP/1.1", "Host: evil.example"],
  ["another page below ours", 404, "GET /__tornado/../src/app.ts HTTP/1.1", here],
  ["an exception for a rebound name", 500, boom, "Host: evil.example", "Accept: text/html"],
  ["an exception that another site reads", 500, boom, here, `${sites}: cors`, evil, "Accept: application/json"],
  ["an exception that another site reads without Sec-Fetch", 500, boom, here, evil],
  ["an exception for a sandboxed frame", 500, boom, here, "Origin: null"],
  ["the routes for a rebound name", 404, "GET /none HTTP/1.1", "Host: evil.example", "Accept: text/html"],
  ["the routes that another site reads", 404, "GET /none HTTP/1.1", here, `${sites}: cors`, evil],
  ["a long target", 414, `GET /__tornado-${"x".repeat(20_000)} HTTP/1.1`, here],
  ["a long field", 431, console_, here, `X: ${"x".repeat(20_000)}`],
];

describe("what strangers get of the dev server", () => {
  let server: RunningDevServer;
  beforeAll(async () => {
    server = await RunningDevServer.start({ ...smallApp, "src/app.ts": app });
    await server.get("/");
  });
  afterAll(async () => await server[Symbol.asyncDispose]());

  async function ask(lines: readonly string[]): Promise<string> {
    const request = `${lines.join("\r\n")}\r\nConnection: close\r\n\r\n`;
    return await sendRaw(server.port, request.replaceAll("PORT", String(server.port)));
  }

  it("is what an author gets, for an author", async () => {
    // The app tells of its routes a moment after its start.
    await expect.poll(() => ask([console_, here, "Sec-Fetch-Site: same-origin"]), { timeout: 5000 }).toContain(mark);
    const exception = await ask([boom, here, "Accept: text/html"]);
    const followed = await ask([boom, here, `${sites}: navigate`, "Accept: text/html"]);
    const otherPort = await ask([boom, here, "Sec-Fetch-Site: same-site", "Origin: http://localhost:5173"]);

    for (const answer of [exception, followed, otherPort]) expect(answer).toContain(mark);
  });

  it.each(vectors)("is nothing for %s", async (_, status, ...lines) => {
    const answer = await ask(lines.map(String));

    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).not.toContain(mark);
    expect(answer).not.toContain("event: hello");
  });

  it("is no build error either", async () => {
    await server.save("src/word.ts", `export const word = = "${mark}";\n`);
    await server.until("/", ({ body }) => body.includes(mark));

    const answers = await Promise.all(
      [
        [boom, "Host: evil.example", "Accept: text/html"],
        [boom, here, evil],
        [events, here, evil],
        [boom, here, `${sites}: cors`, evil, "Accept: application/json"],
      ].map(ask),
    );
    await server.save("src/word.ts", smallApp["src/word.ts"]!);
    await server.until("/", ({ body }) => body === "first");

    for (const answer of answers) expect(answer).not.toContain(mark);
  });

  describe("as a file", () => {
    const word = "giraffe";
    let outside: Awaited<ReturnType<typeof temporaryFolder>>;
    beforeAll(async () => {
      outside = await temporaryFolder("outside");
      const secret = `const ${word} = 1;\n`;
      await writeFile(join(outside.path, "outside.ts"), secret);
      await writeFiles(server.root, {
        ".env": secret,
        ".private/keys.ts": secret,
        "key.pem": secret,
        "kept.ts": secret,
      });
      await symlink(join(outside.path, "outside.ts"), server.path("src/link.ts"));
      await server.get("/");
    });
    afterAll(async () => await outside[Symbol.asyncDispose]());

    /** What a client can do at most: its text stands in a trace, in the form of a frame. */
    async function forge(path: string): Promise<string> {
      const name = outside.path.split("/").at(-1)!;
      const file = path.replace("OUTSIDE", outside.path).replace("ROOT", server.root).replace("NAME", name);
      const answer = await server.get(
        `/boom?trace=${encodeURIComponent(`longer than the later message\n    at evil (${file}:1:1)\n`)}`,
      );
      expect(answer.body).toContain("told in another way");
      return answer.body;
    }

    it("is the code of the app", async () => {
      expect(await forge("ROOT/kept.ts")).toContain(word);
    });

    it.each([
      ["outside of the app", "OUTSIDE/outside.ts"],
      ["outside of the app, by dots", "ROOT/src/../../NAME/outside.ts"],
      ["outside of the app, by a link", "ROOT/src/link.ts"],
      ["hidden", "ROOT/.env"],
      ["hidden, and called code", "ROOT/.private/keys.ts"],
      ["no code", "ROOT/key.pem"],
      ["no file", "/dev/zero"],
    ])("is none that is %s", async (_, path) => {
      expect(await forge(path)).not.toContain(word);
    });
  });
});
