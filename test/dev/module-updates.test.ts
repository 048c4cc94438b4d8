import { existsSync, readdirSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Files, RunningDevServer, smallApp, writeFiles } from "./running-dev-server.js";

/** An app that uses what modules can do to each other, and says what came of it. */
const facts = `import { RequestHandler } from "tornado/web";
import * as every from "./barrel.js";
import * as again from "./barrel.js";
import data from "./data.json" with { type: "json" };
import { list } from "./list.json";
import { Color, Shade } from "./enums.js";
import { first } from "./cycle/first.js";
import cjs, { named } from "plain-cjs";
import fs, { existsSync } from "node:fs";
import { mark } from "@marks/mark.js";
import { hidden } from "#hidden";
import { outside } from "../lib/outside.js";
import { Base } from "./fields.js";
import { count, increase } from "./counter.js";

export class Facts extends RequestHandler {
  override async get(): Promise<void> {
    const later = await import("./later.js");
    const sameLater = await import("./later.js");
    const cjsLater = await import("plain-cjs");
    const missing = await import("./throws.js").catch((error: Error) => error.message);
    const missingAgain = await import("./throws.js").catch((error: Error) => error.message);
    increase();
    this.write({
      save: 0,
      every: Object.keys(every), isOne: every === again, default: every.default.name,
      data, list,
      enums: [Color.green, Color[0]!, Shade.dark],
      cycle: first(3),
      cjs: [cjs.what, named, cjsLater.default.what, cjsLater.named],
      node: [typeof fs.readFileSync, existsSync === fs.existsSync],
      mark, hidden, outside,
      fields: new Base().report(), names: [Base.name, new (every.unnamed)().constructor.name, every.arrow.name],
      count: typeof count, isCounted: count > 0,
      later: [later.lazy, later.default.name, later === sameLater, Object.keys(later)],
      missing: [missing, missingAgain],
      globals: [typeof module, typeof exports, typeof __dirname],
      meta: [typeof import.meta.url, import.meta.dirname?.includes(".tornado"), import.meta.filename?.startsWith("/")],
    });
  }
}
`;

const richApp: Files = {
  ...smallApp,
  "package.json": '{ "name": "rich", "type": "module", "imports": { "#hidden": "./src/hidden.ts" } }',
  "tsconfig.json": '{\n  // paths\n  "extends": "./tsconfig.base.json"\n}\n',
  "tsconfig.base.json":
    '{ "compilerOptions": { "paths": { "@marks/*": ["./src/marks/*"] }, "useDefineForClassFields": true } }',
  "node_modules/plain-cjs/package.json": '{ "name": "plain-cjs" }',
  "node_modules/plain-cjs/index.js": 'module.exports = { what: "cjs" };\nmodule.exports.named = "named";\n',
  "src/facts.ts": facts,
  "src/barrel.ts": `export * from "./parts/one.js";
export { two as second } from "./parts/two.js";
export default class Barrel {}
export const arrow = () => 1;
export const unnamed = class {};
`,
  "src/parts/one.ts": "export const one = 1;\nexport function alsoOne() {}\nexport interface Shape { a: number }\n",
  "src/parts/two.ts": "export const two = 2;\n",
  "src/data.json": '{ "word": "data" }',
  "src/list.json": '{ "list": [1, 2] }',
  "src/enums.ts": "export enum Color { red, green }\nexport const enum Shade { dark = 7 }\n",
  "src/cycle/first.ts":
    'import { second } from "./second.js";\nexport function first(n: number): string { return n === 0 ? "end" : "f" + second(n - 1); }\n',
  "src/cycle/second.ts":
    'import { first } from "./first.js";\nexport const began = first(0);\nexport function second(n: number): string { return n === 0 ? began : "s" + first(n - 1); }\n',
  "src/marks/mark.ts": 'export const mark = "mark";\n',
  "src/hidden.ts": 'export const hidden = "hidden";\n',
  "lib/outside.ts": 'export const outside = "outside";\n',
  "src/fields.ts": `const seen: string[] = [];
function logged<T>(value: T, context: ClassMethodDecoratorContext): T {
  context.addInitializer(() => seen.push(String(context.name)));
  return value;
}
export class Base {
  maybe?: number;
  #secret = "s";
  @logged
  report(): unknown { return [Object.keys(this), this.#secret, seen[0]]; }
}
`,
  "src/counter.ts": "export let count = 0;\nexport function increase(): void { count += 1; }\n",
  "src/later.ts": 'export const lazy = "lazy";\nexport default function late() {}\n',
  "src/throws.ts": 'throw new Error("not today");\nexport {};\n',
  "src/app.ts": smallApp["src/app.ts"]!.replace(
    "import { word }",
    'import { Facts } from "./facts.js";\nimport { word }',
  ).replace('["/page"', '["/facts", Facts], ["/page"'),
};

const wordIs = (word: string) => `export const word: string = "${word}";\n`;

describe("a save that changes one module alone", () => {
  let server: RunningDevServer;
  beforeAll(async () => {
    server = await RunningDevServer.start(richApp);
  });
  afterAll(async () => await server[Symbol.asyncDispose]());

  const folder = () => server.path(`.tornado/dev/${server.program.pid}`);
  const filesLike = (pattern: RegExp) =>
    existsSync(folder()) ? readdirSync(folder()).filter((name) => pattern.test(name)) : [];
  const bundles = () => filesLike(/^app-\d+\.mjs$/);
  /** Waits until the modules are known of what is served now, and compiled by a spare. */
  async function modulesKnown(): Promise<void> {
    await expect
      .poll(() => filesLike(/^modules-\d+\.js\.cache$/).length, { timeout: 20_000, interval: 20 })
      .toBeGreaterThan(0);
  }
  /** Says whether what follows a bundle is another bundle. */
  async function isBundled(save: () => Promise<void>, isAnswered: (body: string) => boolean): Promise<boolean> {
    const before = bundles().join();
    await save();
    await server.until("/", ({ body }) => isAnswered(body));
    return bundles().join() !== before;
  }

  it("means the same as a bundle of everything", async () => {
    const bundled = JSON.parse((await server.get("/facts")).body);
    await modulesKnown();

    const before = bundles();
    await server.save("src/facts.ts", facts.replace("save: 0", "save: 1"));
    const single = JSON.parse((await server.get("/facts")).body);

    expect(bundles()).toEqual(before);
    expect(single).toEqual({ ...bundled, save: 1 });
    expect(bundled).toMatchObject({ cycle: "fsfend", cjs: ["cjs", "named", "cjs", "named"], isOne: true });
  });

  it("is answered by the new code from the first request on, whatever is saved, undone or saved together", async () => {
    await modulesKnown();
    // By rename: a file that is found empty for a moment is the bundler's affair.
    const save = (file: string, text: string) => server.saveByRename(file, text);
    const before = bundles();
    const answers: string[] = [];

    for (let count = 1; count <= 6; count += 1) {
      await save("src/word.ts", wordIs(`w${count}`));
      if (count % 2 === 0) await save("src/marks/mark.ts", `export const mark = "mark ${count}";\n`);
      answers.push((await server.get("/")).body);
      if (count % 2 === 0) answers.push(JSON.parse((await server.get("/facts")).body).mark);
    }
    await save("src/word.ts", wordIs("other"));
    await save("src/word.ts", wordIs("w6"));
    answers.push((await server.get("/")).body);

    expect(answers).toEqual(["w1", "w2", "mark 2", "w3", "w4", "mark 4", "w5", "w6", "mark 6", "w6"]);
    expect(bundles()).toEqual(before);
  });

  it("sees every later save when a file was empty for a moment that imports others", async () => {
    await modulesKnown();
    const seen: unknown[] = [];

    for (let count = 0; count < 4; count += 1) {
      await server.save("src/barrel.ts", "");
      const asked = server.get("/");
      // Long enough for a bundle without what the file imports, which is never served.
      await new Promise((resolve) => setTimeout(resolve, 30 + count * 10));
      await server.save("src/barrel.ts", richApp["src/barrel.ts"]!);
      await asked;
      await server.save("src/later.ts", richApp["src/later.ts"]!.replace('"lazy"', `"lazy ${count}"`));
      seen.push(JSON.parse((await server.get("/facts")).body).later[0]);
    }

    expect(seen).toEqual(["lazy 0", "lazy 1", "lazy 2", "lazy 3"]);
    await server.save("src/later.ts", richApp["src/later.ts"]!);
  });

  it("brings the new value of an enum to whoever uses it", async () => {
    await modulesKnown();

    await server.save("src/enums.ts", richApp["src/enums.ts"]!.replace("dark = 7", "dark = 8"));

    expect(JSON.parse((await server.get("/facts")).body).enums).toEqual([1, "red", 8]);
  });

  it("has the places of the sources in its errors, of what was saved and of what was not", async () => {
    await modulesKnown();
    const app = richApp["src/app.ts"]!;
    const line = app.split("\n").findIndex((text) => text.includes("throw new TypeError")) + 1;

    await server.save("src/word.ts", wordIs("unsaved app"));
    const unsaved = await server.get("/boom");
    await server.save("src/app.ts", app.replace("class Boom", "\n\n// a comment\nclass Boom"));
    await server.save("src/app.ts", app.replace("class Boom", "\n\nclass Boom").replace("<b>boom", "<b>bang"));
    const saved = await server.until("/boom", ({ body }) => body.includes("bang"));

    expect(unsaved.body).toContain(`at Boom.get src/app.ts:${line}:11`);
    expect(unsaved.body).toContain(`> ${line} |`);
    expect(saved.body).toContain(`at Boom.get src/app.ts:${line + 2}:11`);
    expect(saved.body).toMatch(new RegExp(`> ${line + 2} \\| +throw new TypeError\\(.<b>bang`));
    await server.save("src/app.ts", app);
  });

  it("shows a mistake as a bundle has it, and goes on without one when it is undone", async () => {
    await modulesKnown();
    await server.save("src/word.ts", wordIs("before"));
    expect((await server.get("/")).body).toBe("before");

    await server.save("src/word.ts", "export const word: string = ;\n");
    const broken = await server.get("/");
    await server.save("src/word.ts", wordIs("before"));
    const undone = await server.get("/");

    expect(broken.body).toContain("src/word.ts:1:29");
    expect(undone.body).toBe("before");
  });

  it("shows what throws at its start once, and serves what is mended", async () => {
    await server.until("/", ({ status }) => status === 200);
    await modulesKnown();

    await server.save("src/word.ts", 'export const word: string = JSON.parse("{");\n');
    const thrown = await server.get("/");
    await server.save("src/word.ts", wordIs("mended"));
    const mended = await server.get("/");

    expect(thrown.status).toBe(500);
    expect(thrown.body).toMatch(/SyntaxError:[\s\S]*src\/word\.ts:1:34/);
    expect(mended.body).toBe("mended");
  });

  it.each([
    [
      "imports something new",
      "src/word.ts",
      'import { two } from "./parts/two.js";\nexport const word: string = "w" + two;\n',
      "w2",
    ],
    ["exports something new", "src/word.ts", 'export const word: string = "more";\nexport const more = 1;\n', "more"],
    [
      "imports a name that is not there",
      "src/word.ts",
      'import { gone } from "./parts/two.js";\nexport const word: string = gone;\n',
      "No matching export",
    ],
    ["waits at its top level", "src/word.ts", 'await null;\nexport const word: string = "waited";\n', "waited"],
  ])("leaves a save to the bundler that %s", async (_what, file, text, expected) => {
    await server.save("src/word.ts", wordIs("plain"));
    await server.until("/", ({ body }) => body === "plain");

    const bundled = await isBundled(
      () => server.save(file, text),
      (body) => body.includes(expected),
    );

    expect(bundled).toBe(!expected.startsWith("No "));
  });

  it("sees a configuration change that its sources are read by", async () => {
    await server.save("src/word.ts", wordIs("configured"));
    await server.until("/", ({ body }) => body === "configured");
    await mkdir(server.path("src/other"), { recursive: true });
    await writeFiles(server.root, { "src/other/mark.ts": 'export const mark = "another mark";\n' });

    await server.save("tsconfig.base.json", richApp["tsconfig.base.json"]!.replace("./src/marks/*", "./src/other/*"));
    const answer = await server.until("/facts", ({ body }) => body.includes("another mark"));

    expect(answer.status).toBe(200);
  });

  it("goes on when its folder was emptied", async () => {
    await server.until("/", ({ status }) => status === 200);
    await rm(server.path(".tornado"), { recursive: true });

    await server.save("src/word.ts", wordIs("emptied"));

    expect((await server.get("/")).body).toBe("emptied");
  });
});
