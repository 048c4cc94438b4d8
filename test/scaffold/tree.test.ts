import { expect, it } from "vitest";
import { drawTree } from "../../src/scaffold/tree.js";

it("draws a line for each folder and the files of the root last", () => {
  const tree = drawTree([
    "src/app.ts",
    "src/handlers/a.ts",
    "src/handlers/b.ts",
    "test/app.test.ts",
    "package.json",
    ".env",
  ]);

  expect(tree).toEqual(["├─ src/   app.ts, handlers/ (2)", "├─ test/  app.test.ts", "└─ .env, package.json"]);
});

it("cuts a long folder short", () => {
  const files = Array.from({ length: 30 }, (_, index) => `static/picture-${index + 10}.png`);

  const [line] = drawTree(files);

  expect(line).toMatch(/^└─ static\/ {2}picture-10\.png, .*, …$/);
  expect(line!.length).toBeLessThan(80);
});

it("draws nothing of nothing", () => {
  expect(drawTree([])).toEqual([]);
});
