import { describe, expect, it } from "vitest";
import { addModuleSetting } from "../../../src/scaffold/generators/module-setting.js";
import { Uncertain } from "../../../src/scaffold/generators/source-edit.js";

const line = 'import { Card } from "./modules/card.js";';
const before = 'import { Application } from "tornado/web";\n';
const add = (code: string) => addModuleSetting(before + code, "Card", line);

describe("a UI module", () => {
  it.each([
    ["new Application(routes, { debug })", "new Application(routes, { debug, uiModules: { Card } })"],
    ["new Application([[a, b]], {})", "new Application([[a, b]], { uiModules: { Card } })"],
    ["new Application(routes, {\n  debug,\n})", "new Application(routes, {\n  debug,\n  uiModules: { Card },\n})"],
    ["new Application(r, { uiModules: { Old }, debug })", "new Application(r, { uiModules: { Old, Card }, debug })"],
  ])("is added to %j", (code, expected) => {
    expect(add(code)).toBe(`${before}${line}\n${expected}`);
  });

  it.each([
    "new Application(routes, settings)",
    "new Application(routes)",
    "new Application(routes, { uiModules: modules })",
    "new Application(routes, { uiModules })",
    "new Application(routes, { uiModules: { Old } as Modules })",
    "new Application(a, {}); new Application(b, {})",
    "const Card = 1; new Application(a, {})",
  ])("is not added to %j", (code) => {
    expect(() => add(code)).toThrow(Uncertain);
  });
});
