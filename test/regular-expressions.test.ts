/** Holds every regular expression of ours to linear time: a text that somebody sends must never keep a process busy. */

import { readdirSync, readFileSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { type Node, parse } from "acorn";
import { transformSync } from "esbuild";
import { check } from "recheck";
import { expect, it } from "vitest";

const source = resolve(import.meta.dirname, "../src");

/**
 * Those that may take quadratic time, because what they read is short and does not come from a network: why, and how many
 * characters it has at most in practice. A second is worth about 100,000 of them.
 */
const exceptions: Readonly<Record<string, string>> = {
  "cli/load-app.ts": "the stack of the app's own error: a line of at most 5,000",
  "dev/source-positions.ts": "the stack of the app's own error: a line of at most 5,000",
  "dev/type-check.ts": "a line of the compiler's output: at most 5,000",
  "cli/type-check.ts": "a line of the compiler's output: at most 5,000",
  "dev/live-reload-transform.ts": "a Content-Security-Policy that the app itself sends, in development: at most 2,000",
  "dev/code-highlight.ts": "a line of the app's own source that an error page shows to its author: at most 5,000",
  "scaffold/app-name.ts": "a name that a person types, which is to be that of a folder: at most 255",
  "core/template/type-text.ts": "the types that a template's author wrote: at most 1,000",
  "core/routing/expression-pieces.ts": "a pattern that the app's author wrote: at most 1,000",
  "core/routing/path-pattern.ts": "a pattern that the app's author wrote: at most 1,000",
};

/** The places where one is put together at run time, which no reader of literals can see, and from what. */
const assembled: Readonly<Record<string, string>> = {
  "dev/code-highlight.ts": "literals, and reads a line of the app's own source",
  "scaffold/dependency-spec.ts": "literals, and reads a path of this machine",
  "core/log/format.ts": "one literal, with another flag",
  "core/routing/path-pattern.ts": "the app's own patterns, which backtracking.ts judges when they are added",
  "core/web/application.ts": "two literals, see below",
  "bundle/bundler.ts": "the paths of the app's own files, escaped",
  "core/net/pending-read.ts": "the app's own pattern, without the flags that remember a place",
  "core/http/cors.ts": "the app's own pattern, anchored",
};

interface Literal {
  readonly file: string;
  readonly pattern: string;
  readonly flags: string;
}

const files = readdirSync(source, { recursive: true, encoding: "utf8" })
  .map((path) => path.split(sep).join("/"))
  .filter((path) => path.endsWith(".ts"));

/** Every regular expression literal of a file; one that is written twice comes once. */
function literalsOf(file: string): Literal[] {
  const { code } = transformSync(readFileSync(join(source, file), "utf8"), { loader: "ts", target: "es2022" });
  const found = new Map<string, Literal>();
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null || value instanceof RegExp) return;
    const { type, regex } = value as Node & { regex?: { pattern: string; flags: string } };
    if (type === "Literal" && regex !== undefined) found.set(`/${regex.pattern}/${regex.flags}`, { file, ...regex });
    for (const child of Object.values(value)) visit(child);
  };
  visit(parse(code, { ecmaVersion: "latest", sourceType: "module" }));
  return [...found.values()];
}

it("has only regular expressions that take linear time, but for a few on short text of one's own", {
  timeout: 120_000,
}, async () => {
  const literals = files.flatMap(literalsOf);

  const slow: string[] = [];
  const excused = new Set<string>();
  for (const { file, pattern, flags } of literals) {
    // The checker's random search would find other things at other times.
    const found = await check(pattern, flags, { timeout: 20_000, randomSeed: 1 });
    if (found.status === "safe") continue;
    const complexity = found.status === "vulnerable" ? found.complexity : undefined;
    if (complexity?.type === "polynomial" && file in exceptions) excused.add(file);
    else slow.push(`${file}: /${pattern}/${flags} is ${found.status}, ${complexity?.summary ?? "undecided"}`);
  }

  expect(literals.length).toBeGreaterThan(250);
  expect(slow).toEqual([]);
  expect([...excused].sort()).toEqual(Object.keys(exceptions).sort());
});

it("puts regular expressions together in few places, each with a reason", () => {
  const places = files.filter((file) => /\bRegExp\(/.test(readFileSync(join(source, file), "utf8")));

  expect(places.sort()).toEqual(Object.keys(assembled).sort());
});
