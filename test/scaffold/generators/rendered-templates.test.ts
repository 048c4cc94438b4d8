import { describe, expect, it } from "vitest";
import { renderedTemplates } from "../../../src/scaffold/generators/rendered-templates.js";

const found = (source: string) =>
  renderedTemplates("page.ts", source).map(
    ({ className, method, name, line, column }) => `${className}.${method} ${name} ${line}:${column}`,
  );

describe("renderedTemplates", () => {
  it.each<[string, string, string[]]>([
    [
      "a literal, at its place in the TypeScript source",
      "interface A { b: string }\nclass Page extends Base<A> {\n  get(id: string): void {\n    this.render('a.html', { id } as A);\n  }\n}",
      ["Page.render a.html 4:17"],
    ],
    [
      "a template without expressions",
      "class P extends B { async get() { await this.renderString(`a.html`); } }",
      ["P.renderString a.html 1:59"],
    ],
    [
      "both branches",
      'class P extends B { get() { this.render(x ? "a.html" : "b.html"); } }',
      ["P.render a.html 1:45", "P.render b.html 1:56"],
    ],
    [
      "the class above, and a field",
      'class P extends B { g = () => super.render("a.html"); }',
      ["P.render a.html 1:44"],
    ],
    [
      "an arrow function in a method",
      'class P extends B { g() { go(() => this.render("a.html")); } }',
      ["P.render a.html 1:48"],
    ],
    [
      "a method with a decorator",
      'class P extends B {\n  @authenticated\n  get() {\n    this.render("a.html");\n  }\n}\nexport { P };',
      ["P.render a.html 4:17"],
    ],
    ["a class expression", 'const P = class Q extends B { g() { this.render("a.html"); } };', ["Q.render a.html 1:49"]],
    [
      "a name that is made at run time",
      `class P extends B { g() { this.render(name); this.render("a" + b); this.render(\`a\${b}\`); } }`,
      [],
    ],
    ["a class that extends nothing", 'class P { g() { this.render("a.html"); } }', []],
    ["a class without a name", 'export default class extends B { g() { this.render("a.html"); } }', []],
    ["a static method", 'class P extends B { static g() { this.render("a.html"); } }', []],
    [
      "a function with a this of its own",
      'class P extends B { g() { f(function () { this.render("a.html"); }); } }',
      [],
    ],
    [
      "another object",
      'class P extends B { g() { chart.render("a.html"); this.x.render("a.html"); this["render"]("a"); } }',
      [],
    ],
    ["another method, and no argument", 'class P extends B { g() { this.draw("a.html"); this.render(); } }', []],
    ["an object's method", 'class P extends B { g() { return { render() { this.render("a.html"); } }; } }', []],
  ])("knows %s", (_what, source, expected) => {
    expect(found(source)).toEqual(expected);
  });
});
