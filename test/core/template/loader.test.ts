import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configureRuntime } from "../../../src/core/runtime.js";
import type { PrecompiledTemplate } from "../../../src/core/template/compiled-template.js";
import { TemplateNotFoundError, templateFramesOf } from "../../../src/core/template/errors.js";
import { DictLoader, Loader } from "../../../src/core/template/loader.js";
import { compileTemplateToSource } from "../../../src/core/template/precompiled.js";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "templates-"));
  mkdirSync(join(root, "sub"));
});

afterEach(() => {
  configureRuntime({ appRoot: process.cwd(), templates: undefined } as never);
  rmSync(root, { recursive: true });
});

function write(name: string, text: string): void {
  writeFileSync(join(root, name), text);
}

describe("Loader", () => {
  it("reads templates below its root and keeps them", () => {
    write("sub/a.html", '{% extends "../b.html" %}{% block x %}a{% end %}');
    write("b.html", "({% block x %}{% end %})");
    const loader = new Loader(root);

    const template = loader.load("sub/a.html");

    expect(template.generate()).toBe("(a)");
    expect(loader.load("a.html", "sub/b.html")).toBe(template);
    expect(loader.load("./sub/../sub/a.html")).toBe(template);
  });

  it.each(["../x.html", "sub/../../x.html", "/etc/passwd", "..\\x.html", "a\0.html"])("refuses the name %j", (name) => {
    expect(() => new Loader(root).load(name)).toThrow("leads out of the templates' folder");
  });

  it("resolves a relative root against that of the app, even when that is known later", () => {
    write("sub/a.html", "here");
    const loader = new Loader("sub");

    configureRuntime({ appRoot: root });

    expect(loader.root).toBe(join(root, "sub"));
    expect(loader.load("a.html").generate()).toBe("here");
  });

  it("leaves the byte-order mark of a file out", () => {
    write("a.html", '\ufeff[{% include "b.html" %}]{{ oops }}');
    write("b.html", "\ufeffb");
    const template = new Loader(root).load("a.html");

    expect(template.generate({ oops: "" })).toBe("[b]");
    expect(() => template.generate()).toThrow("a.html:1:28: ");
  });

  it("says which template may have been meant", () => {
    write("home.html", "");

    expect(() => new Loader(root).load("hme.html")).toThrow('Did you mean "home.html"?');
    expect(() => new Loader(root).load("hme.html")).toThrow(TemplateNotFoundError);
  });

  it.each([
    ["a file taken for a folder", "a.html/"],
    ["something below a file", "a.html/b.html"],
    ["a folder", "sub"],
    ["nothing", ""],
    ["more than a name may be long", "x".repeat(5000)],
  ])("does not find %s, whatever the system calls it", (_, name) => {
    write("a.html", "");

    expect(() => new Loader(root).load(name)).toThrow(TemplateNotFoundError);
    expect(() => new Loader(root).load(name)).not.toThrow(`Did you mean "${name}"?`);
  });

  it("says that names count from the folder of the file that has them", () => {
    write("base.html", "");
    write("sub/a.html", '\n{% extends "base.html" %}');

    expect(() => new Loader(root).load("sub/a.html")).toThrow('write "../base.html"');
    expect(() => new Loader(root).load("sub/base.html")).toThrow('and "base.html" in render()');
  });

  it("keeps an unchanged template after reset, and reads a changed one anew", () => {
    write("a.html", '{% include "b.html" %}');
    write("b.html", "one");
    const loader = new Loader(root);
    const first = loader.load("a.html");

    loader.reset();
    const unchanged = loader.load("a.html");
    write("b.html", "two!");
    loader.reset();
    const changed = loader.load("a.html");

    expect(unchanged).toBe(first);
    expect(changed.generate()).toBe("two!");
  });

  it("notices a change that keeps the size", () => {
    write("a.html", "one");
    const loader = new Loader(root);
    loader.load("a.html");

    const { mtimeMs } = statSync(join(root, "a.html"));
    write("a.html", "two");
    utimesSync(join(root, "a.html"), mtimeMs / 1000, mtimeMs / 1000 + 1);
    loader.reset();

    expect(loader.load("a.html").generate()).toBe("two");
  });

  it("does not look at the files without reset", () => {
    write("a.html", "one");
    const loader = new Loader(root);
    loader.load("a.html");

    write("a.html", "two!");

    expect(loader.load("a.html").generate()).toBe("one");
  });

  it("recovers when a broken template is mended", () => {
    write("a.html", '{% include "b.html" %}');
    write("b.html", "{{ }}");
    const loader = new Loader(root);
    expect(() => loader.load("a.html")).toThrow("b.html:1:1:");

    write("b.html", "mended");
    loader.reset();

    expect(loader.load("a.html").generate()).toBe("mended");
  });

  it("names files by their absolute path in frames", () => {
    write("a.html", "\n{{ null.x }}");

    const thrown = (() => {
      try {
        return new Loader(root).load("a.html").generate();
      } catch (error) {
        return error;
      }
    })();

    expect(templateFramesOf(thrown)).toEqual([{ file: join(root, "a.html"), line: 2, column: 4 }]);
  });

  it("gives all templates its namespace, autoescape and white space", () => {
    write("a.html", "{{ name }}  <");
    const loader = new Loader(root, { autoescape: null, whitespace: "all", namespace: { name: "<>" } });

    expect(loader.load("a.html").generate()).toBe("<>  <");
    expect(loader.load("a.html").generate({ name: "own" })).toBe("own  <");
  });
});

describe("a template compiled ahead of time", () => {
  it("runs without its source and without any import", () => {
    write("a.html", '{% extends "b.html" %}{% block x %}{{ name }}{{ Math.max(1, 2) }}{% end %}');
    write("b.html", "<{% block x %}{% end %}>");
    const { code, dependencies } = compileTemplateToSource({ root, name: "a.html" });
    // The expression is what a bundle would contain.
    const compiled = new Function(`"use strict"; return ${code}`)() as PrecompiledTemplate;
    rmSync(join(root, "a.html"));
    rmSync(join(root, "b.html"));

    configureRuntime({ templates: new Map([[join(root, "a.html").replaceAll("\\", "/"), compiled]]) });
    const loader = new Loader(root);

    expect(dependencies).toEqual([join(root, "a.html"), join(root, "b.html")]);
    expect(loader.load("a.html").generate({ name: "<" })).toBe("<&lt;2>");
    expect(() => loader.load("a.html").generate()).toThrow('a.html:1:39: "name" is not known here.');
    expect(() => loader.load("b.html")).toThrow('run "tornado build" again');
  });
});

describe("a loader of a part of the templates compiled ahead of time", () => {
  it("finds them, and says where something is wrong", () => {
    write("sub/a.html", "{{ text }}");
    const compiled = new Function(`return ${compileTemplateToSource({ root, name: "sub/a.html" }).code}`)();
    configureRuntime({
      appRoot: root,
      templates: new Map([[join(root, "sub/a.html").replaceAll("\\", "/"), compiled]]),
    });

    const template = new Loader("sub").load("a.html");

    expect(template.generate({ text: "<" })).toBe("&lt;");
    expect(() => template.generate()).toThrow(/^sub\/a\.html:1:4: /);
  });
});

describe("the autoescape function of templates compiled ahead of time", () => {
  it.each([
    ["none", null, "<i> <i>"],
    ["one of the app's own", "shout", "<I> <i>"],
    ["the usual one", "xhtmlEscape", "&lt;i&gt; <i>"],
  ])("is that of their loader, which no build need know: %s", (_, autoescape, expected) => {
    write("a.html", '{{ text }}{% include "b.html" %}');
    write("b.html", "{% autoescape None %} {{ text }}");
    const namespace = { shout: (text: string) => text.toUpperCase(), text: "<i>" };
    const loader = new Loader(root, { autoescape, namespace });
    const whenRead = loader.load("a.html").generate();
    const compiled = new Function(`return ${compileTemplateToSource({ root, name: "a.html" }).code}`)();

    configureRuntime({ templates: new Map([[join(root, "a.html").replaceAll("\\", "/"), compiled]]) });
    const whenBuilt = new Loader(root, { autoescape, namespace }).load("a.html").generate();

    expect(whenRead).toBe(expected);
    expect(whenBuilt).toBe(expected);
  });
});

describe("DictLoader", () => {
  it("takes templates from a dictionary, but no inherited members", () => {
    const loader = new DictLoader({ a: "1" });

    expect(loader.load("a").generate()).toBe("1");
    expect(() => loader.load("toString")).toThrow(TemplateNotFoundError);
  });
});
