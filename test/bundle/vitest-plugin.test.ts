import { describe, expect, it } from "vitest";
import { tornado } from "../../src/bundle/vitest-plugin.js";

describe("the Vitest plugin", () => {
  it("lowers standard decorators, and keeps a source map", async () => {
    const source = "const dec = (v: any, _: any) => v;\nexport class A {\n  @dec\n  get(): void {}\n}\n";

    const result = await tornado().transform(source, "/app/src/a.ts");

    expect(result?.code).not.toContain("@dec");
    expect(JSON.parse(result!.map)).toMatchObject({ sources: ["/app/src/a.ts"], sourcesContent: [source] });
  });

  it.each([
    ["a file without decorators", "/app/src/a.ts", "/**\n * @param a\n */\nexport const a = '@b';\n"],
    ["JavaScript", "/app/src/a.js", "class A { @dec m() {} }"],
    ["a package", "/app/node_modules/x/a.ts", "class A { @dec m() {} }"],
  ])("leaves %s to Vite", async (_, id, source) => {
    expect(await tornado().transform(source, id)).toBeUndefined();
  });

  it.each([
    "@dec class A {}",
    "export @dec class A {}",
    "class A { @dec() m() {} }",
    "class A {\n  a = 1; @dec b = 2;\n}",
  ])("finds the decorator in %s", async (source) => {
    expect(await tornado().transform(source, "/app/a.ts?v=1")).toBeDefined();
  });
});
