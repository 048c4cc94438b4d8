import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { repository, runProgram, temporaryFolder } from "./run-program.js";

let app: string;

beforeEach(() => {
  app = temporaryFolder();
  write("package.json", '{ "name": "shop", "type": "module" }');
  write(
    "src/app.ts",
    `import { loadGettextTranslations } from "tornado/locale";
import { Application, RequestHandler } from "tornado/web";

class Home extends RequestHandler {
  get() {
    this.render("home.html", { files: 2, note: this.locale.translate("from the source") });
  }
}

export async function makeApp({ debug }: { debug: boolean }) {
  if (process.env.WITH_LOCALE) await loadGettextTranslations("locale", "messages");
  return new Application([["/", Home]], { debug, templatePath: "pages" });
}
`,
  );
  write("pages/home.html", '<h1>{{ _("Welcome") }}</h1>{{ _("1 file", "%(n)d files", files) }} {{ note }}\n');
  symlinkSync(join(repository, "node_modules"), join(app, "node_modules"), "junction");
});
afterEach(() => rmSync(app, { recursive: true, force: true }));

function write(path: string, content: string): void {
  mkdirSync(dirname(join(app, path)), { recursive: true });
  writeFileSync(join(app, path), content);
}

const read = (path: string) => readFileSync(join(app, path), "utf8");
const generate = (...words: string[]) => runProgram("tornado", ["generate", "locale", ...words], { cwd: app });

describe("tornado generate locale", () => {
  it("collects messages, begins a language, and brings it up to date", { timeout: 60_000 }, async () => {
    const first = await generate("de");
    const template = read("locale/messages.pot");
    write(
      "locale/de/LC_MESSAGES/messages.po",
      read("locale/de/LC_MESSAGES/messages.po")
        .replace('msgid "Welcome"\nmsgstr ""', 'msgid "Welcome"\nmsgstr "Willkommen"')
        .replace('msgid "from the source"\nmsgstr ""', 'msgid "from the source"\nmsgstr "aus dem Quelltext"'),
    );
    write("pages/about.txt", '\n{{ _("About") }}');
    const second = await generate();
    const third = await generate();

    expect(first).toMatchObject({ exitCode: 0, stderr: "" });
    expect(first.stdout).toBe(
      `created  locale/messages.pot
created  locale/de/LC_MESSAGES/messages.po
created  locale/de/LC_MESSAGES/messages.mo

de: 0 of 3 messages translated, in locale/de/LC_MESSAGES/messages.po

Load them in makeApp():
  await loadGettextTranslations("locale", "messages");
`,
    );
    expect(template).toContain('#: pages/home.html:1\nmsgid "Welcome"');
    expect(template).toContain('#: src/app.ts:6\nmsgid "from the source"');
    expect(second.stdout).toContain("changed  locale/messages.pot");
    expect(second.stdout).toContain("de: 2 of 4 messages translated");
    expect(read("locale/messages.pot")).toContain("#: pages/about.txt:2");
    expect(third.stdout).toBe("\nde: 2 of 4 messages translated, in locale/de/LC_MESSAGES/messages.po\n");
  });

  it("takes another name for the files, and writes nothing on a dry run", { timeout: 30_000 }, async () => {
    const { exitCode, stdout } = await generate("pt_BR", "--domain", "shop", "--dry-run");

    expect(exitCode).toBe(0);
    expect(stdout).toContain("would create  locale/pt_BR/LC_MESSAGES/shop.mo");
    expect(existsSync(join(app, "locale"))).toBe(false);
  });

  it.each([
    [["german"], '"german" is no language'],
    [["de", "--domain", "../x"], '"../x" cannot be the name of files'],
  ])("refuses %j", { timeout: 30_000 }, async (words, message) => {
    const { exitCode, stderr } = await generate(...words);

    expect(exitCode).not.toBe(0);
    expect(stderr).toContain(message);
  });

  it("keeps --domain to itself", async () => {
    const { stderr } = await runProgram("tornado", ["generate", "handler", "x", "--domain", "y"], { cwd: app });

    expect(stderr).toContain("--domain is for");
  });
});
