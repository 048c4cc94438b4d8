/**
 * Writes the JavaScript of dist/: few files in the place of one a module, since whoever starts Node waits for each.
 *
 * A program or entry point loads what it needs and no more: modules go into one file when the same ones of `entries` reach them. Declarations are
 * `tsc`'s work. What no source makes any more is removed.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { build } from "esbuild";

const root = resolve(import.meta.dirname, "..");
const dist = join(root, "dist");
/** Folder of what several entries share. */
const shared = "chunks";

const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const published = Object.values(exports).flatMap((target) => target.default?.match(/^\.\/dist\/(.+)\.js$/)?.[1] ?? []);
/** Files that are started, or imported by what was built for an app, by their path. */
const named = [
  "cli/create-tornado-app",
  "cli/tornado",
  "core/async/executor-thread",
  "core/locale/translation-folder",
  "core/runtime",
  "dev/dev-server",
  "dev/dev-worker",
  "production/run-built-server",
  "production/start",
];
const entries = [...published, ...named].map((path) => ({ in: `src/${path}.ts`, out: path }));

const { metafile, outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: entries,
  outdir: dist,
  chunkNames: `${shared}/[name]-[hash]`,
  bundle: true,
  splitting: true,
  packages: "external",
  format: "esm",
  platform: "node",
  target: "node20.19",
  charset: "utf8",
  sourcemap: true,
  metafile: true,
  write: false,
});
const outputs = withTellingNames();

// The files that are imported come first: a process that starts meanwhile finds what it asks for.
const isShared = ({ path }) => dirname(path) === join(dist, shared);
for (const { path, text } of outputs.sort((a, b) => Number(isShared(b)) - Number(isShared(a)))) {
  replaceFile(path, path.endsWith(".js") ? withNamedFiles(withClassNames(text), dirname(path)) : text);
}
removeOthers([
  ...outputs.map(({ path }) => relative(dist, path)),
  ...filesOf(join(root, "src")).flatMap((path) => [".d.ts", ".d.ts.map"].map((end) => path.replace(/\.ts$/, end))),
  ".tsbuildinfo",
  "published.json",
]);

/** Gives the outputs, in which `chunk-5SAUIFVZ` is called for the folder that most of it is of: traces show where they lead. */
function withTellingNames() {
  const names = new Map();
  for (const [path, { inputs }] of Object.entries(metafile.outputs)) {
    const name = /\bchunk-[A-Z0-9]{8}(?=\.js$)/.exec(path)?.[0];
    const [[largest = "src/node"] = []] = Object.entries(inputs).sort(
      ([, a], [, b]) => b.bytesInOutput - a.bytesInOutput,
    );
    if (name !== undefined) names.set(name, name.replace("chunk", basename(dirname(largest))));
  }
  const renamed = (text) => text.replaceAll(/\bchunk-[A-Z0-9]{8}\b/g, (name) => names.get(name) ?? name);
  return outputFiles.map(({ path, text }) => ({ path: renamed(path), text: renamed(text) }));
}

/**
 * Gives classes their own names back: esbuild calls one that mentions itself `_RequestHandler`, and logs and error pages show names.
 *
 * Its other answer, `keepNames`, would call a function for every closure that a request makes.
 */
function withClassNames(code) {
  const renamed = [...code.matchAll(/^var (\w+) = class _\1 /gm)].map((match) => match[1]);
  return renamed.reduce((text, name) => text.replaceAll(new RegExp(`\\b_${name}\\b`, "g"), name), code);
}

/** Corrects `new URL("./…", import.meta.url)`, which a module wrote when that file lay beside it. */
function withNamedFiles(code, folder) {
  return named.reduce((text, path) => {
    const file = relative(folder, join(dist, `${path}.js`)).replaceAll("\\", "/");
    const place = file.startsWith("../") ? file : `./${file}`;
    return text.replaceAll(
      `new URL("./${basename(path)}.js", import.meta.url)`,
      `new URL("${place}", import.meta.url)`,
    );
  }, code);
}

/** Replaces a file at once: another process may be reading it. */
function replaceFile(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  const whole = `${path}.${process.pid}`;
  writeFileSync(whole, text);
  renameSync(whole, path);
}

/** Paths of all files below a folder, relative to it. */
function filesOf(folder) {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

function removeOthers(expected) {
  const ours = new Set(expected);
  for (const path of filesOf(dist)) if (!ours.has(path)) rmSync(join(dist, path), { force: true });
}
