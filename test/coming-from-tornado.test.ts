/** Holds docs/coming-from-tornado.md to the truth: every public name of Tornado is in it, and what it says is here is here. */

import { existsSync, readFileSync } from "node:fs";
import { symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { MarkdownPage } from "./support/markdown.js";
import { run } from "./support/program.js";
import { temporaryFolder } from "./support/temporary-folder.js";

const root = resolve(import.meta.dirname, "..");
const page = MarkdownPage.read(join(root, "docs/coming-from-tornado.md"));

/** The names of Tornado 6.5 by module, each with its members: what `import tornado` shows and its documentation names. */
const tornadoNames = JSON.parse(
  readFileSync(join(import.meta.dirname, "support/tornado-names.json"), "utf8"),
) as Record<string, Record<string, readonly string[]>>;

interface Row {
  readonly line: number;
  /** The module of Tornado. */
  readonly module: string;
  /** The class that the names belong to. */
  readonly owner: string | null;
  readonly names: readonly string[];
  /** What stands in the second cell. */
  readonly here: string;
  /** The entry points that the names are to be found in. */
  readonly entryPoints: readonly string[];
}

/** One name that is said to be here, in one of the forms that it may have. */
interface Claim {
  readonly row: Row;
  /** Classes that it may be a member of; `null` for an export. */
  readonly owners: readonly (string | null)[];
  readonly candidates: readonly string[];
}

/** A claim in one of its forms. */
interface Try {
  readonly entryPoint: string;
  readonly owner: string | null;
  readonly name: string;
}

const rows = readRows();

describe("docs/coming-from-tornado.md", () => {
  it("has every public name of Tornado", () => {
    const listed = new Set(
      rows.flatMap(({ module, owner, names }) => [
        ...names.map((name) => (owner === null ? `${module}.${name}` : `${module}.${owner}.${name}`)),
        ...(owner === null ? [] : [`${module}.${owner}`]),
      ]),
    );
    const wanted = Object.entries(tornadoNames).flatMap(([module, names]) =>
      Object.entries(names).flatMap(([name, members]) => [
        `${sectionOf(module)}.${name}`,
        ...members.map((member) => `${sectionOf(module)}.${name}.${member}`),
      ]),
    );

    expect(wanted.filter((name) => !listed.has(name))).toEqual([]);
  });

  describe("says of names that they are here", () => {
    let modules: Map<string, Record<string, unknown>>;

    beforeAll(async () => {
      expect(existsSync(join(root, "dist/core/index.js")), "Run npm run build first.").toBe(true);
      const entryPoints = new Set(rows.flatMap((row) => row.entryPoints));
      modules = new Map(await Promise.all([...entryPoints].map(async (name) => [name, await import(name)] as const)));
    });

    it("which is true of each", { timeout: 60_000 }, async () => {
      const claims = rows.flatMap(claimsOf);
      const unseen = claims.filter((claim) => !isAtRuntime(claim));
      const untrue = await withoutType(unseen);

      const shown = untrue.map(({ row, candidates }) => `line ${row.line}: ${candidates.join(" or ")}`);
      expect(shown).toEqual([]);
      expect(claims.length).toBeGreaterThan(500);
    });

    function isAtRuntime({ row, owners, candidates }: Claim): boolean {
      return row.entryPoints.some((entryPoint) => {
        const module = modules.get(entryPoint)!;
        return owners.some((owner) => {
          if (owner === null) return candidates.some((name) => name in module);
          const target = classOf(module, owner);
          return target !== null && candidates.some((name) => name in target || name in target.prototype);
        });
      });
    }

    function classOf(module: Record<string, unknown>, name: string): { readonly prototype: object } | null {
      const value = module[name];
      if (typeof value !== "function") return null;
      // A mixin is a function that makes a class.
      return name.endsWith("Mixin") ? value(modules.get("tornado/web")!.RequestHandler) : value;
    }

    /** Fields and interfaces are there for the compiler only: gives the claims that it contradicts. */
    async function withoutType(claims: readonly Claim[]): Promise<Claim[]> {
      await using folder = await temporaryFolder("coming-from-tornado");
      await symlink(join(root, "node_modules"), join(folder.path, "node_modules"), "junction");
      await writeFile(join(folder.path, "package.json"), `{ "type": "module" }`);
      const tsconfig = { extends: join(root, "tsconfig.json"), include: ["claims.ts"] };
      await writeFile(join(folder.path, "tsconfig.json"), JSON.stringify(tsconfig));
      const tries = claims.flatMap((claim) =>
        claim.row.entryPoints.flatMap((entryPoint) =>
          claim.owners.flatMap((owner) => claim.candidates.map((name) => ({ claim, entryPoint, owner, name }))),
        ),
      );
      await writeFile(join(folder.path, "claims.ts"), tries.map(typeOf).join("\n"));
      const compiler = join(root, "node_modules/typescript/bin/tsc");
      const { stdout } = await run(process.execPath, [compiler, "--pretty", "false"], { cwd: folder.path });
      const wrong = new Set([...stdout.matchAll(/^claims\.ts\((\d+),/gm)].map((match) => Number(match[1]) - 1));
      const proven = new Set(tries.filter((_, index) => !wrong.has(index)).map(({ claim }) => claim));
      return claims.filter((claim) => !proven.has(claim));
    }

    function typeOf({ entryPoint, owner, name }: Try, index: number): string {
      const alias = `X${index}`;
      const statement = `import type { ${owner ?? name} as ${alias} } from "${entryPoint}";`;
      if (owner === null) return statement;
      const isClass = owner in modules.get(entryPoint)!;
      const type = isClass ? `(typeof ${alias} & InstanceType<typeof ${alias}>)` : alias;
      return `${statement} export type T${index} = ${type}["${name}"];`;
    }
  });
});

function claimsOf(row: Row): Claim[] {
  const { here, owner, names } = row;
  if (/^(?:no|platform|the)\b/.test(here)) return [];
  if (here.startsWith("same")) {
    const members = names.map((name) => ({
      row,
      owners: [owner],
      candidates: [...new Set([name, inCamelCase(name)])],
    }));
    return owner === null ? members : [{ row, owners: [null], candidates: [owner] }, ...members];
  }
  // What comes behind the first semicolon explains.
  return codeSpans(here.split(";", 1)[0]!).flatMap((span) => {
    const [, ownerHere, name] = /^(?:([A-Z]\w*)\.)?([A-Za-z_$][\w$]*)(?:\(.*)?$/.exec(span) ?? [];
    if (name === undefined) return [];
    return [{ row, owners: ownerHere === undefined ? [null, owner] : [ownerHere], candidates: [name] }];
  });
}

function inCamelCase(name: string): string {
  return /^[A-Z]/.test(name) ? name : name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function sectionOf(module: string): string {
  if (module.startsWith("platform.")) return "platform";
  return { simple_httpclient: "httpclient", curl_httpclient: "httpclient" }[module] ?? module;
}

function codeSpans(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
}

function readRows(): Row[] {
  const found: Row[] = [];
  for (const { text: module, line: start, level } of page.headings) {
    if (level !== 2 || module === "Deliberate differences") continue;
    let inSection: string[] = [];
    for (const [index, line] of page.section(module).entries()) {
      if (!line.startsWith("|")) {
        inSection = [...inSection, ...entryPointsIn(line)];
        continue;
      }
      const [, tornado = "", here = ""] = line.split("|").map((cell) => cell.trim());
      const named = /^`([^`]+)`: (.*)$/.exec(tornado);
      const ofCell = entryPointsIn(here);
      found.push({
        line: start + index + 1,
        module,
        owner: named?.[1] ?? null,
        names: codeSpans(named?.[2] ?? tornado),
        here,
        entryPoints: ofCell.length > 0 ? ofCell : inSection,
      });
    }
  }
  return found.filter(({ here }) => here !== "Here" && !/^-+$/.test(here));
}

function entryPointsIn(text: string): string[] {
  return codeSpans(text).filter((span) => /^tornado\/[a-z]+$/.test(span));
}
