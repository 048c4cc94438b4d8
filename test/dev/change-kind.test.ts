import { describe, expect, it } from "vitest";
import {
  type AppLayout,
  type ChangeKind,
  changeKind,
  type FileEvent,
  isIgnored,
  strongestKind,
} from "../../src/dev/change-kind.js";

const layout: AppLayout = {
  templateFolders: ["templates"],
  staticFolders: ["static", "public/files"],
  translationFolders: ["locale"],
  isLoaded: (path) => ["src/app.ts", "src/data.json", "static/inlined.css"].includes(path),
  isBroken: false,
};

describe("changeKind", () => {
  it.each<[string, FileEvent, ChangeKind]>([
    ["src/app.ts", "change", "source"],
    ["src/app.ts", "unlink", "source"],
    ["src/data.json", "change", "source"],
    ["static/inlined.css", "change", "source"],
    ["src/unused.ts", "change", "none"],
    ["src/unused.ts", "unlink", "source"],
    ["src/unused.ts", "replace", "source"],
    ["static/css/app.css", "replace", "style"],
    ["src/new.ts", "add", "source"],
    ["src/notes.txt", "add", "none"],
    ["static/css/app.css", "change", "style"],
    ["static/css/app.css", "add", "page"],
    ["static/logo.svg", "change", "page"],
    ["locale/de.csv", "change", "config"],
    ["locale/de/LC_MESSAGES/shop.mo", "add", "config"],
    ["locale/de/LC_MESSAGES/shop.po", "change", "none"],
    ["data/orders.csv", "change", "none"],
    ["public/files/a.css", "change", "style"],
    ["statics/a.css", "change", "none"],
    ["templates/home.html", "change", "page"],
    ["templates/style.css", "change", "page"],
    [".env", "change", "config"],
    [".env.local", "unlink", "config"],
    [".env.example", "change", "none"],
    ["package.json", "change", "config"],
    ["src/package.json", "change", "none"],
    ["tsconfig.json", "change", "config"],
    ["tornado.config.ts", "add", "config"],
  ])("takes %s (%s) for %s", (path, event, kind) => {
    expect(changeKind(path, event, layout)).toBe(kind);
  });

  it("takes any source for a possible cure while the build is broken", () => {
    expect(changeKind("src/unused.ts", "change", { ...layout, isBroken: true })).toBe("source");
  });

  it("does for a batch what its most demanding file asks for", () => {
    expect(strongestKind(["none", "page", "style"])).toBe("page");
    expect(strongestKind(["source", "config", "style"])).toBe("config");
    expect(strongestKind([])).toBe("none");
  });
});

describe("isIgnored", () => {
  it.each([
    "node_modules/x/index.js",
    "src/.git/HEAD",
    "dist/server.js",
    ".tornado/dev/app-1.js",
    "src/app.ts~",
    "src/.app.ts.swp",
    "src/#app.ts#",
    "src/.#app.ts",
    "src/4913",
    "src/app.ts.tmp",
    "src/app.ts.tmp.1234",
    "src/app.ts___jb_tmp___",
    "data/app.sqlite-wal",
    "static/.DS_Store",
  ])("looks away from %s", (path) => {
    expect(isIgnored(path)).toBe(true);
  });

  it.each(["src/app.ts", "src/distance.ts", "static/template.css", "templates/tmp.html", ".env.local", "src/swap.ts"])(
    "looks at %s",
    (path) => {
      expect(isIgnored(path)).toBe(false);
    },
  );
});
