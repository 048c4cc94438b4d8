/** `tornado info`: what a bug report needs to know, without anything secret. */

import { readFileSync } from "node:fs";
import { arch, cpus, platform, release } from "node:os";
import { join } from "node:path";
import { findAppRoot } from "../../core/app-root.js";
import { terminalStyle } from "../../core/terminal-style.js";
import { packageOrigin } from "../../scaffold/dependency-spec.js";
import { nodeSupportNote } from "../node-support.js";
import { packageRoot, packageVersion } from "../own-package.js";

/** Packages of an app that matter to us. */
const APP_PACKAGES = ["typescript", "vitest"];

/** Prints versions and folders. */
export function info(asJson: boolean): void {
  const facts = collectFacts();
  if (asJson) {
    process.stdout.write(`${JSON.stringify(facts, undefined, 2)}\n`);
    return;
  }
  const style = terminalStyle(process.stdout);
  const width = Math.max(...Object.keys(facts).map((name) => name.length)) + 2;
  for (const [name, value] of Object.entries(facts))
    process.stdout.write(`${style.bold(name.padEnd(width))}${value ?? "none"}\n`);
  const note = nodeSupportNote(process.versions.node, new Date());
  if (note !== undefined) process.stdout.write(`\n${style.dim(note)}\n`);
}

function collectFacts(): Record<string, string | null> {
  const root = appRoot();
  const origin = packageOrigin(packageRoot);
  return {
    tornado: packageVersion(),
    package: packageRoot,
    origin: origin.kind === "published" ? "published" : origin.path,
    node: process.versions.node,
    system: `${platform()} ${release()} ${arch()}, ${cpus().length} CPUs`,
    app: root,
    esbuild: versionIn(packageRoot, "esbuild"),
    ...Object.fromEntries(APP_PACKAGES.map((name) => [name, root === null ? null : versionIn(root, name)])),
  };
}

function appRoot(): string | null {
  try {
    return findAppRoot(process.cwd());
  } catch {
    return null;
  }
}

/** Looks in the node_modules of a folder and of those above it, as Node does. */
function versionIn(folder: string, name: string): string | null {
  for (let parts = folder.split(/[\\/]/); parts.length > 0; parts = parts.slice(0, -1)) {
    try {
      const manifest = readFileSync(join(parts.join("/") || "/", "node_modules", name, "package.json"), "utf8");
      return (JSON.parse(manifest) as { version: string }).version;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}
