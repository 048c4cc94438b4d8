/** Holds what the build of the package promises: few files, each with a purpose, and every module once. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { compiledFile, entryPoints } from "../src/bundle/tornado-resolver.js";

const root = resolve(import.meta.dirname, "..");
const dist = join(root, "dist");
const sources = filesOf(join(root, "src"));
const built = filesOf(dist);
/** What an entry point of Vitest's needs is no dependency of ours. */
const importable = [...entryPoints].filter(([name]) => name !== "tornado/vitest");

describe("the build of the package", () => {
  it("makes every file that is named by its path, from the place where it is named", () => {
    const named = sources.flatMap((path) => [
      ...readFileSync(join(root, "src", path), "utf8").matchAll(/\b(?:compiledFile|from)\("([\w/-]+\.js)"\)/g),
    ]);
    const started = built.filter(isCode).flatMap((path) => {
      const code = readFileSync(join(dist, path), "utf8").replaceAll(/^ *\*.*$/gm, "");
      return [...code.matchAll(/new URL\("([^"]+)", import\.meta\.url\)/g)].map(([, url]) =>
        fileURLToPath(new URL(url!, pathToFileURL(join(dist, path)))),
      );
    });

    expect(named.length).toBeGreaterThan(3);
    expect(named.map(([, path]) => path!).filter((path) => !existsSync(compiledFile(path)))).toEqual([]);
    expect(started).toContain(compiledFile("core/async/executor-thread.js"));
    expect(started.filter((file) => !existsSync(file))).toEqual([]);
    expect(
      started.map((file) => relative(root, file)).filter((path) => path !== "" && !path.startsWith("dist")),
    ).toEqual([]);
  });

  it("holds every module once, whichever entry points an app imports", async () => {
    const owners = new Map<string, Set<unknown>>();

    for (const [, file] of importable) {
      for (const [name, value] of Object.entries(await load(file))) {
        if (typeof value === "function") owners.set(name, (owners.get(name) ?? new Set()).add(value));
      }
    }

    const several = [...owners].filter(([, values]) => values.size > 1).map(([name]) => name);
    // Two that a server and a client have alike, as in Tornado.
    expect(several.sort()).toEqual(["HTTPError", "HTTPResponse"]);
  });

  it("leaves the classes their names, which logs and error pages show", async () => {
    const renamed = built.filter(isCode).flatMap((path) => {
      const classes = readFileSync(join(dist, path), "utf8").matchAll(/^(?:var (\w+) = )?class (?!extends)(\w+)/gm);
      return [...classes]
        .filter(([, name, own]) => (name ?? own) !== own || /^_|\D2$/.test(own!))
        .map(([text]) => text);
    });

    expect(renamed).toEqual([]);
  });

  it("lets an app load the framework by few files, and the command line without it", () => {
    const ofWeb = loadedBy(entryPoints.get("tornado/web")!);
    const ofProgram = loadedBy(compiledFile("cli/tornado.js"));

    expect(ofWeb.size).toBeLessThan(60);
    expect(
      [...ofProgram].map((file) => relative(dist, file)).filter((path) => /\b(?:web|http1?)[-/]/.test(path)),
    ).toEqual([]);
  });

  it("leaves nothing behind that no source makes", () => {
    const entries = [...entryPoints.values(), ...built.filter((path) => !path.startsWith("chunks")).map(compiledFile)];
    const used = new Set(entries.filter(isCode).flatMap((file) => [...loadedBy(file, true)]));
    const dead = built.filter((path) => isCode(path) && !used.has(compiledFile(path)));
    const declarations = built.filter((path) => path.endsWith(".d.ts"));

    expect(dead).toEqual([]);
    expect(declarations.filter((path) => !sources.includes(path.replace(/\.d\.ts$/, ".ts")))).toEqual([]);
  });
});

async function load(file: string): Promise<Record<string, unknown>> {
  return (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Record<string, unknown>;
}

/** Absolute paths of the files that importing one loads; with `whenAsked`, those as well that it may load later. */
function loadedBy(file: string, whenAsked = false, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  const code = readFileSync(file, "utf8");
  const imports = [...code.matchAll(/^(?:import\b|export\b|\} from)[^"'`\n]*"(\.[^"]+)";$/gm)];
  const later = whenAsked ? [...code.matchAll(/\bimport\("(\.[^"]+\.js)"\)/g)] : [];
  for (const [, path] of [...imports, ...later]) loadedBy(resolve(dirname(file), path!), whenAsked, found);
  return found;
}

function isCode(path: string): boolean {
  return path.endsWith(".js");
}

/** Paths of all files below a folder, relative to it. */
function filesOf(folder: string): string[] {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}
