/** The journey of a stranger: a packed tarball, an empty folder, and every command that the next steps name. */

import { readdir, readFile, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Program, run } from "../support/program.js";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.js";
import { pack, version } from "./checkout.js";

describe("from the packed tarball to a served app", () => {
  let folder: TemporaryFolder;
  let cli: string;

  beforeAll(async () => {
    folder = await temporaryFolder("tornado-journey");
    const tarball = await pack(folder.path);
    const installed = await run("npm", ["install", "--prefix", join(folder.path, "tool"), tarball]);
    expect(installed.code, installed.stderr).toBe(0);
    cli = join(folder.path, "tool/node_modules/.bin/create-tornado-app");
  }, 120_000);

  afterAll(async () => {
    await folder[Symbol.asyncDispose]();
  });

  it("prints its version", async () => {
    const ended = await run(cli, ["--version"]);

    expect(ended.stdout.trim()).toBe(version);
  });

  for (const [template, path, greeting] of [
    ["app", "/", "Your app is running."],
    ["minimal", "/", "Hello, world"],
    ["api", "/health", '{"status":"ok"}'],
    ["chat", "/", "Come in and talk"],
    ["todo", "/", "What is there to do?"],
  ] as const) {
    // The templates need the same packages: one installation shows that it works, and the others take it over.
    const installs = template === "app";
    it(`makes an app from "${template}" that ${installs ? "installs, " : ""}checks, passes its tests, builds and serves`, {
      timeout: 180_000,
    }, async () => {
      const root = join(folder.path, `my-${template}`);
      const npm = async (...args: string[]) => {
        const ended = await run("npm", args, { cwd: root });
        expect(ended.code, `npm ${args.join(" ")}\n${ended.stdout}${ended.stderr}`).toBe(0);
        return ended;
      };

      const options = ["--template", template, ...(installs ? [] : ["--no-install"])];
      const created = await run(cli, [`my-${template}`, ...options], { cwd: folder.path });
      expect(created.code, created.stderr).toBe(0);
      if (!installs) {
        expect(await packagesOf(root)).toEqual(await packagesOf(join(folder.path, "my-app")));
        await symlink(join(folder.path, "my-app/node_modules"), join(root, "node_modules"));
      }
      expect(created.stdout).toContain("npm run dev");
      await npm("run", "check");
      await npm("test");
      await npm("run", "build");

      await using server = new Program("npm", ["start", "--", "--port", "0"], { cwd: root });
      const [, url] = await server.saw(/(http:\/\/127\.0\.0\.1:\d+)/);
      const response = await fetch(new URL(path, url));
      expect(response.status).toBe(200);
      expect(await response.text()).toContain(greeting);
    });
  }

  it("gives the secret to .env alone, readable by its owner alone and ignored by git", async () => {
    const root = join(folder.path, "with-secret");
    await run(cli, ["with-secret", "--no-install"], { cwd: folder.path });

    const secret = /^COOKIE_SECRET=(\S+)$/m.exec(await readFile(join(root, ".env"), "utf8"))![1]!;
    const ignored = await run("git", ["check-ignore", ".env"], { cwd: root });
    const tracked = await run("git", ["grep", "-c", "-F", "-e", secret], { cwd: root });

    expect(Buffer.byteLength(secret)).toBeGreaterThanOrEqual(32);
    expect((await stat(join(root, ".env"))).mode & 0o077).toBe(0);
    expect(ignored.code).toBe(0);
    expect(tracked.code).toBe(1);
    expect(await readFile(join(root, ".env.example"), "utf8")).not.toContain(secret);
  });

  it("ships what runs and nothing else", async () => {
    const entries = await readdir(join(folder.path, "tool/node_modules/create-tornado-app"));

    expect(entries.sort()).toEqual(["LICENSE", "README.md", "bin", "dist", "docs", "package.json", "templates"]);
  });
});

/** What an app asks npm for. */
async function packagesOf(root: string): Promise<unknown> {
  const { dependencies, devDependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  return { dependencies, devDependencies };
}
