import { describe, expect, it } from "vitest";
import { packageRoot } from "../../src/bundle/tornado-resolver.js";
import { TornadoError, toError } from "../../src/core/errors.js";
import { excerptOf, excerptText } from "../../src/dev/code-excerpt.js";
import { highlight } from "../../src/dev/code-highlight.js";
import { editorLinks } from "../../src/dev/editor-link.js";
import { errorPage } from "../../src/dev/error-page.js";
import { describeError, type ErrorReport } from "../../src/dev/error-report.js";
import { errorText } from "../../src/dev/error-text.js";
import { TerminalErrors } from "../../src/dev/terminal-errors.js";

const editorLink = editorLinks({ editor: "vscode", root: "/app" });
const attack = '</textarea><script>alert("x")</script><!--';

function reportOf(error: Error): ErrorReport {
  const errors = describeError(error, { appRoot: "/app", readSource: () => `one\ntwo ${attack}\nthree` });
  return {
    kind: "request",
    status: 500,
    request: `GET /${attack}`,
    handler: attack,
    errors,
    sections: [{ title: attack, rows: [[attack, attack]] }],
  };
}

function errorAt(message: string, file: string, options?: ErrorOptions): Error {
  const error = new Error(message, options);
  error.stack = `Error: ${message}\n    at Home.get (${file}:2:5)\n    at steps (/app/node_modules/x/i.js:1:1)\n    at node:internal/timers:5:1`;
  return error;
}

describe("the error page", () => {
  it("escapes everything that it did not write itself", () => {
    const page = errorPage(reportOf(errorAt(attack, `/app/src/${encodeURIComponent(attack)}.ts`)), {
      nonce: "abc",
      editorLink,
    });

    expect(page).not.toContain("<script>alert");
    expect(page.match(/<\/textarea>/g)).toHaveLength(1);
  });

  it("shows message, class, request, handler, place and code in this order", () => {
    const page = errorPage(reportOf(errorAt("the message", "/app/src/home.ts")), { nonce: "abc", editorLink });

    const order = [
      "<h1>the message",
      'class="class">Error',
      'class="request">GET',
      "handled by",
      "src/home.ts:2:5",
      '<mark class="line">',
    ];
    const positions = order.map((part) => page.indexOf(part));
    expect(positions.every((position) => position > 0)).toBe(true);
    expect(positions).toEqual([...positions].sort((one, other) => one - other));
  });

  it("folds the frames of packages and Node, and shows causes and the errors of an AggregateError once each", () => {
    const cause = errorAt("the cause", "/app/src/deep.ts");
    const error = new AggregateError([errorAt("part one", "/app/a.ts"), cause], "all of it", { cause });
    cause.cause = error;

    const page = errorPage(reportOf(error), { nonce: "abc", editorLink });

    expect(page).toContain("2 frames in packages, Node.js");
    expect(page.match(/<h2><span class="relation">/g)).toHaveLength(2);
    expect(page).toContain("part one");
  });

  it("writes the same as text, with a caret under the column", () => {
    const text = errorText(reportOf(errorAt("the message", "/app/src/home.ts")));

    expect(text).toContain("Error: the message\n\nsrc/home.ts:2:5\n  1 | one\n> 2 | two </textarea>");
    expect(text).toContain("\n    |     ^\n");
  });
});

describe("an error that does not behave", () => {
  const options = { appRoot: "/app", readSource: () => undefined };

  it("is described whatever it throws when it is asked", () => {
    const hostile = Object.defineProperty(new Error("hostile"), "stack", {
      get: () => {
        throw new Error("no stack for you");
      },
    });
    const nothing = Object.create(null) as object;

    expect(describeError(hostile, options)).toMatchObject([{ message: "hostile", frames: [] }]);
    expect(describeError(toError(nothing), options)).toMatchObject([
      { message: expect.stringMatching(/\[object Object\]$/), frames: [] },
    ]);
    expect(describeError(toError("text"), options)).toHaveLength(1);
  });

  it("commands no terminal, fills no page, and adds no frames by its message", () => {
    const error = new Error(`\u001b]0;title\u0007\n    at fake (/app/src/fake.ts:1:1)\n${"long ".repeat(100_000)}`);

    const errors = describeError(error, options);
    const text = errorText({ kind: "request", status: 500, errors, sections: [] });

    expect(text).toContain("\\x1b]0;title\\x07");
    expect(text.length).toBeLessThan(20_000);
    expect(errors[0]!.frames.map(({ shownFile }) => shownFile)).not.toContain("src/fake.ts");
  });

  it("leads to what a template has called, when that is where it happened", () => {
    const templateFrames = () => [{ file: "/app/templates/page.html", line: 4, column: 2 }];
    const error = errorAt("deep", "/app/src/entry.ts");
    error.stack = error.stack!.replace("    at steps", "    at template (templates/page.html:4:2)\n    at steps");
    const own = errorAt("in the template", "/app/src/home.ts");

    const [called] = describeError(error, { ...options, templateFrames });
    const [thrown] = describeError(own, { ...options, templateFrames });

    const places = (one: typeof called) => one!.frames.slice(0, 2).map(({ shownFile }) => shownFile);
    expect(places(called)).toEqual(["src/entry.ts", "templates/page.html"]);
    expect(places(thrown)).toEqual(["templates/page.html", "src/home.ts"]);
  });

  it("commands no terminal by its name, its title, or the name of a file", () => {
    const written: string[] = [];
    const terminal = new TerminalErrors({
      write: (text: string) => written.push(text),
    } as unknown as NodeJS.WriteStream);
    const error = errorAt("plain", "/app/src/\u001b[2J.ts");
    error.name = "Name\u001b[31m";

    terminal.show("GET /\u009b31m", describeError(error, options));

    expect(written.join("")).toMatch(/\\x9b31m[\s\S]*Name\\x1b\[31m: plain[\s\S]*src\/\\x1b\[2J\.ts/);
    expect(written.join("").replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  });

  it("leads into no code of the framework", () => {
    const error = new TornadoError("NO_APP", "There is no app.");
    error.stack = `TornadoError: There is no app.\n    at find (${packageRoot}dist/core/app-root.js:1:1)`;

    expect(describeError(error, options)[0]!.frames).toEqual([]);
  });
});

describe("an excerpt", () => {
  it("keeps tabs before the caret, underlines a whole word, and gives up on lines that are not there", () => {
    expect(excerptText(excerptOf("a\n\tlet name = 1", 2, 6, 5)!)).toBe(
      "  1 | a\n> 2 | \tlet name = 1\n    | \t    ^^^^",
    );
    expect(excerptOf("a", 7, 1, 5)).toBeUndefined();
  });

  it.each([
    [40, 1, 0],
    [40, 36, 1],
    [60, 150, 1],
    [80, 195, 1],
    [24, 100, 1],
  ])("is cut around its column for a terminal of %i columns (column %i)", (columns, column, isCutBefore) => {
    const code = Array.from({ length: 40 }, (_, word) => `wd${String(word).padStart(2, "0")}`).join(" ");
    const source = `short\n${code}\n\n`;

    const lines = excerptText(excerptOf(source, 2, column, 2)!, columns).split("\n");
    const [, marked, carets] = lines as [string, string, string];

    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    expect(marked[carets.indexOf("^")]).toBe(code[column - 1]);
    expect(marked.includes("| …")).toBe(isCutBefore === 1);
    expect(lines).toHaveLength(4);
  });

  it("finds a column far behind in a line of thousands, and counts tabs for a terminal", () => {
    const far = excerptOf(`${"x ".repeat(5000)}here${" y".repeat(5000)}`, 1, 10_001, 0)!;
    const tabbed = excerptText(excerptOf("\t\tlet name = 1", 1, 7, 0)!, 80);

    expect(far.lines[0]!.text.length).toBeLessThanOrEqual(400);
    expect(far.lines[0]!.text.slice(far.column - 1, far.column - 1 + far.length)).toBe("here");
    expect(tabbed).toBe("> 1 |         let name = 1\n    |             ^^^^");
  });

  it("is coloured without changing its text", () => {
    const line = 'const a = "<b>" + `x` + 12; // <i>';
    const html = highlight(line, "a.ts");

    const text = html
      .replace(/<\/?span[^>]*>/g, "")
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&quot;", '"');
    expect(text).toBe(line);
    expect(html).toContain('<span class="keyword">const</span>');
  });
});
