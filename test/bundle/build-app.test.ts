import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { mo, po } from "gettext-parser";
import { describe, expect, it, vi } from "vitest";
import { buildApp } from "../../src/bundle/build-app.js";
import { BuildError } from "../../src/bundle/build-error.js";
import { smallApp, writeFiles } from "../dev/running-dev-server.js";
import { Program, run } from "../support/program.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const commonJsPackage = {
  "node_modules/old-style/package.json": '{ "name": "old-style", "main": "index.js" }',
  "node_modules/old-style/index.js":
    "const path = require('path');\nmodule.exports = { folder: path.basename(__dirname), file: typeof __filename };\n",
};

describe("buildApp", () => {
  it("makes a folder that serves pages and hashed static files with Node alone, wherever it lies", async () => {
    await using folder = await temporaryFolder();
    await using elsewhere = await temporaryFolder();
    const app = smallApp["src/app.ts"]!.replace(
      "import { word }",
      'import old from "old-style";\nconst __dirname = "mine";\nimport { word }',
    ).replace("this.write(word)", "this.write([word, old.file, __dirname].join())");
    await writeFiles(folder.path, { ...smallApp, ...commonJsPackage, "src/app.ts": app });

    const { files } = await buildApp({ root: folder.path, outdir: join(folder.path, "dist") });
    const root = join(elsewhere.path, "deployed");
    await rename(join(folder.path, "dist"), root);
    await using program = new Program(
      process.execPath,
      ["--disallow-code-generation-from-strings", join(root, "server.js"), "--port", "0"],
      { cwd: elsewhere.path },
    );
    const [, port] = await program.saw(/http:\/\/127\.0\.0\.1:(\d+)/);
    const home = await (await fetch(`http://127.0.0.1:${port}/`)).text();
    const page = await (await fetch(`http://127.0.0.1:${port}/page`)).text();
    const sheet = await fetch(`http://127.0.0.1:${port}${/href="([^"]+)"/.exec(page)![1]}`);

    expect(files).toContain("server.js");
    expect(files).toContain("static/app.css");
    expect(files.some((name) => /^app-[A-Z0-9]+\.js$/.test(name))).toBe(true);
    expect(files.some((name) => name.startsWith("templates"))).toBe(false);
    expect(home).toBe("first,string,mine");
    expect(page).toContain("page first");
    expect(page).toMatch(/app\.css\?v=\w+/);
    expect(sheet.status).toBe(200);
    expect(JSON.parse(await readFile(join(root, "package.json"), "utf8"))).toMatchObject({ type: "module" });
  });

  it("takes along the translations that the app loads, of both kinds", async () => {
    await using folder = await temporaryFolder();
    await using elsewhere = await temporaryFolder();
    const languages = `
import { get, loadGettextTranslations, loadTranslations } from "tornado/locale";
import { Application, RequestHandler } from "tornado/web";

class Home extends RequestHandler {
  async get() {
    loadTranslations("texts/csv");
    const csv = get("de").translate("school");
    await loadGettextTranslations("texts/gettext", "shop");
    this.write([csv, get("pl").translate("school"), get("en").translate("school")].join());
  }
}

export async function makeApp({ debug }: { debug: boolean }) {
  loadTranslations("texts/csv");
  await loadGettextTranslations("texts/gettext", "shop");
  return new Application([["/", Home]], { debug });
}
`;
    const catalogue = po.parse(
      'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8"\n\nmsgid "school"\nmsgstr "szkoła"',
    );
    await writeFiles(folder.path, { ...smallApp, "src/app.ts": languages, "texts/csv/de.csv": "school,Schule" });
    await mkdir(join(folder.path, "texts/gettext/pl/LC_MESSAGES"), { recursive: true });
    await writeFile(join(folder.path, "texts/gettext/pl/LC_MESSAGES/shop.mo"), mo.compile(catalogue));
    await writeFile(join(folder.path, "texts/gettext/pl/LC_MESSAGES/shop.po"), po.compile(catalogue));

    const { files } = await buildApp({ root: folder.path, outdir: join(folder.path, "dist") });
    const root = join(elsewhere.path, "deployed");
    await rename(join(folder.path, "dist"), root);
    await using program = new Program(process.execPath, [join(root, "server.js"), "--port", "0"]);
    const [, port] = await program.saw(/http:\/\/127\.0\.0\.1:(\d+)/);

    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("Schule,szkoła,school");
    expect(files.filter((name) => name.startsWith("texts"))).toEqual([
      "texts/csv/de.csv",
      "texts/gettext/pl/LC_MESSAGES/shop.mo",
    ]);
  });

  it.each([false, true])("logs an exception with the place in the app's source (minify: %s)", async (minify) => {
    await using folder = await temporaryFolder();
    const app = smallApp["src/app.ts"]!.replace("this.write(word)", 'throw new Error("on purpose")');
    await writeFiles(folder.path, { ...smallApp, "src/app.ts": app });
    const line = app.split("\n").findIndex((text) => text.includes("on purpose")) + 1;

    await buildApp({ root: folder.path, outdir: join(folder.path, "dist"), minify });
    await using program = new Program(process.execPath, [join(folder.path, "dist/server.js"), "--port", "0"]);
    const [, port] = await program.saw(/http:\/\/127\.0\.0\.1:(\d+)/);
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    await program.saw(new RegExp(`on purpose[\\s\\S]*src/app\\.ts:${line}:`));

    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain("app.ts");
  });

  it.each([false, true])("logs an exception with the place in the template (minify: %s)", async (minify) => {
    await using folder = await temporaryFolder();
    const page = "<p>\n{% for x of [1] %}{{ [word].map((one) => one.no.such) }}{% end %}";
    await writeFiles(folder.path, { ...smallApp, "templates/page.html": page });

    await buildApp({ root: folder.path, outdir: join(folder.path, "dist"), minify });
    await using program = new Program(process.execPath, [join(folder.path, "dist/server.js"), "--port", "0"]);
    const [, port] = await program.saw(/http:\/\/127\.0\.0\.1:(\d+)/);
    const answer = await fetch(`http://127.0.0.1:${port}/page`);
    const [logged] = await program.saw(/TypeError: Cannot read[\s\S]*500 GET/);

    expect(answer.status).toBe(500);
    expect(logged).toMatch(/\n +at template \(templates\/page\.html:2:22\)\n/);
    expect(logged).not.toContain("tornado:templates");
  });

  it("leaves the tools of development out", async () => {
    await using folder = await temporaryFolder();
    await writeFiles(folder.path, smallApp);

    const { files } = await buildApp({ root: folder.path, outdir: join(folder.path, "dist"), minify: true });

    for (const name of files.filter((one) => one.endsWith(".map"))) {
      const { sources } = JSON.parse(await readFile(join(folder.path, "dist", name), "utf8")) as { sources: string[] };
      expect(
        sources.filter((path) =>
          /node_modules\/(esbuild|chokidar|prompts|commander)|dist\/(dev|bundle|cli)\//.test(path),
        ),
      ).toEqual([]);
    }
  });

  it("reads templates from the folder that the app names", async () => {
    await using folder = await temporaryFolder();
    const { "templates/page.html": page, ...rest } = smallApp;
    const app = rest["src/app.ts"]!.replace('templatePath: "templates"', 'templatePath: "views"');
    await writeFiles(folder.path, { ...rest, "src/app.ts": app, "views/page.html": page! });

    await buildApp({ root: folder.path, outdir: join(folder.path, "dist") });
    await using program = new Program(process.execPath, [join(folder.path, "dist/server.js"), "--port", "0"]);
    const [, port] = await program.saw(/http:\/\/127\.0\.0\.1:(\d+)/);

    expect(await (await fetch(`http://127.0.0.1:${port}/page`)).text()).toContain("page first");
  });

  it.each([
    ["a source", { "src/word.ts": "export const word = = 1;\n" }, /src\/word\.ts:1:21: Unexpected "="/],
    ["a template", { "templates/page.html": "<p>\n{{ 1 + }}\n" }, /templates\/page\.html:2:\d+: /],
  ])("leaves the last build as it is when %s is wrong", async (_, broken, message) => {
    await using folder = await temporaryFolder();
    const outdir = join(folder.path, "dist");
    await writeFiles(folder.path, smallApp);
    await buildApp({ root: folder.path, outdir });
    await writeFile(join(outdir, "mark"), "of the first build");
    await writeFiles(folder.path, broken);

    const error = await buildApp({ root: folder.path, outdir }).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(BuildError);
    expect((error as BuildError).message).toMatch(message);
    expect(existsSync(join(outdir, "mark"))).toBe(true);
    expect((await run("ls", ["-A", folder.path])).stdout).not.toMatch(/^\.dist-|\.tornado/m);
  });

  it("leaves a running server of the build before what it has yet to import, and of no older one", async () => {
    await using folder = await temporaryFolder();
    const outdir = join(folder.path, "dist");
    const app = smallApp["src/app.ts"]!.replace(
      "override get(): void {\n    this.write(word);",
      'override async get(): Promise<void> {\n    this.write((await import("./late.js")).late);',
    );
    const late = (text: string) => ({ "src/late.ts": `export const late: string = "${text}";\n` });
    await writeFiles(folder.path, { ...smallApp, "src/app.ts": app, ...late("of the first build") });
    const first = await buildApp({ root: folder.path, outdir });
    await using program = new Program(process.execPath, [join(outdir, "server.js"), "--port", "0"]);
    const [, port] = await program.saw(/http:\/\/127\.0\.0\.1:(\d+)/);

    await writeFiles(folder.path, late("of the second build"));
    await buildApp({ root: folder.path, outdir });
    const answer = await (await fetch(`http://127.0.0.1:${port}/`)).text();
    await writeFiles(folder.path, late("of the third build"));
    const third = await buildApp({ root: folder.path, outdir });

    expect(answer).toBe("of the first build");
    const old = first.files.filter((name) => name.startsWith("app-") && !third.files.includes(name));
    expect(old.length).toBeGreaterThan(0);
    for (const name of old) expect(existsSync(join(outdir, name))).toBe(false);
  });

  it("leaves nothing behind when it is interrupted, and exits as a shell expects", async () => {
    await using folder = await temporaryFolder();
    const gate = join(folder.path, "made");
    // The build makes the app to ask for its settings: here it says that it is at it, and never finishes.
    const app = `import { writeFileSync } from "node:fs";
writeFileSync(${JSON.stringify(gate)}, "");
await new Promise((resolve) => setTimeout(resolve, 60_000));
${smallApp["src/app.ts"]}`;
    await writeFiles(folder.path, { ...smallApp, "src/app.ts": app });
    await using program = new Program(process.execPath, [resolve("bin/tornado.js"), "build"], { cwd: folder.path });
    await vi.waitUntil(() => existsSync(gate), { timeout: 10_000, interval: 5 });

    program.kill("SIGINT");
    const { code } = await program.ended;

    expect(code).toBe(130);
    expect((await run("ls", ["-A", folder.path])).stdout).not.toMatch(/dist|\.tornado/);
  });

  it("does not replace a folder that no build has made", async () => {
    await using folder = await temporaryFolder();
    await writeFiles(folder.path, smallApp);
    await mkdir(join(folder.path, "precious"));
    await writeFile(join(folder.path, "precious", "thesis.txt"), "years of work");

    const building = buildApp({ root: folder.path, outdir: join(folder.path, "precious") });

    await expect(building).rejects.toMatchObject({ code: "OUTDIR_NOT_OURS" });
  });
});
