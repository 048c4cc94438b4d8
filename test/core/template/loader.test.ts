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
  configureRuntime({ templates: undefined } as never);
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

  it("says which template may have been meant", () => {
    write("home.html", "");

    expect(() => new Loader(root).load("hme.html")).toThrow('Did you mean "home.html"?');
    expect(() => new Loader(root).load("hme.html")).toThrow(TemplateNotFoundError);
  });

  it("says that names count from the folder of the file that has them", () => {
    write("base.html", "");
    write("sub/a.html", '\n{% extends "base.html" %}');

    expect(() => new Loader(root).load("sub/a.html")).toThrow('write "../base.html"');
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

describe("DictLoader", () => {
  it("takes templates from a dictionary, but no inherited members", () => {
    const loader = new DictLoader({ a: "1" });

    expect(loader.load("a").generate()).toBe("1");
    expect(() => loader.load("toString")).toThrow(TemplateNotFoundError);
  });
});
