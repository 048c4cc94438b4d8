/** Holds the house's rules: which layer may import which, which packages, no cycles, no file without an owner. */

import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, relative, resolve, sep } from "node:path";
import { describe, expect, it } from "vitest";

const source = resolve(import.meta.dirname, "../src");

/** What each layer may import besides itself, and the packages it may use, each with its reason. */
const layers: Record<string, { imports: string[]; packages: Record<string, string> }> = {
  core: {
    imports: [],
    packages: {
      ws: "frames and compresses the messages of WebSockets",
      "@redis/client": "carries channels from machine to machine",
      mrmime: "knows the media type of a file extension",
      acorn: "parses the expressions of templates",
      undici: "sends requests, and keeps connections open between them",
      "openid-client": "checks the log-ins of OpenID Connect",
      piscina: "runs functions in a pool of threads",
      entities: "knows the character references of HTML",
      "rotating-file-stream": "puts log files aside by size and time",
      "csv-parse": "reads translations in CSV",
      "gettext-parser": "reads compiled gettext catalogues",
    },
  },
  process: { imports: ["core"], packages: {} },
  production: { imports: ["core", "process"], packages: {} },
  bundle: { imports: ["core"], packages: { esbuild: "bundles an app" } },
  dev: { imports: ["core", "process", "bundle"], packages: { chokidar: "watches an app's files" } },
  scaffold: {
    imports: ["core/errors", "core/nearest-name", "core/terminal-style", "core/template", "core/locale"],
    packages: {
      prompts: "asks at a terminal",
      acorn: "finds the messages to translate",
      esbuild: "takes the types off sources before that",
      "gettext-parser": "writes the messages and their translations",
    },
  },
  cli: {
    imports: ["core", "process", "production", "bundle", "dev", "scaffold"],
    packages: { commander: "reads the command line" },
  },
};

/** The one file that names the types of layers above it: what a program tells the framework it runs. */
const mayCloseACycle = new Set(["core/runtime.ts"]);

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

const files = readdirSync(source, { recursive: true, encoding: "utf8" })
  .map((path) => path.split(sep).join("/"))
  .filter((path) => path.endsWith(".ts"));

/** Reads every static, dynamic and type import of a file; comments do not count. */
function importsOf(path: string): Import[] {
  const text = readFileSync(join(source, path), "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\s*\/\/.*$/gm, "");
  const found: Import[] = [];
  for (const match of text.matchAll(/^\s*(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']/gm)) {
    found.push({ specifier: match[2]!, typeOnly: match[1] !== undefined });
  }
  for (const match of text.matchAll(/\bimport\(\s*["']([^"']+)["']\s*\)/g)) {
    found.push({ specifier: match[1]!, typeOnly: false });
  }
  return found;
}

/** The file of ours that a relative specifier names, as a path under src. */
function target(from: string, specifier: string): string {
  return relative(source, resolve(source, dirname(from), specifier.replace(/\.js$/, ".ts")))
    .split(sep)
    .join("/");
}

const layerOf = (path: string) => path.split("/")[0]!;

describe("the architecture", () => {
  it("has no file outside a layer", () => {
    const outside = files.filter((path) => !(layerOf(path) in layers));

    expect(outside).toEqual([]);
  });

  it("imports only downwards", () => {
    const wrong: string[] = [];
    for (const path of files) {
      const layer = layers[layerOf(path)]!;
      for (const { specifier } of importsOf(path)) {
        if (!specifier.startsWith(".")) continue;
        const imported = target(path, specifier);
        const isOwn = layerOf(imported) === layerOf(path);
        const isAllowed = layer.imports.some((name) => imported === `${name}.ts` || imported.startsWith(`${name}/`));
        if (!isOwn && !isAllowed) wrong.push(`${path} imports ${imported}`);
      }
    }

    expect(wrong).toEqual([]);
  });

  it("uses only the packages that a layer has a reason for", () => {
    const wrong: string[] = [];
    for (const path of files) {
      const layer = layers[layerOf(path)]!;
      for (const { specifier } of importsOf(path)) {
        if (specifier.startsWith(".") || isBuiltin(specifier)) continue;
        const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
        if (!(name in layer.packages)) wrong.push(`${path} imports ${name}`);
      }
    }

    expect(wrong).toEqual([]);
  });

  it("writes node: before the modules of Node", () => {
    const wrong = files.flatMap((path) =>
      importsOf(path)
        .filter(({ specifier }) => isBuiltin(specifier) && !specifier.startsWith("node:"))
        .map(({ specifier }) => `${path} imports ${specifier}`),
    );

    expect(wrong).toEqual([]);
  });

  it("has no import cycle, types included", () => {
    const edges = new Map(
      files.map((path) => [
        path,
        importsOf(path)
          .filter(({ specifier, typeOnly }) => specifier.startsWith(".") && !(typeOnly && mayCloseACycle.has(path)))
          .map(({ specifier }) => target(path, specifier)),
      ]),
    );

    expect(cycles(edges)).toEqual([]);
  });

  it("imports from the module that owns a name, not from a front door of its own layer", () => {
    const frontDoors = new Set(files.filter((path) => path.endsWith("/index.ts")));
    const wrong = files
      .filter((path) => !frontDoors.has(path))
      .flatMap((path) =>
        importsOf(path)
          .filter(({ specifier }) => specifier.startsWith(".") && frontDoors.has(target(path, specifier)))
          .map(({ specifier }) => `${path} imports ${target(path, specifier)}`),
      );

    expect(wrong).toEqual([]);
  });

  it("has no drawer for what has no name", () => {
    const drawers = files.filter((path) => /(^|\/)(utils?|helpers?|types|misc|common)(\.ts|\/)/.test(path));

    expect(drawers).toEqual([]);
  });
});

describe("the build", () => {
  it("forgets what it has built together with what it has built", () => {
    const { compilerOptions } = JSON.parse(readFileSync(resolve(source, "../tsconfig.build.json"), "utf8")) as {
      compilerOptions: { outDir: string; tsBuildInfoFile: string };
    };

    // Elsewhere, it would take a folder that was removed for up to date, and build nothing.
    expect(dirname(compilerOptions.tsBuildInfoFile)).toBe(compilerOptions.outDir);
  });
});

/** Every cycle of the graph, written as the path that closes it. */
function cycles(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const finished = new Set<string>();
  const visit = (path: string, trail: string[]): void => {
    const start = trail.indexOf(path);
    if (start !== -1) {
      found.push([...trail.slice(start), path].join(" -> "));
      return;
    }
    if (finished.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    finished.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return found;
}
