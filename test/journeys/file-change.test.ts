/** A file change's journey: a made app under `tornado dev`, with no node_modules, edited as a person would. */

import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Program, run } from "../support/program.js";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.js";
import { createTornadoApp, tornado } from "./checkout.js";

describe("tornado dev", () => {
  let folder: TemporaryFolder;
  let root: string;
  let dev: Program;
  let url: string;

  beforeEach(async () => {
    folder = await temporaryFolder("tornado-dev");
    root = join(folder.path, "myapp");
    const created = await run(process.execPath, [createTornadoApp, root, "--yes", "--no-install", "--no-git"]);
    expect(created.code, created.stderr).toBe(0);
    dev = new Program(process.execPath, [tornado, "dev", "--port", "0"], { cwd: root });
    url = (await dev.saw(/http:\/\/127\.0\.0\.1:\d+/))[0];
  });

  afterEach(async () => {
    await dev[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const home = () => join(root, "src/handlers/home.ts");
  const page = async (path = "/") => await fetch(url + path, { headers: { Accept: "text/html" } });

  /** Puts a statement first in the home handler's `get`. */
  async function editHome(statement: string): Promise<void> {
    const original = await readFile(home(), "utf8");
    const edited = original.replace(/((?:async )?get\([^)]*\)[^{]*\{)/, `$1 ${statement}`);
    expect(edited).not.toBe(original);
    await writeFile(home(), edited);
  }

  it("serves the app with no node_modules", async () => {
    const response = await page();

    expect(response.status).toBe(200);
    expect(await response.text()).toContain("<!doctype html>");
  });

  it("answers the first request after each save by the new code, refusing none", async () => {
    await page();
    const original = await readFile(home(), "utf8");

    for (let save = 1; save <= 10; save++) {
      const edited = original.replace(/((?:async )?get\([^)]*\)[^{]*\{)/, `$1 this.setHeader("X-Save", "${save}");`);
      if (save % 2 === 0) {
        await writeFile(`${home()}.new`, edited);
        await rename(`${home()}.new`, home());
      } else {
        await writeFile(home(), edited);
      }
      const response = await page();

      expect(response.headers.get("x-save")).toBe(String(save));
    }
  });

  it("changes a template and a style sheet without a restart", async () => {
    const before = (await (await page("/")).text()).length;
    const template = join(root, "templates/home.html");
    await writeFile(
      template,
      (await readFile(template, "utf8")).replace("{% end %}", "<p>Edited by hand</p>{% end %}"),
    );

    const body = await (await page()).text();

    expect(body).toContain("Edited by hand");
    expect(body.length).toBeGreaterThan(before);
    expect(dev.output).not.toMatch(/restarted/i);
  });

  it("shows a syntax error in the browser and the terminal, and is well again with the next good save", async () => {
    const original = await readFile(home(), "utf8");
    await writeFile(home(), original.replace("class", "clas"));

    const broken = await page();
    const text = await broken.text();

    expect(broken.status).toBe(500);
    expect(text).toContain("src/handlers/home.ts");
    expect(text).toContain("clas ");
    await dev.saw(/src\/handlers\/home\.ts:\d+:\d+/);

    await writeFile(home(), original);
    expect((await page()).status).toBe(200);
  });

  it("shows an exception of a handler at its own line, as a page to a browser and as text to curl", async () => {
    await editHome('throw new TypeError("the <sea> is rough");');

    const forBrowser = await page();
    const forCurl = await fetch(url, { headers: { Accept: "*/*", "User-Agent": "curl/8.0" } });

    expect(forBrowser.status).toBe(500);
    const html = await forBrowser.text();
    expect(html).toContain("the &lt;sea&gt; is rough");
    expect(html).toContain("src/handlers/home.ts");
    expect(forCurl.headers.get("content-type")).toMatch(/^text\/plain/);
    expect(await forCurl.text()).toMatch(/TypeError: the <sea> is rough[\s\S]*src\/handlers\/home\.ts:\d+/);
  });

  it("shows an exception of a template at the template's line", async () => {
    const template = join(root, "templates/home.html");
    await writeFile(template, (await readFile(template, "utf8")).replace("{% end %}", "{{ nobodyKnows }}{% end %}"));

    const html = await (await page()).text();

    expect(html).toContain("nobodyKnows");
    expect(html).toMatch(/templates\/home\.html/);
  });

  it("says that a port is taken, and by whom", async () => {
    const port = new URL(url).port;

    const ended = await run(process.execPath, [tornado, "dev", "--port", port], { cwd: root });

    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(new RegExp(`Port ${port} is in use by .*${dev.pid}`));
  });

  it("ends all of its processes on Ctrl-C", async () => {
    await page();

    process.kill(-dev.pid, "SIGINT");
    const ended = await dev.ended;

    expect(ended.code).toBe(130);
    // Signal 0 finds any process that is left of the group.
    expect(() => process.kill(-dev.pid, 0)).toThrow("ESRCH");
  });
});
