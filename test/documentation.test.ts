/** Holds the documentation to the code: links, examples, and every name, setting, option and error. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { CONFIG_SECTIONS } from "../src/cli/command-options.js";
import { firstCells, MarkdownPage } from "./support/markdown.js";
import { run } from "./support/program.js";
import { temporaryFolder } from "./support/temporary-folder.js";

const root = resolve(import.meta.dirname, "..");
const shown = (path: string) => relative(root, path).replaceAll("\\", "/");
const filesBelow = (folder: string, ending: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(ending))
    .map((path) => join(root, folder, path));

const pages = [join(root, "README.md"), ...filesBelow("docs", ".md")]
  .filter((path) => existsSync(path))
  .map((path) => MarkdownPage.read(path));
const page = (path: string) => {
  const found = pages.find((one) => shown(one.path) === path);
  if (found === undefined) throw new Error(`There is no ${path}.`);
  return found;
};

describe("the links", () => {
  it("lead to files that exist, and to headings in them", () => {
    const broken = pages.flatMap(({ path, links }) =>
      links
        .filter(({ target }) => !/^[a-z][a-z0-9+.-]*:/i.test(target) && !leadsSomewhere(path, target))
        .map(({ target, line }) => `${shown(path)}:${line}: ${target}`),
    );

    expect(broken).toEqual([]);
  });

  it("reach every page from the first one of the guide", () => {
    const reached = new Set<string>();
    const visit = (path: string) => {
      if (reached.has(path) || !path.endsWith(".md") || !existsSync(path)) return;
      reached.add(path);
      for (const { target } of MarkdownPage.read(path).links) visit(resolve(dirname(path), target.split("#")[0]!));
    };
    visit(join(root, "docs/guide/getting-started.md"));

    const wanted = pages.map(({ path }) => path).filter((path) => shown(path).startsWith("docs/"));
    expect(wanted.filter((path) => !reached.has(path)).map(shown)).toEqual([]);
  });

  function leadsSomewhere(from: string, target: string): boolean {
    const [file = "", anchor] = target.split("#", 2);
    const path = file === "" ? from : resolve(dirname(from), file);
    if (!existsSync(path)) return false;
    if (anchor === undefined || anchor === "") return true;
    return path.endsWith(".md") && MarkdownPage.read(path).headings.some((heading) => heading.anchor === anchor);
  }
});

/**
 * A block marked `ts` is a module as it stands. One marked `ts method` is the body of a handler's method, in which every
 * name of `tornado` is known. There is no mark that keeps a block from being checked.
 */
describe("the examples", () => {
  const blocks = pages.flatMap(({ path, blocks }) =>
    blocks.filter(({ language }) => language === "ts").map((block) => ({ path, ...block })),
  );

  it("say what they are", () => {
    const unknown = blocks.filter(({ info }) => !["", "method"].includes(info));

    expect(unknown.map(({ path, line, info }) => `${shown(path)}:${line}: ts ${info}`)).toEqual([]);
  });

  it("have the right types", { timeout: 120_000 }, async () => {
    expect(existsSync(join(root, "dist/core/index.d.ts")), "Run npm run build first.").toBe(true);
    await using folder = await temporaryFolder("documentation");
    await symlink(join(root, "node_modules"), join(folder.path, "node_modules"), "junction");
    await writeFile(join(folder.path, "package.json"), `{ "type": "module" }`);
    await writeFile(
      join(folder.path, "tsconfig.json"),
      JSON.stringify({ extends: join(root, "tsconfig.json"), include: ["examples", "src"] }),
    );
    // What an example may import of the app around it: the app of the first page.
    const app = blocks.find(({ path, code }) => path.endsWith("getting-started.md") && code.includes("makeApp"))!;
    await mkdir(join(folder.path, "src"));
    await writeFile(join(folder.path, "src/app.ts"), app.code);
    await mkdir(join(folder.path, "examples"));
    const places = new Map<string, string>();
    for (const { path, line, info, code } of blocks) {
      const name = `${basename(dirname(path))}-${basename(path, ".md")}-${line}.ts`;
      places.set(name, `${shown(path)}:${line}`);
      await writeFile(join(folder.path, "examples", name), info === "method" ? methodModule(code) : code);
    }

    const compiler = join(root, "node_modules/typescript/bin/tsc");
    const { stdout, stderr } = await run(process.execPath, [compiler, "--pretty", "false"], { cwd: folder.path });

    const errors = `${stdout}${stderr}`.replace(/^examples\/([^(]+)/gm, (_, name: string) => `${places.get(name)} `);
    expect(errors).toBe("");
  });

  function methodModule(code: string): string {
    const names = exportsOf("src/core/index.ts")
      .filter((name) => new RegExp(`\\b${name}\\b`).test(`${code} RequestHandler`))
      .join(", ");
    return `import { ${names} } from "tornado";\nexport class Example extends RequestHandler {\n  async method() {\n${code}\n  }\n}\n`;
  }
});

describe("docs/reference/errors.md", () => {
  /** Names of the environment, codes of Node and undici, and the folder of gettext. */
  const notOurs = /^(?:(?:TORNADO|ERR|HPE|EAI|UND)_|LC_MESSAGES$)/;

  it("has a paragraph for each code, and for no other", () => {
    const used = new Set<string>();
    for (const file of filesBelow("src", ".ts")) {
      for (const match of readFileSync(file, "utf8").matchAll(/"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"/g)) {
        if (!notOurs.test(match[1]!)) used.add(match[1]!);
      }
    }
    const { headings } = page("docs/reference/errors.md");
    const documented = headings.map(({ text }) => text).filter((text) => /^[A-Z0-9_]+$/.test(text));

    expect(documented.sort()).toEqual([...used].sort());
  });

  it("is about codes that can be told from other words", () => {
    const odd = filesBelow("src", ".ts").flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/new TornadoError\(\s*"([^"]*)"/g)]
        .map((match) => match[1]!)
        .filter((code) => !/^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(code)),
    );

    expect(odd).toEqual([]);
  });
});

describe("the tables of settings and options", () => {
  it("have every setting of an application, and no other", () => {
    const settings = [
      ...membersOf("src/core/web/handler-settings.ts", "HandlerSettings"),
      ...membersOf("src/core/web/settings.ts", "ApplicationSettings"),
    ];

    expect(firstCells(page("docs/reference/settings.md").prose).sort()).toEqual(settings.sort());
  });

  it("have every option of a server, and no other", () => {
    const options = membersOf("src/core/http/server-options.ts", "HTTPServerOptions");
    const documented = firstCells(page("docs/reference/http.md").section("Options of a server"));

    expect(documented.sort()).toEqual(options.sort());
  });

  function membersOf(path: string, name: string): string[] {
    const text = readFileSync(join(root, path), "utf8");
    const body = new RegExp(`interface ${name}\\b[^{]*\\{\\n([\\s\\S]*?)\\n\\}`).exec(text)?.[1];
    if (body === undefined) throw new Error(`${path} has no interface ${name}.`);
    return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map((match) => match[1]!);
  }
});

describe("docs/reference/command-line.md", () => {
  const commandLine = () => page("docs/reference/command-line.md");
  let commands: readonly { readonly title: string; readonly options: readonly string[] }[] = [];

  beforeAll(async () => {
    const help = await helpOf("tornado.js", []);
    const names = [...help.matchAll(/^ {2}([a-z]+)(?: <\w+>)* {2,}\S/gm)].map((match) => match[1]!);
    commands = await Promise.all([
      ...names.map(async (name) => ({
        title: `tornado ${name}`,
        options: optionsIn(await helpOf("tornado.js", [name])),
      })),
      helpOf("create-tornado-app.js", []).then((text) => ({ title: "create-tornado-app", options: optionsIn(text) })),
    ]);
  });

  it("has a section for each command, and for no other", () => {
    const titles = commandLine()
      .headings.map(({ text }) => text)
      .filter((text) => /^(?:tornado [a-z]+|create-tornado-app)$/.test(text));

    expect(titles.sort()).toEqual(commands.map(({ title }) => title).sort());
  });

  it("has every option that --help lists, and no other", () => {
    const common = firstCells(commandLine().section("Options of every command"));
    const documented = commands.map(({ title }) => ({
      title,
      options: firstCells(commandLine().section(title)).sort(),
    }));
    const listed = commands.map(({ title, options }) => ({
      title,
      options: options.filter((option) => !common.includes(option)).sort(),
    }));

    expect(documented).toEqual(listed);
    for (const { options } of commands) expect(options).toEqual(expect.arrayContaining(["-h, --help", "--verbose"]));
  });

  it("gives the environment variable, the key and the default of each option", () => {
    const missing = Object.entries(CONFIG_SECTIONS).flatMap(([command, definitions]) => {
      // The formatter pads the cells of a table.
      const rows = commandLine()
        .section(`tornado ${command}`)
        .map((line) => line.replace(/ +/g, " "));
      return definitions
        .map(({ flag, environment, name, default: value }) => {
          const shownDefault = value === undefined || typeof value === "boolean" ? "" : ` \`${value}\` |`;
          return { flag, row: `| \`${flag}\` | \`${environment}\` | \`${name}\` |${shownDefault}` };
        })
        .filter(({ row }) => !rows.some((line) => line.startsWith(row)))
        .map(({ row }) => `tornado ${command}: ${row}`);
    });

    expect(missing).toEqual([]);
  });

  async function helpOf(program: string, words: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await run(process.execPath, [join(root, "bin", program), ...words, "--help"]);
    if (code !== 0) throw new Error(`${program} ${words.join(" ")} --help failed:\n${stderr}`);
    return stdout;
  }

  function optionsIn(help: string): string[] {
    return [...help.matchAll(/^ {2}(-.*?)(?: {2,}|$)/gm)].map((match) => match[1]!);
  }
});

describe("the public names", () => {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    exports: Record<string, { default: string } | string>;
  };
  const entryPoints = Object.entries(manifest.exports).flatMap(([name, target]) =>
    typeof target === "string"
      ? []
      : [[name, target.default.replace("./dist/", "src/").replace(/\.js$/, ".ts")] as const],
  );
  const code = pages
    .filter(({ path }) => /^docs\/(?:reference\/|coming-from-tornado)/.test(shown(path)))
    .map((one) => one.code)
    .join("\n");

  it.each(entryPoints)("of %s are all mentioned in the reference", (_, file) => {
    const unmentioned = exportsOf(file).filter((name) => !new RegExp(`(?<![\\w$])${name}(?![\\w$])`).test(code));

    expect(unmentioned).toEqual([]);
  });
});

/** Reads the names that a module exports, types too, through its re-exports. */
function exportsOf(path: string): string[] {
  const names = new Set<string>();
  const visit = (file: string) => {
    const text = readFileSync(join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
    for (const match of text.matchAll(/^export \* from "([^"]+)"/gm)) {
      visit(join(dirname(file), match[1]!.replace(/\.js$/, ".ts")));
    }
    for (const match of text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)) {
      for (const entry of match[1]!.split(",")) {
        const name = entry.trim().split(/\s+/).at(-1);
        if (name) names.add(name);
      }
    }
    const declaration = /^export (?:abstract |async )*(?:class|function\*?|const|let|interface|type) (\w+)/gm;
    for (const match of text.matchAll(declaration)) names.add(match[1]!);
  };
  visit(path);
  return [...names];
}
