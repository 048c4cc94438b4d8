import { describe, expect, it } from "vitest";
import { templateFramesOf } from "../../../src/core/template/errors.js";
import { DictLoader } from "../../../src/core/template/loader.js";
import { insertResources, type PageHandler } from "../../../src/core/web/page-resources.js";
import {
  builtInModules,
  isUIModule,
  UIModule,
  type UIModuleClass,
  type UIModuleHandler,
} from "../../../src/core/web/ui-module.js";
import { UIModules } from "../../../src/core/web/ui-modules.js";

/** The little of a handler that modules and pages need. */
function handlerWith(
  sources: Record<string, string>,
  classes: Record<string, UIModuleClass> = {},
  own: Partial<PageHandler> = {},
) {
  const loader = new DictLoader(sources);
  const handler = {
    ...own,
    renderString: (name: string, namespace: Record<string, unknown> = {}) =>
      loader.load(name).generate({ modules: modules.namespace, ...namespace }),
    staticUrl: (path: string) => `/static/${path}`,
    xsrfFormHtml: () => '<input name="_xsrf"/>',
  };
  const modules = new UIModules(handler as unknown as UIModuleHandler, { ...builtInModules, ...classes });
  const render = async (name: string, namespace?: Record<string, unknown>) =>
    insertResources(await handler.renderString(name, namespace), modules.active, handler);
  return { render, renderString: handler.renderString, modules };
}

class Entry extends UIModule {
  static made = 0;
  #uses = 0;

  constructor(handler: UIModuleHandler) {
    super(handler);
    Entry.made++;
  }

  render(name: string): string {
    return `<i>${++this.#uses} ${name}</i>`;
  }

  override embeddedCss = () => "i {}";
  override embeddedJavascript = () => "start();";
  override cssFiles = () => ["entry.css", "/shared.css"];
  override javascriptFiles = () => "entry.js";
  override htmlHead = () => "<meta>";
  override htmlBody = () => "<hr>";
}

class Other extends UIModule {
  render(): string {
    return this.renderString("other.html") as string;
  }

  override embeddedJavascript = () => "other();";
  override cssFiles = () => "https://cdn.example/x.css?a&b";
  override javascriptFiles = () => ["entry.js", "/static/other.js"];
  override embeddedCss = () => null;
}

const page =
  "<html><head></head><body>{% module Entry('a') %}{% module Other() %}{% module Entry('b') %}</body></html>";

describe("UI modules", () => {
  it("print unescaped, with one instance for each name and handler", async () => {
    Entry.made = 0;
    const { renderString } = handlerWith({ page, "other.html": "<u>{{ '<' }}</u>" }, { Entry, Other });

    const html = renderString("page");

    expect(html).toBe("<html><head></head><body><i>1 a</i><u>&lt;</u><i>2 b</i></body></html>");
    expect(Entry.made).toBe(1);
  });

  it("put their resources into the page, in the order of first use and each file once", async () => {
    const { render } = handlerWith({ page, "other.html": "" }, { Entry, Other });

    const html = await render("page");

    expect(html).toBe(
      [
        "<html><head>",
        '<link href="/static/entry.css" rel="stylesheet"/><link href="/shared.css" rel="stylesheet"/>',
        '<link href="https://cdn.example/x.css?a&amp;b" rel="stylesheet"/>\n',
        "<style>\ni {}\n</style>\n",
        "<meta>\n",
        "</head><body><i>1 a</i><i>2 b</i>",
        '<script src="/static/entry.js"></script><script src="/static/other.js"></script>\n',
        "<script>\nstart();\nother();\n</script>\n",
        "<hr>\n",
        "</body></html>",
      ].join(""),
    );
  });

  it("give their tags the nonce of the handler", async () => {
    const { render } = handlerWith({ page, "other.html": "" }, { Entry, Other }, { cspNonce: "abc" });

    const html = await render("page");

    expect(html.match(/<(?:script|style)[^>]*>/g)).toEqual([
      '<style nonce="abc">',
      '<script src="/static/entry.js" nonce="abc">',
      '<script src="/static/other.js" nonce="abc">',
      '<script nonce="abc">',
    ]);
  });

  it("let the handler write its own tags", async () => {
    const own = { renderLinkedJs: (files: readonly string[]) => `[${files.join()}]` };
    const { render } = handlerWith({ page, "other.html": "" }, { Entry, Other }, own);

    expect(await render("page")).toContain("[entry.js,entry.js,/static/other.js]\n<script>");
  });

  it("leave a page without resources as it is", async () => {
    const { render } = handlerWith({
      page: "{% module linkify('www.a.com', { requireProtocol: true }) %}{% module xsrfFormHtml() %}",
    });

    expect(await render("page")).toBe('www.a.com<input name="_xsrf"/>');
  });

  it("say which tag a page lacks", async () => {
    const { render } = handlerWith({ page: "{% module Entry('a') %}" }, { Entry });

    await expect(render("page")).rejects.toThrow('the page has no "</head>"');
  });

  it("use the last </body>, in whatever case", async () => {
    const { render } = handlerWith(
      { page: "<HEAD>İİ</HEAD><BODY>İ<!-- </BODY> -->{% module Entry('a') %}</BODY>" },
      { Entry },
    );

    expect(await render("page")).toMatch(
      /^<HEAD>İİ<link.*\n<\/HEAD>.*<\/BODY> --><i>1 a<\/i><script.*<hr>\n<\/BODY>$/s,
    );
  });

  it("may render asynchronously, side by side", async () => {
    const started: string[] = [];
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    class Slow extends UIModule {
      async render(name: string): Promise<string> {
        started.push(name);
        await released;
        return `<${name}>`;
      }
    }
    const { renderString } = handlerWith(
      { page: "{% module Slow('a') %}-{% apply x => x.toUpperCase() %}{% module Slow('b') %}{% end %}" },
      { Slow },
    );

    const printed = renderString("page");
    expect(started).toEqual(["a", "b"]);
    release();

    expect(await printed).toBe("<a>-<B>");
  });

  it("that reject are placed in the template", async () => {
    class Failing extends UIModule {
      async render(): Promise<string> {
        throw new Error("failed");
      }
    }
    const { renderString } = handlerWith({ page: "\n{% module Failing() %}" }, { Failing });

    const error = await Promise.resolve(renderString("page")).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ message: "failed" });
    expect(templateFramesOf(error)).toEqual([{ file: "page", line: 2, column: 1 }]);
  });

  it("that do not exist are named, with the nearest one", () => {
    const { renderString } = handlerWith({ page: "{% module Entyr() %}" }, { Entry });

    expect(() => renderString("page")).toThrow('page:1:1: No UI module is named "Entyr". Did you mean "Entry"?');
  });

  it("are functions of modules as well, whose output is escaped", () => {
    const { renderString } = handlerWith({ page: "{{ modules.Entry('a') }}" }, { Entry });

    expect(renderString("page")).toBe("&lt;i&gt;1 a&lt;/i&gt;");
  });
});

describe("the Template module", () => {
  it("prints a template with its own names, and takes its resources once", async () => {
    const { render } = handlerWith({
      page: "<head></head><body>{% set x = 1 %}{% for n of [1, 2] %}{% module Template('part', { n }) %}{% end %}</body>",
      part: "{{ setResources({ cssFiles: 'part.css', embeddedJavascript: 'part()' }) }}{{ n }}{{ typeof x }}",
    });

    expect(await render("page")).toBe(
      '<head><link href="/static/part.css" rel="stylesheet"/>\n</head><body>1undefined2undefined<script>\npart()\n</script>\n</body>',
    );
  });

  it("takes every kind of resource, also from a template that waits", async () => {
    const { render } = handlerWith({
      page: "<head></head><body>{% module Template('slow', { later: Promise.resolve('x') }) %}{% module Template('plain') %}</body>",
      slow: "{{ await later }}{{ setResources({ embeddedCss: 'a {}', cssFiles: ['a.css', 'b.css'], htmlHead: '<meta>', htmlBody: '<hr>' }) }}",
      plain: "{{ setResources({ embeddedCss: 'b {}', javascriptFiles: 'b.js', cssFiles: 'b.css' }) }}y",
    });

    expect(await render("page")).toBe(
      [
        '<head><link href="/static/a.css" rel="stylesheet"/><link href="/static/b.css" rel="stylesheet"/>\n',
        "<style>\na {}\nb {}\n</style>\n",
        "<meta>\n",
        '</head><body>xy<script src="/static/b.js"></script>\n',
        "<hr>\n",
        "</body>",
      ].join(""),
    );
  });

  it("refuses different resources for the same template", () => {
    const { renderString } = handlerWith({
      page: "{% for n of [1, 2] %}{% module Template('part', { n }) %}{% end %}",
      part: "{{ setResources({ cssFiles: n + '.css' }) }}",
    });

    expect(() => renderString("page")).toThrow("setResources() with different resources");
  });
});

describe("isUIModule", () => {
  it("accepts subclasses of UIModule only", () => {
    expect(isUIModule("Entry", Entry)).toBe(true);
    expect(isUIModule("Entry", class {})).toBe(false);
    expect(isUIModule("entry", () => "")).toBe(false);
    expect(isUIModule("UIModule", UIModule)).toBe(false);
  });
});
