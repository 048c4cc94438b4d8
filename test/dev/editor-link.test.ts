import { describe, expect, it } from "vitest";
import { detectEditor, editorLinks, editorNames } from "../../src/dev/editor-link.js";

describe("an editor link", () => {
  it("leaves no character that ends the path", () => {
    const link = editorLinks({ editor: "vscode", root: "/app" });

    expect(link("/app/a #?.ts", 3, 0)).toBe("vscode://file/app/a%20%23%3F.ts:3:1");
    expect(link("C:\\app\\a.ts", 3, 2)).toBe("vscode://file/C:/app/a.ts:3:2");
  });

  it.each(editorNames)("is known for %s, with the file and the line in it", (editor) => {
    const link = editorLinks({ editor, root: "/app" })("/app/src/a&b.ts", 12, 5);

    expect(link).toMatch(/^[a-z-]+:\/\/.*\/app\/src\/a%26b\.ts.*12/);
  });

  it("leads to the folder that the editor sees, for files inside the app only", () => {
    const link = editorLinks({ editor: "zed", root: "/workspace", editorRoot: "/home/ada/shop/" });

    expect(link("/workspace/src/a.ts", 1, 1)).toBe("zed://file/home/ada/shop/src/a.ts:1:1");
    expect(link("/workspace-2/a.ts", 1, 1)).toBe("zed://file/workspace-2/a.ts:1:1");
  });

  it("takes an address of one's own, and none at all", () => {
    const own = editorLinks({ editor: "mine://open?at={file}&l={line}&c={column}", root: "/app" });

    expect(own("/app/$&.ts", 2, 3)).toBe("mine://open?at=/app/$%26.ts&l=2&c=3");
    expect(editorLinks({ editor: "none", root: "/app" })("/app/a.ts", 1, 1)).toBeUndefined();
  });

  it.each(["vscod", "javascript:alert('{file}')", "vim"])("refuses %s and says which it knows", (editor) => {
    expect(() => editorLinks({ editor, root: "/app" })).toThrow(/is no editor.*webstorm.*none/);
  });
});

describe("the detection of the editor", () => {
  it.each([
    [{}, "vscode"],
    [{ EDITOR: "vim" }, "vscode"],
    [{ EDITOR: "code --wait" }, "vscode"],
    [{ EDITOR: "/usr/local/bin/subl -n -w" }, "sublime"],
    [{ VISUAL: "cursor", EDITOR: "nano" }, "cursor"],
    [{ TERM_PROGRAM: "vscode", EDITOR: "subl" }, "vscode"],
    [{ TERM_PROGRAM: "vscode", CURSOR_TRACE_ID: "1" }, "cursor"],
    [{ TERMINAL_EMULATOR: "JetBrains-JediTerm" }, "idea"],
    [{ EDITOR: "constructor" }, "vscode"],
  ])("finds in %o that it is %s", (environment, editor) => {
    expect(detectEditor(environment)).toBe(editor);
  });
});
