import { mo, po } from "gettext-parser";
import { describe, expect, it } from "vitest";
import { parsePluralForms } from "../../../src/core/locale/plural-forms.js";
import {
  compiledFile,
  countTranslated,
  languageFile,
  listMessages,
  type PlacedMessage,
  templateFile,
} from "../../../src/scaffold/generators/locale-catalogue.js";
import { pluralForms } from "../../../src/scaffold/generators/locale-plural-forms.js";

const placed = (file: string, line: number, message: string, more: Partial<PlacedMessage> = {}): PlacedMessage => ({
  file,
  line,
  message,
  context: "",
  plural: undefined,
  ...more,
});

const found = [
  placed("templates/home.html", 12, "Welcome"),
  placed("src/app.ts", 3, "Welcome"),
  placed("src/app.ts", 20, "%(n)d file", { plural: "%(n)d files" }),
  placed("src/app.ts", 9, "%(n)d file"),
  placed("src/app.ts", 5, "right", { context: "law" }),
  placed("src/app.ts", 6, 'two\n"lines"'),
  placed("src/app.ts", 7, "__proto__"),
  placed("src/app.ts", 8, "in", { context: "constructor" }),
];

describe("templateFile", () => {
  it("lists each message once, sorted, with all its places", () => {
    const text = templateFile(listMessages(found));

    expect(text).toBe(`msgid ""
msgstr ""
"Language: \\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

#: src/app.ts:9
#: src/app.ts:20
#, python-format
msgid "%(n)d file"
msgid_plural "%(n)d files"
msgstr[0] ""
msgstr[1] ""

#: src/app.ts:3
#: templates/home.html:12
msgid "Welcome"
msgstr ""

#: src/app.ts:7
msgid "__proto__"
msgstr ""

#: src/app.ts:6
msgid ""
"two\\n"
"\\"lines\\""
msgstr ""

#: src/app.ts:8
msgctxt "constructor"
msgid "in"
msgstr ""

#: src/app.ts:5
msgctxt "law"
msgid "right"
msgstr ""
`);
    expect(templateFile(listMessages(found.toReversed()))).toBe(text);
  });
});

describe("languageFile", () => {
  const messages = listMessages(found);

  it("begins with as many forms as the language has", () => {
    const text = languageFile("pl", messages, undefined);

    expect(text).toContain('"Language: pl\\n"');
    expect(text).toContain("nplurals=3");
    expect(text).toContain('msgstr[2] ""');
    expect(countTranslated(text)).toBe(0);
  });

  it("keeps translations, comments and the header, and adds what is new", () => {
    const before = languageFile("de", messages, undefined)
      .replace('"Language: de\\n"', '"Language: de\\n"\n"Last-Translator: Ada <ada@example.com>\\n"')
      .replace('msgid "Welcome"\nmsgstr ""', '# to guests\nmsgid "Welcome"\nmsgstr "Willkommen"')
      .replace('msgstr[0] ""\nmsgstr[1] ""', 'msgstr[0] "%(n)d Datei"\nmsgstr[1] "%(n)d Dateien"');
    const grown = listMessages([...found, placed("src/app.ts", 30, "Sign in")]);

    const text = languageFile("de", grown, before);

    expect(text).toContain("Last-Translator: Ada <ada@example.com>");
    expect(text).toContain(
      '# to guests\n#: src/app.ts:3\n#: templates/home.html:12\nmsgid "Welcome"\nmsgstr "Willkommen"',
    );
    expect(text).toContain('msgstr[1] "%(n)d Dateien"');
    expect(text).toContain('msgid "Sign in"\nmsgstr ""');
    expect(countTranslated(text)).toBe(2);
    expect(languageFile("de", grown, text)).toBe(text);
  });

  it("keeps the translation of a message that is gone, and brings it back", () => {
    const before = languageFile("de", messages, undefined).replace(
      'msgid "Welcome"\nmsgstr ""',
      'msgid "Welcome"\nmsgstr "Willkommen"',
    );

    const without = languageFile(
      "de",
      messages.filter(({ msgid }) => msgid !== "Welcome"),
      before,
    );
    const again = languageFile("de", messages, without);

    expect(without).toContain('#~ msgid "Welcome"\n#~ msgstr "Willkommen"');
    expect(without).not.toContain('#~ msgid "right"');
    expect(again).toBe(before);
  });

  it("marks a translation whose plural has changed, which then is not used", () => {
    const before = languageFile("de", messages, undefined).replace(
      'msgid "Welcome"\nmsgstr ""',
      'msgid "Welcome"\nmsgstr "Willkommen"',
    );
    const changed = listMessages([placed("src/app.ts", 1, "Welcome", { plural: "Welcome, all" })]);

    const text = languageFile("de", changed, before);

    expect(text).toContain(
      '#, fuzzy\nmsgid "Welcome"\nmsgid_plural "Welcome, all"\nmsgstr[0] "Willkommen"\nmsgstr[1] ""',
    );
    expect(countTranslated(text)).toBe(0);
    expect(Object.keys(mo.parse(compiledFile(text)).translations[""]!)).not.toContain("Welcome");
  });
});

describe("compiledFile", () => {
  it("holds what is translated, and the rule of plurals", () => {
    const text = languageFile("pl", listMessages(found), undefined).replace(
      'msgid "Welcome"\nmsgstr ""',
      'msgid "Welcome"\nmsgstr "Witamy, zażółć"',
    );

    const { headers, translations } = mo.parse(compiledFile(text), "utf-8");

    expect(headers["Plural-Forms"]).toBe(pluralForms("pl"));
    expect(translations[""]!.Welcome!.msgstr).toEqual(["Witamy, zażółć"]);
    expect(Object.keys(translations[""]!).sort()).toEqual(["", "Welcome"]);
    expect(po.parse(text).charset).toBe("utf-8");
  });
});

it.each(["de", "fr", "pt_BR", "pt", "ru", "pl", "ar", "ga", "sl", "lt", "lv", "ro", "cs", "ja", "zh_CN"])(
  "has a rule for %s by which CLDR counts whole numbers, too",
  (language) => {
    const rule = parsePluralForms(pluralForms(language));
    const categories = new Intl.PluralRules(language.replace("_", "-"));
    // CLDR has a category of millions in some languages, which gettext has not.
    const numbers = Array.from({ length: 200 }, (_, number) => number);

    const categoryOf = new Map<number, Set<string>>();
    for (const number of numbers) {
      const form = rule(number);
      categoryOf.set(form, (categoryOf.get(form) ?? new Set()).add(categories.select(number)));
    }

    // gettext's rule of Portuguese and of Latvian divide 0 differently, by long custom.
    const expected = ["pt", "lv"].includes(language) ? 2 : 1;
    for (const names of categoryOf.values()) expect(names.size).toBeLessThanOrEqual(expected);
  },
);
