import { describe, expect, it } from "vitest";
import { sourceMessages, templateMessages } from "../../../src/scaffold/generators/locale-messages.js";

const shown = ({ messages, unreadable }: ReturnType<typeof sourceMessages>) => [
  messages.map(({ context, message, plural, line }) => [line, context, message, plural]),
  unreadable,
];

describe("templateMessages", () => {
  it("finds the messages of every expression, with their lines", () => {
    const source = [
      "{% extends 'layout.html' %}",
      '<h1>{{ _("Welcome") }}</h1>',
      "{% if user %}{{ _('Hello, %(name)s').replace('%(name)s', user.name) }}",
      '{% elif _("asked") %}{% raw locale.translate(`raw`) %}',
      "{% else %}{{ pgettext('law', \"right\") }}{% end %}",
      '{% for item in [_("first"), (_)("second")] %}{{ _("1 file",',
      '   "%(n)d files", item) }}{% end %}',
      '{% set title = _("title" + " in parts") %}',
      '{% block body %}{% apply (text) => _("applied") + text %}{% module Card(_("for a module")) %}{% end %}{% end %}',
      '{{ pgettext("menu", "%(n)d entry", "%(n)d entries", 2) }}',
      '{# _("in a comment") #}{{ _(user.text) }}{{ _("") }}{{ _.sort() }}{{ other("no message") }}',
      '{% while _("while") %}{% end %}{% try %}{{ _("try") }}{% except %}{{ _("except") }}{% end %}',
    ].join("\n");

    const found = templateMessages("page.html", "/app/templates/page.html", source);

    expect(shown(found)).toEqual([
      [
        [2, "", "Welcome", undefined],
        [3, "", "Hello, %(name)s", undefined],
        [4, "", "asked", undefined],
        [4, "", "raw", undefined],
        [5, "law", "right", undefined],
        [6, "", "first", undefined],
        [6, "", "second", undefined],
        [6, "", "1 file", "%(n)d files"],
        [8, "", "title in parts", undefined],
        [9, "", "applied", undefined],
        [9, "", "for a module", undefined],
        [10, "menu", "%(n)d entry", "%(n)d entries"],
        [12, "", "while", undefined],
        [12, "", "try", undefined],
        [12, "", "except", undefined],
      ],
      [11],
    ]);
  });

  it("says where a template is wrong", () => {
    expect(() => templateMessages("page.html", "/app/templates/page.html", "\n{{ _( }}")).toThrow(/page\.html:2/);
  });
});

describe("sourceMessages", () => {
  it("finds the messages of TypeScript, with the lines they have there", () => {
    const source = `
import type { Locale } from "tornado/locale";

interface Page {
  readonly title: string;
}

export class Handler extends RequestHandler {
  @authenticated
  async get(): Promise<void> {
    const { locale } = this as { locale: Locale };
    const titles: Page[] = [{ title: locale.translate("Title" as string) }];
    this.write(this.locale.translate("1 order", "%(n)d orders", titles.length));
    this.write(this.locale?.pgettext("shop", "cart"));
    this.write(locale.translate(titles[0]!.title));
    this.write(locale.translate("plural at run time", titles[0]!.title, 2));
    this.write(_("free"));
  }
}
`;

    const found = sourceMessages("src/handlers/home.ts", source);

    expect(shown(found)).toEqual([
      [
        [12, "", "Title", undefined],
        [13, "", "1 order", "%(n)d orders"],
        [14, "shop", "cart", undefined],
        [17, "", "free", undefined],
      ],
      [15, 16],
    ]);
  });

  it("knows what dates and lists are made of", () => {
    const messagesOf = (code: string) => sourceMessages("src/a.ts", code).messages.map(({ message }) => message);

    expect(messagesOf("this.locale.formatDate(date)")).toEqual(
      expect.arrayContaining(["1 hour ago", "yesterday at %(time)s", "Monday", "December"]),
    );
    expect(messagesOf("locale.formatDay(date)")).toContain("%(weekday)s, %(month_name)s %(day)s");
    expect(messagesOf("this.locale.list(names); locale.list(names)")).toEqual([
      "%(commas)s and %(last)s",
      "%(commas)s and %(last)s",
    ]);
    expect(messagesOf("todos.list(names)")).toEqual([]);
  });

  it.each(["src/a.js", "src/a.mjs", "src/a.mts"])("reads %s", (path) => {
    expect(sourceMessages(path, '_("x")').messages).toHaveLength(1);
  });

  it("says what is wrong with a source that cannot be parsed", () => {
    expect(() => sourceMessages("src/app.ts", "const = 1;")).toThrow(
      expect.objectContaining({
        code: "BAD_SOURCE",
        message: expect.stringMatching(/"src\/app\.ts".*1:6.*Correct the file\.$/),
      }),
    );
  });
});
