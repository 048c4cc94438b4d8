import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { loadTranslations } from "../../../src/core/locale/load-translations.js";
import { get, getSupportedLocales, setTranslations } from "../../../src/core/locale/supported-locales.js";
import { translationFolders } from "../../../src/core/locale/translation-folder.js";
import { configureRuntime, runtime } from "../../../src/core/runtime.js";
import { expectLog } from "../../../src/core/testing/expect-log.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

async function folderOf(files: Readonly<Record<string, string | Buffer>>) {
  const folder = await temporaryFolder("locale");
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder.path, name), content);
  return folder;
}

afterEach(() => setTranslations(new Map()));

describe("loadTranslations", () => {
  it("loads each CSV file as a language", async () => {
    await using folder = await folderOf({
      "es_LA.csv": [
        '"I love you","Te amo"',
        '"%(name)s liked this","A %(name)s les gustó esto","plural"',
        '"%(name)s liked this","A %(name)s le gustó esto","singular"',
        '" trimmed "," recortado ",',
        '"two\nlines","dos\nlíneas",unknown',
        '"a ""quoted"" word","una palabra ""citada"""',
        "",
        "only one column",
      ].join("\n"),
      "fr.csv": "Sign in,Se connecter\r\nSign out,Se déconnecter\r\n",
      "README.md": "no translations",
    });

    loadTranslations(folder.path);

    const es = get("es_LA");
    expect(getSupportedLocales().sort()).toEqual(["en_US", "es_LA", "fr"]);
    expect(es.translate("I love you")).toBe("Te amo");
    expect(es.translate("%(name)s liked this", "%(name)s liked this", 1)).toBe("A %(name)s le gustó esto");
    expect(es.translate("%(name)s liked this", "%(name)s liked this", 2)).toBe("A %(name)s les gustó esto");
    expect(es.translate("trimmed")).toBe("recortado");
    expect(es.translate("two\nlines")).toBe("dos\nlíneas");
    expect(es.translate('a "quoted" word')).toBe('una palabra "citada"');
    expect(get("fr").translate("Sign out")).toBe("Se déconnecter");
  });

  const swedish = '"school","skola"\n"é","å"\n';
  const bigEndian = (text: string) => Buffer.from(text, "utf16le").swap16();

  it.each([
    ["UTF-8", Buffer.from(swedish), undefined],
    ["UTF-8 with a byte-order mark", Buffer.from(`\ufeff${swedish}`), undefined],
    ["UTF-16 of little ends with a mark", Buffer.from(`\ufeff${swedish}`, "utf16le"), undefined],
    ["UTF-16 of big ends with a mark", bigEndian(`\ufeff${swedish}`), undefined],
    ["UTF-16 without a mark, when told", Buffer.from(swedish, "utf16le"), "utf-16le"],
    ["Latin-1, when told", Buffer.from(swedish, "latin1"), "latin1"],
  ])("reads %s", async (_, bytes, encoding) => {
    await using folder = await folderOf({ "sv.csv": bytes });

    loadTranslations(folder.path, encoding);

    expect([get("sv").translate("school"), get("sv").translate("é")]).toEqual(["skola", "å"]);
  });

  it("decides on the encoding of each file by itself", async () => {
    await using folder = await folderOf({
      "da.csv": Buffer.from("\ufeffa,1", "utf16le"),
      "sv.csv": Buffer.from("a,å"),
    });

    loadTranslations(folder.path);

    expect([get("da").translate("a"), get("sv").translate("a")]).toEqual(["1", "å"]);
  });

  it("logs a file whose name is no locale, and a row with an unknown number, and goes on", async () => {
    await using folder = await folderOf({ "de-DE.csv": "a,b", "de.csv": '"a","b"\n"c","d","dual"\n"e","f"\n' });
    using name = expectLog("tornado.general", /"de-DE" is no locale/);
    using row = expectLog("tornado.general", /de\.csv:2: "dual" is neither "singular" nor "plural"/);

    loadTranslations(folder.path);

    expect([get("de").translate("c"), get("de").translate("e")]).toEqual(["c", "f"]);
    expect([name.loggedStack, row.loggedStack]).toEqual([false, false]);
  });

  it("replaces what was loaded before", async () => {
    await using first = await folderOf({ "de.csv": "a,b" });
    await using second = await folderOf({ "fr.csv": "a,c" });

    loadTranslations(first.path);
    loadTranslations(second.path);

    expect(getSupportedLocales().sort()).toEqual(["en_US", "fr"]);
  });

  it.each([
    ["is not CSV", { "de.csv": '"a","b"\n"never closed' }, undefined, /de\.csv:2: .*Quote.*Correct the file\.$/],
    ["is in another encoding", { "de.csv": Buffer.from([0xe4, 0x2c]) }, undefined, /de\.csv is not in utf-8\. Give/],
    ["names no encoding", { "de.csv": "a,b" }, "utf-5", /There is no encoding "utf-5"/],
  ])("refuses what %s", async (_, files, encoding, message) => {
    await using folder = await folderOf(files as Record<string, string>);

    const loading = () => loadTranslations(folder.path, encoding);

    expect(loading).toThrow(
      expect.objectContaining({ code: "BAD_TRANSLATIONS", message: expect.stringMatching(message) }),
    );
  });

  it("looks for a relative folder in the app's root, and remembers it for a build", async () => {
    await using root = await temporaryFolder("locale");
    await mkdir(join(root.path, "locale"));
    await writeFile(join(root.path, "locale/de.csv"), "a,b");
    const { appRoot } = runtime();

    try {
      configureRuntime({ appRoot: root.path });
      loadTranslations("locale");
      expect(() => loadTranslations("translations")).toThrow(
        /^There is no folder ".*translations" of translations\. Make/,
      );
    } finally {
      configureRuntime({ appRoot });
    }

    expect(get("de").translate("a")).toBe("b");
    expect(translationFolders()).toContain(join(root.path, "locale"));
  });
});
