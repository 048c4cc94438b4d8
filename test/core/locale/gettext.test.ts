import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mo, po } from "gettext-parser";
import { afterEach, describe, expect, it } from "vitest";
import { GettextLocale } from "../../../src/core/locale/gettext-locale.js";
import { loadGettextTranslations } from "../../../src/core/locale/load-gettext-translations.js";
import { get, getSupportedLocales, setTranslations } from "../../../src/core/locale/supported-locales.js";
import { expectLog } from "../../../src/core/testing/expect-log.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const polish = `
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\\n"

msgid "school"
msgstr "szkoła"

msgid "%(n)d file"
msgid_plural "%(n)d files"
msgstr[0] "%(n)d plik"
msgstr[1] "%(n)d pliki"
msgstr[2] "%(n)d plików"

msgctxt "law"
msgid "right"
msgstr "prawo"

msgctxt "direction"
msgid "right"
msgstr "prawo (kierunek)"

msgctxt "computing"
msgid "%(n)d file"
msgid_plural "%(n)d files"
msgstr[0] "zbiór"
msgstr[1] "zbiory"
msgstr[2] "zbiorów"

msgid "not yet"
msgstr ""
`;

async function tree(files: Readonly<Record<string, Buffer>>) {
  const folder = await temporaryFolder("gettext");
  for (const [language, content] of Object.entries(files)) {
    const messages = join(folder.path, language, "LC_MESSAGES");
    await mkdir(messages, { recursive: true });
    await writeFile(join(messages, "shop.mo"), content);
  }
  return folder;
}

const compiled = (text: string) => mo.compile(po.parse(text));

afterEach(() => setTranslations(new Map()));

describe("loadGettextTranslations", () => {
  it("loads the catalogue of each language", async () => {
    await using folder = await tree({ pl: compiled(polish), pt_BR: compiled('msgid ""\nmsgstr "Language: pt_BR\\n"') });

    await loadGettextTranslations(folder.path, "shop");

    expect(getSupportedLocales().sort()).toEqual(["en_US", "pl", "pt_BR"]);
    expect(get("pl")).toBeInstanceOf(GettextLocale);
    expect(get("pl").translate("school")).toBe("szkoła");
    expect(get("pl").name).toBe("Polski");
  });

  it("chooses the form of a number by the rule of the catalogue", async () => {
    await using folder = await tree({ pl: compiled(polish) });

    await loadGettextTranslations(folder.path, "shop");
    const files = (count: number) => get("pl").translate("%(n)d file", "%(n)d files", count);

    expect([1, 2, 5, 12, 22].map(files)).toEqual([
      "%(n)d plik",
      "%(n)d pliki",
      "%(n)d plików",
      "%(n)d plików",
      "%(n)d pliki",
    ]);
    expect(() => get("pl").translate("%(n)d file", "%(n)d files")).toThrow("needs the count");
  });

  it("tells contexts apart, as Tornado does", async () => {
    await using folder = await tree({ pl: compiled(polish) });

    await loadGettextTranslations(folder.path, "shop");
    const pl = get("pl");

    expect(pl.pgettext("law", "right")).toBe("prawo");
    expect(pl.pgettext("direction", "right")).toBe("prawo (kierunek)");
    expect(pl.pgettext("politics", "right")).toBe("right");
    expect(pl.pgettext("other", "school")).toBe("school");
    expect(pl.pgettext("computing", "%(n)d file", "%(n)d files", 2)).toBe("zbiory");
    expect(pl.pgettext("office", "%(n)d file", "%(n)d files", 2)).toBe("%(n)d pliki");
  });

  it("leaves what has no translation as it is, in every language", async () => {
    await using folder = await tree({ pl: compiled(polish) });

    await loadGettextTranslations(folder.path, "shop");

    for (const locale of [get("pl"), get("en_US")]) {
      expect(locale.translate("not yet")).toBe("not yet");
      expect(locale.translate("constructor")).toBe("constructor");
      expect(locale.translate("1 dog", "%(n)d dogs", 1)).toBe("1 dog");
      expect(locale.translate("1 dog", "%(n)d dogs", 3)).toBe("%(n)d dogs");
      expect(locale.pgettext("any", "thing")).toBe("thing");
    }
  });

  it("logs a catalogue that cannot be read, and goes on", async () => {
    await using folder = await tree({
      de: Buffer.from("this is no catalogue"),
      fr: Buffer.alloc(0),
      it: compiled('msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=evil();\\n"'),
      pl: compiled(polish),
    });
    using german = expectLog("tornado.general", /de.LC_MESSAGES.shop\.mo cannot be loaded/);
    using french = expectLog("tornado.general", /fr.LC_MESSAGES.shop\.mo cannot be loaded/);
    using italian = expectLog("tornado.general", /it.LC_MESSAGES.shop\.mo cannot be loaded.*rule of plural forms/);

    await loadGettextTranslations(folder.path, "shop");

    expect(getSupportedLocales().sort()).toEqual(["en_US", "pl"]);
    expect([german, french, italian].map((log) => log.loggedStack)).toEqual([false, false, false]);
  });

  it("refuses a folder that is not there", async () => {
    const loading = loadGettextTranslations("/nowhere/at/all", "shop");

    await expect(loading).rejects.toThrow(expect.objectContaining({ code: "BAD_TRANSLATIONS" }));
  });
});
