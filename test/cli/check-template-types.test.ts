/** `tornado check` on apps whose templates declare their types, with the real compiler. */

import { existsSync, readFileSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "../support/program.js";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.js";
import { repository } from "./run-program.js";

const base = {
  "package.json": '{ "type": "module" }',
  "tsconfig.json": JSON.stringify({ extends: join(repository, "tsconfig.json"), include: ["src"] }),
  "src/story.ts":
    "export interface Author { name: string }\nexport interface Story { title: string; author?: Author; tags: string[] }\n",
  "src/app.ts": `import { Application, RequestHandler } from "tornado/web";

declare module "tornado/template" {
  interface TemplateNames {
    currentUser: { name: string } | null;
    siteName: string;
  }
}

class Page extends RequestHandler {
  override getTemplateNamespace() {
    return { ...super.getTemplateNamespace(), siteName: "Site" };
  }
  get() {
    return this.render("page.html", { stories: [] });
  }
}

export const makeApp = () =>
  new Application([["/", Page]], {
    templatePath: "templates",
    uiMethods: { shout: (_handler: RequestHandler, text: string) => text.toUpperCase() },
  });
`,
  "templates/layout.html":
    "{% args { title?: string } %}<head>{{ title ?? siteName }}</head>{% set mark = 1 %}{% block main %}{{ mark }}{% end %}",
  "templates/page.html": `{% extends "layout.html" %}
{% args { stories: readonly import("../src/story.js").Story[] } %}
{% block main %}
{% if currentUser %}{{ currentUser.name }} {{ shout("x") }}{% end %}
{% set count = 0 %}
{% for story of stories %}
  {% set count += 1 %}
  {{ super() }} {{ mark + count }} {{ story.title.toUpperCase() }} {{ story.tags.map((tag) => tag.length).join() }}
  {% for [index, tag] of story.tags.entries() %}{{ index.toFixed() }}{{ tag }}{% include "parts/tag.html" %}{% else %}none{% end %}
{% end %}
{% try %}{{ typeof flash === "string" ? flash : "" }}{% except error %}{{ error.message }}{% end %}
{% apply (text) => text.trim() %}{{ reverseUrl("x", 1) }}{% end %}
{% set title = title ?? "none" %}{{ title.length }}{{ await Promise.resolve(1) }}
{% end %}
`,
  "templates/parts/tag.html":
    '{% args { tag: string; story: import("../../src/story.js").Story; size?: number } %}{{ tag }}{{ story.author?.name }}',
  "templates/untyped.html": "{{ anything.at.all }}",
};

async function appWith(files: Record<string, string>): Promise<TemporaryFolder> {
  const folder = await temporaryFolder("tornado-check");
  for (const [name, text] of Object.entries({ ...base, ...files })) {
    await mkdir(dirname(join(folder.path, name)), { recursive: true });
    await writeFile(join(folder.path, name), text);
  }
  return folder;
}

async function check(files: Record<string, string>, withCompiler = true) {
  await using app = await appWith(files);
  if (withCompiler) await symlink(join(repository, "node_modules"), join(app.path, "node_modules"), "junction");
  const ended = await run(process.execPath, [join(repository, "bin/tornado.js"), "check"], { cwd: app.path });
  const declarations = join(app.path, ".tornado/check/templates.d.ts");
  return { ...ended, declarations: existsSync(declarations) ? readFileSync(declarations, "utf8") : undefined };
}

describe("check", () => {
  it("accepts templates and calls that agree, and writes the types for editors", async () => {
    const { stdout, code, declarations } = await check({});

    expect(stdout).toMatch(/✔ types +no errors\n✔ application +1 route\n✔ templates +4 compiled, 3 with types\n/);
    expect(code).toBe(0);
    expect(declarations).toContain(
      '"page.html": ({ stories: readonly import("../../src/story.js").Story[] }) & ({ title?: string });',
    );
  });

  it("finds what is wrong in templates and in calls, each at its place, all at once", async () => {
    const { stdout, code } = await check({
      "src/pages.ts": `import { RequestHandler, UIModule } from "tornado/web";
export class Pages extends RequestHandler {
  get() {
    this.render("page.html");
    this.render("page.html", { stories: [{ titel: "x" }] });
    this.renderString("parts/tag.html", { tag: 5, story: { title: "", tags: [] } });
    this.render("untyped.html", { whatever: 1 });
  }
}
export class Module extends UIModule {
  render() {
    return this.renderString("layout.html", { title: "x", more: 1 });
  }
}
`,
      "templates/bad.html": `{% args { user: import("../src/story.js").Author, when: Dat } %}
<p>{{ user.nme }} {{ usr }}</p>
{% for x of user %}{% end %}
{% include "parts/tag.html" %}
{% include "parts/plain.html" %}
{% module Template("parts/tag.html", { tag: 1 }) %}`,
      "templates/parts/plain.html": "\n{{ user.nane }}",
      "templates/syntax.html": "{{ a b }}",
      "templates/untyped.html": "{% if anything %}{% module Templat() %}{% module linkify('x') %}{% end %}",
    });
    const errors = stdout.split("\n").filter((line) => /^ {2}\S/.test(line));

    expect(code).toBe(1);
    expect(errors).toEqual([
      expect.stringMatching(/^ {2}src\/pages\.ts\(4,10\): error TS2554: Expected 2 arguments, but got 1\./),
      expect.stringMatching(/^ {2}src\/pages\.ts\(5,\d+\): error TS\d+: .*titel/),
      expect.stringMatching(
        /^ {2}src\/pages\.ts\(6,\d+\): error TS2322: Type 'number' is not assignable to type 'string'/,
      ),
      expect.stringMatching(/^ {2}src\/pages\.ts\(12,\d+\): error TS2353: .*'more' does not exist/),
      expect.stringMatching(/^ {2}templates\/syntax\.html:1:6: Unexpected "b"/),
      expect.stringMatching(
        /^ {2}templates\/untyped\.html:1:18: No UI module is named "Templat"\. Did you mean "Template"\?/,
      ),
      expect.stringMatching(/^ {2}templates\/bad\.html:1:57: Cannot find name 'Dat'/),
      expect.stringMatching(/^ {2}templates\/bad\.html:2:12: Property 'nme' does not exist .* Did you mean 'name'\?/),
      '  templates/bad.html:2:22: "usr" is not known here. Did you mean "user"? Declare it in "{% args %}", or correct it.',
      expect.stringMatching(/^ {2}templates\/bad\.html:3:13: Type 'Author' /),
      expect.stringMatching(/^ {2}templates\/bad\.html:4:1: "tag" is not known here/),
      expect.stringMatching(/^ {2}templates\/bad\.html:4:1: "story" is not known here/),
      expect.stringMatching(/^ {2}templates\/bad\.html:6:40: Type .number. is not assignable/),
      expect.stringMatching(/^ {2}templates\/parts\/plain\.html:2:9: Property 'nane' does not exist/),
    ]);
    expect(stdout).toContain("    2 | <p>{{ user.nme }} {{ usr }}</p>\n      |            ^\n");
  });

  it("checks the rest, and says so, when the compiler is not installed", async () => {
    await using app = await appWith({ "templates/bad.html": "{% args { a: string } %}{{ a.b.c }}{{ ) }}" });

    const { stdout } = await run(process.execPath, [join(repository, "bin/tornado.js"), "check"], { cwd: app.path });

    expect(stdout).toMatch(
      /^○ types +not checked: typescript is not installed\n✔ application +1 route\n✖ templates +1 error\n/,
    );
  });
});

describe("check of the names that are rendered", () => {
  const app = (classes: string, settings = "") => ({
    "src/app.ts": `import { Application, RequestHandler, UIModule } from "tornado/web";
import { DictLoader, Loader } from "tornado/template";

class Base extends RequestHandler {
  name = "run-time.html";
  override writeError() { return this.render("eror.html"); }
}
${classes}
void [Loader, DictLoader, Base, UIModule];
export const makeApp = () => new Application([["/", Page]], { templatePath: "templates", ${settings} });
`,
    "templates/error.html": "",
    "admin/users.html": "",
    "templates/page.html": "",
  });
  const missing = (output: string) =>
    [...output.matchAll(/^ {2}(\S+): The template "(.+?)" is not in .*$/gm)].map(
      ([, place, name]) => `${place} ${name}`,
    );

  it("says which template is not there, where, and what may be meant", async () => {
    const page = `class Page extends Base {
  async get() { if (this.getArgument("x", null)) await this.renderString("pages.html"); this.render(this.name); }
}
class Card extends UIModule { render() { return this.renderString("cards/one.html"); } }`;

    const { stdout, code } = await check(app(page, "uiModules: { Card }"), false);

    expect(missing(stdout)).toEqual([
      "src/app.ts:6:46 eror.html",
      "src/app.ts:9:74 pages.html",
      "src/app.ts:11:67 cards/one.html",
    ]);
    expect(stdout).toContain('Did you mean "error.html"? Create it, or correct the name.');
    expect(stdout).toContain('Did you mean "page.html"?');
    expect(stdout).toContain('  6 |   override writeError() { return this.render("eror.html"); }\n');
    expect(code).toBe(1);
  });

  it("looks where the handler says that its templates are", async () => {
    const page = `class Page extends Base {
  override getTemplatePath() { return "admin"; }
  get() { return this.render("users.html"); }
  post() { return this.render("page.html"); }
}`;

    const { stdout } = await check(app(page), false);

    expect(missing(stdout)).toEqual(["src/app.ts:6:46 eror.html", "src/app.ts:11:31 page.html"]);
  });

  it.each([
    ["a folder that is found at run time", "override getTemplatePath() { return this.name; }", ""],
    ["a loader of its own", 'override createTemplateLoader() { return new DictLoader({ "x.html": "" }); }', ""],
    ["a loader of the application", "", 'templateLoader: new Loader("admin")'],
    ["names of its own making", "override renderString(name: string) { return name; }", ""],
  ])("says nothing about %s", async (_what, method, settings) => {
    const page = `class Page extends Base { ${method}\n  get() { return this.render("x.html"); } }
class Chart extends Map { render(name: string) { return name; } draw() { return this.render("bars"); } }
void Chart;`;

    const { stdout } = await check(app(page, settings), false);

    expect(missing(stdout)).toEqual([]);
  });
});
