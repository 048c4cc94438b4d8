import { describe, expect, it } from "vitest";
import { DictLoader } from "../../../src/core/template/loader.js";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import { UIModule } from "../../../src/core/web/ui-module.js";
import { serveApp } from "./serve-app.js";

const templateLoader = new DictLoader({
  "page.html":
    "<head></head><body>{{ name }}:{{ request.method }}:{{ currentUser }}:{{ shout(name) }}:{% module Clock(3) %}</body>",
  "slow.html": "{{ await later() }}",
  "broken.html": "{{ nothing }}",
  "own.html": "{{ extra }} {{ handler.constructor.name }} {{ reverseUrl('page') }}",
});

class Clock extends UIModule {
  render(hour: number) {
    return `<i>${hour}</i>`;
  }
  override cssFiles() {
    return "/clock.css";
  }
  override embeddedJavascript() {
    return "tick()";
  }
}

const settings = {
  templateLoader,
  uiModules: { Clock, ignored: 5 },
  uiMethods: { shout: (handler: RequestHandler, text: string) => `${text}! ${handler.request.path}`, Ignored() {} },
};

class Page extends RequestHandler {
  #userLookUps = 0;
  override getCurrentUser() {
    this.#userLookUps += 1;
    return `ada${this.#userLookUps}`;
  }
  override getTemplateNamespace() {
    return { ...super.getTemplateNamespace(), extra: "more" };
  }
  async get(name: string) {
    if (name === "awaited") return await this.render("slow.html", { later: async () => "at last" });
    if (name === "forgotten") {
      this.render("slow.html", { later: async () => "at last" });
      return;
    }
    if (name === "failing") {
      this.render("slow.html", { later: async () => Promise.reject(new Error("boom")) });
      return;
    }
    this.render(`${name}.html`, { name: "<x>" });
  }
}

const rules = [["/(.*)", Page, {}, "page"]] as const;

describe("render", () => {
  it("gives templates the handler's names, UI methods and UI modules with their resources", async () => {
    await using served = await serveApp(rules, settings);

    const response = await served.request("GET /page");

    expect(response.body).toBe(
      '<head><link href="/clock.css" rel="stylesheet"/>\n</head><body>&lt;x&gt;:GET:ada1:&lt;x&gt;! /page:<i>3</i><script>\ntick()\n</script>\n</body>',
    );
  });

  it("keeps the names of a handler that adds its own", async () => {
    await using served = await serveApp([["/(.*)?", Page, {}, "page"]], settings);

    expect((await served.request("GET /own")).body).toBe("more Page /");
  });

  it.each(["awaited", "forgotten"])("waits for an asynchronous template, %s by the handler", async (how) => {
    await using served = await serveApp(rules, settings);

    expect((await served.request(`GET /${how}`)).body).toBe("at last");
  });

  it.each(["failing", "broken", "missing"])("answers 500 for a template that is %s", async (name) => {
    await using served = await serveApp(rules, settings);

    expect((await served.request(`GET /${name}`)).status).toBe(500);
    expect(served.log.join()).toContain("Uncaught exception");
  });

  it("needs a place for templates, and says so", async () => {
    await using served = await serveApp(rules);

    expect((await served.request("GET /page")).status).toBe(500);
  });
});

describe("ui of a handler and of its modules", () => {
  it("holds the UI methods and the modules, as templates see them", async () => {
    class Shout extends UIModule {
      override render(text: string) {
        return text.toUpperCase();
      }
    }
    class Whisper extends UIModule {
      override render(text: string) {
        return (this.ui.quietly as (text: string) => string)(text);
      }
    }
    class Page extends RequestHandler {
      get() {
        const { modules, quietly } = this.ui as {
          modules: Record<string, (text: string) => string>;
          quietly(text: string): string;
        };
        this.write(`${modules.Shout!("a")} ${modules.Whisper!("B")} ${quietly("C")}`);
      }
    }
    await using served = await serveApp([["/", Page]], {
      uiModules: { Shout, Whisper },
      uiMethods: {
        quietly: (handler: RequestHandler, text: string) => `${handler.request.method} ${text.toLowerCase()}`,
      },
    });

    expect((await served.request("GET /")).body).toBe("A GET b GET c");
  });
});
