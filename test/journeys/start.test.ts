/** A built app in production: workers are killed, the server is told to stop, and no debug behaviour leaks. */

import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Program, run } from "../support/program.js";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.js";
import { createTornadoApp, tornado } from "./checkout.js";

describe("tornado build and tornado start", () => {
  let folder: TemporaryFolder;
  let root: string;

  beforeAll(async () => {
    folder = await temporaryFolder("tornado-start");
    root = join(folder.path, "myapp");
    const created = await run(process.execPath, [createTornadoApp, root, "--yes", "--no-install", "--no-git"]);
    expect(created.code, created.stderr).toBe(0);
    const home = join(root, "src/handlers/home.ts");
    const source = await readFile(home, "utf8");
    await writeFile(
      home,
      source.replace(
        /((?:async )?get\([^)]*\)[^{]*\{)/,
        `async get() {
          if (this.getArgument("boom", "") !== "") throw new Error("secret detail");
          if (this.getArgument("pid", "") !== "") return void this.write(String(process.pid));
          if (this.getArgument("slow", "") !== "") {
            this.write("begun ");
            await this.flush();
            await new Promise((resolve) => setTimeout(resolve, 1000));
            this.write("and done");
            return;
          }`,
      ),
    );
    const built = await run(process.execPath, [tornado, "build"], { cwd: root });
    expect(built.code, built.stderr).toBe(0);
  });

  afterAll(async () => {
    await folder[Symbol.asyncDispose]();
  });

  async function serve(...args: string[]): Promise<{ server: Program; url: string }> {
    const server = new Program(process.execPath, [tornado, "start", "--port", "0", ...args], { cwd: root });
    const [url] = await server.saw(/http:\/\/127\.0\.0\.1:\d+/);
    return { server, url };
  }

  /** A new connection each time, so that any worker may answer. */
  const get = async (url: string) => await fetch(url, { headers: { Connection: "close" } });

  it("serves with several workers on one port, and replaces one that is killed", async () => {
    const { server, url } = await serve("--fork", "2");
    await using _ = server;
    const pids = new Set<string>();
    while (pids.size < 2) pids.add(await (await get(`${url}/?pid=1`)).text());
    const [victim] = pids;

    process.kill(Number(victim), "SIGKILL");
    await server.saw(new RegExp(`${victim}[^\\n]*(SIGKILL|killed)`));
    while (pids.size < 3) pids.add(await (await get(`${url}/?pid=1`)).text());

    expect(pids.size).toBe(3);
  });

  it.each([["1"], ["2"]])("answers what is in flight at SIGTERM with --fork %s, and exits 0", async (fork) => {
    const { server, url } = await serve("--fork", fork);
    await using _ = server;
    const response = await get(`${url}/?slow=1`);

    server.kill("SIGTERM");
    const body = await response.text();
    const ended = await server.ended;

    expect(body).toBe("begun and done");
    expect(ended.code).toBe(0);
  });

  it("has no supervisor with --fork 1", async () => {
    const { server, url } = await serve("--fork", "1");
    await using _ = server;

    const pid = await (await get(`${url}/?pid=1`)).text();

    expect(Number(pid)).toBe(server.pid);
  });

  it("shows no debug behaviour, whatever the request says", async () => {
    const { server, url } = await serve();
    await using _ = server;

    for (const path of ["/?boom=1&debug=1", "/?boom=1&serve_traceback=true", "/__tornado/events", "/__tornado/"]) {
      const response = await fetch(url + path, { headers: { Accept: "text/html", "X-Debug": "1", Host: "localhost" } });
      const body = await response.text();

      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(body).not.toContain("secret detail");
      expect(body).not.toMatch(/\bat .*\(.*:\d+:\d+\)|home\.ts|EventSource/);
    }
  });

  it("runs from dist/ alone, with Node and nothing else", async () => {
    await using elsewhere = await temporaryFolder("tornado-dist");
    await cp(join(root, "dist"), elsewhere.path, { recursive: true });
    const secret = /COOKIE_SECRET=(.*)/.exec(await readFile(join(root, ".env"), "utf8"))![1]!;

    await using server = new Program(process.execPath, ["server.js", "--port", "0"], {
      cwd: elsewhere.path,
      env: { COOKIE_SECRET: secret },
    });
    const [url] = await server.saw(/http:\/\/127\.0\.0\.1:\d+/);
    const home = await (await get(url)).text();
    const sheet = /href="(\/static\/[^"]+\.css\?v=[^"]+)"/.exec(home)![1]!;

    expect((await get(url + sheet)).status).toBe(200);
  });

  it("needs neither eval nor new Function: it serves with code generation from strings forbidden", async () => {
    await using server = new Program(
      process.execPath,
      ["--disallow-code-generation-from-strings", join(root, "dist/server.js"), "--port", "0"],
      { cwd: root },
    );
    const [url] = await server.saw(/http:\/\/127\.0\.0\.1:\d+/);

    expect((await get(url)).status).toBe(200);
  });

  it("loads neither esbuild, chokidar, prompts nor the dev server in production", async () => {
    await using server = new Program(process.execPath, [tornado, "start", "--port", "0"], {
      cwd: root,
      env: { NODE_DEBUG: "esm,module" },
    });
    const [url] = await server.saw(/http:\/\/127\.0\.0\.1:\d+/);
    await get(url);

    expect(server.output).toMatch(/dist\/server\.js/);
    expect(server.output).not.toMatch(/node_modules\/(esbuild|chokidar|prompts)\/|dist\/(chunks\/)?(dev|bundle)[/-]/);
  });

  it("refuses to start without a build, and says what to do", async () => {
    await using empty = await temporaryFolder("tornado-unbuilt");
    await cp(root, join(empty.path, "app"), { recursive: true });
    await rm(join(empty.path, "app/dist"), { recursive: true });

    const ended = await run(process.execPath, [tornado, "start"], { cwd: join(empty.path, "app") });

    expect(ended.code).toBe(1);
    expect(ended.stderr.trim().split("\n")).toHaveLength(1);
    expect(ended.stderr).toContain("tornado build");
    expect(await readdir(join(empty.path, "app"))).not.toContain("dist");
  });
});
