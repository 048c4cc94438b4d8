// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the sources that are read have templates in them
import { describe, expect, it } from "vitest";
import { addRoute } from "../../../src/scaffold/generators/route-list.js";
import { Uncertain } from "../../../src/scaffold/generators/source-edit.js";

const route = {
  element: 'url("/new", NewHandler)',
  importLine: 'import { NewHandler } from "./handlers/new.js";',
  className: "NewHandler",
  path: "/new",
  name: "new",
};
const imported = 'import { url } from "tornado/web";\n';
const added = `${imported}import { NewHandler } from "./handlers/new.js";\n`;

describe("a route", () => {
  it.each([
    ["", "[\n  a,\n]", '[\n  a,\n  url("/new", NewHandler),\n]'],
    ["after an element without a comma", "[\n  a\n]", '[\n  a,\n  url("/new", NewHandler),\n]'],
    [
      "after comments",
      "[\n  a, // ]\n  b // ],\n  /* [ */\n]",
      '[\n  a, // ]\n  b, // ],\n  /* [ */\n  url("/new", NewHandler),\n]',
    ],
    ["after nested brackets", "[\n\ta([1], { b: [2] }),\n]", '[\n\ta([1], { b: [2] }),\n\turl("/new", NewHandler),\n]'],
    [
      "after brackets in texts",
      "[\n  a(']'),\n  a(`]${\"]\"}`),\n  a(/[\\]]/)\n]",
      '[\n  a(\']\'),\n  a(`]${"]"}`),\n  a(/[\\]]/),\n  url("/new", NewHandler),\n]',
    ],
    ["in a line", "[a, b]", '[a, b, url("/new", NewHandler)]'],
    ["in a line with spaces", "[ a, ]", '[ a, url("/new", NewHandler) ]'],
    ["in an empty list", "[]", '[url("/new", NewHandler)]'],
    ["in an empty list of two lines", "[\n]", '[\n  url("/new", NewHandler),\n]'],
    ["after a spread", "[\n  ...others\n]", '[\n  ...others,\n  url("/new", NewHandler),\n]'],
  ])("is added %s", (_, list, expected) => {
    const result = addRoute(`${imported}\nexport const routes = ${list};\n`, route);

    expect(result).toBe(`${added}\nexport const routes = ${expected};\n`);
  });

  it.each([
    [": Rule[] = [a];", ': Rule[] = [a, url("/new", NewHandler)];'],
    [" = [a] as const;", ' = [a, url("/new", NewHandler)] as const;'],
    [" = [a] satisfies R[];\nconst more = [b];", ' = [a, url("/new", NewHandler)] satisfies R[];\nconst more = [b];'],
  ])("is added to routes%s", (list, expected) => {
    expect(addRoute(`${imported}export const routes${list}`, route)).toBe(`${added}export const routes${expected}`);
  });

  it("keeps the line ends of Windows, and a comment behind the last import", () => {
    const source = 'import { url } from "tornado/web"; // why\r\n\r\nexport const routes = [\r\n  a,\r\n];\r\n';

    expect(addRoute(source, route)).toBe(
      'import { url } from "tornado/web"; // why\r\nimport { NewHandler } from "./handlers/new.js";\r\n\r\n' +
        'export const routes = [\r\n  a,\r\n  url("/new", NewHandler),\r\n];\r\n',
    );
  });

  it.each([
    ["no exported list", `${imported}const routes = [];`],
    ["a list that is called", `${imported}export const routes = [a].concat(b);`],
    ["a list that a function makes", `${imported}export const routes = make([a]);`],
    ["a list only in a comment", `${imported}// export const routes = [];`],
    ["no url", 'import { Rule } from "tornado/web";\nexport const routes = [];'],
    ["another url", 'import { url as u } from "tornado/web";\nexport const routes = [];'],
    ["the class", `${imported}import { NewHandler } from "./old.js";\nexport const routes = [];`],
    ["the path", `${imported}export const routes = [url("/new", Old)];`],
    ["the name", `${imported}export const routes = [url("/old", Old, {}, { name: "new" })];`],
    ["a route for every path", `${imported}export const routes = [url("/(.*)", Old)];`],
    ["what cannot be read", `${imported}export const routes = [f() / 2];`],
    ["an import of another kind", 'import a = require("a");\nexport const routes = [];'],
  ])("is not added where there is %s", (_, source) => {
    expect(() => addRoute(source, route)).toThrow(Uncertain);
  });
});
