/**
 * Decides how a new app depends on this package: by its published version, or by the files that this very copy came from.
 *
 * A published version gives `npm:create-tornado-app@^X.Y.Z`. A checkout, or a tarball that was never published, gives a
 * `file:` spec, so that the app installs and runs today. npm writes no mark of its origin into an installed package (the
 * old `_resolved` field is gone since npm 7), so this looks at what surrounds it, and the first rule that says something
 * counts:
 *
 * 1. `src/` beside package.json (never published): a checkout.
 * 2. The nearest node_modules/.package-lock.json (npm, npx): its `resolved` is a URL, or a `file:` tarball.
 * 3. A folder of pnpm's or of a later yarn's, whose name holds the version, or `file` and the path.
 * 4. dist/published.json, which only `npm publish` makes, names this version (`npm install --global`, bun, yarn 1).
 * 5. Nothing says that it was published: its own files.
 */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";

const PACKAGE_NAME = "create-tornado-app";

/** Where this copy of the package came from. */
export type PackageOrigin =
  | { readonly kind: "published"; readonly version: string }
  /** `path` is an absolute path of the package's folder, or of its tarball. */
  | { readonly kind: "file"; readonly path: string };

/** Finds out where the package at `packageRoot` (a real path) came from. */
export function packageOrigin(packageRoot: string): PackageOrigin {
  const { version } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as { version: string };
  if (existsSync(join(packageRoot, "src"))) return { kind: "file", path: packageRoot };
  return (
    originFromLock(packageRoot, version) ??
    originFromStore(packageRoot, version) ??
    originFromMark(packageRoot, version)
  );
}

/** Writes the origin as the version of a dependency called `tornado`. */
export function dependencySpec(origin: PackageOrigin): string {
  if (origin.kind === "published") return `npm:${PACKAGE_NAME}@^${origin.version}`;
  // Absolute: npm, pnpm and yarn agree on what it means, and it survives the renaming of the app's folder.
  return `file:${origin.path.split(sep).join("/")}`;
}

function originFromLock(packageRoot: string, version: string): PackageOrigin | undefined {
  for (let folder = dirname(packageRoot); folder !== dirname(folder); folder = dirname(folder)) {
    const lock = readJson(join(folder, ".package-lock.json")) as
      | { packages?: Record<string, { resolved?: string }> }
      | undefined;
    if (lock === undefined) continue;
    const lockRoot = dirname(folder);
    const resolved = lock.packages?.[relative(lockRoot, packageRoot).split(sep).join("/")]?.resolved;
    if (resolved === undefined) return undefined;
    if (/^https?:/.test(resolved)) return { kind: "published", version };
    if (!resolved.startsWith("file:")) return { kind: "file", path: packageRoot };
    const tarball = resolve(lockRoot, resolved.slice("file:".length));
    return { kind: "file", path: existsSync(tarball) ? tarball : packageRoot };
  }
  return undefined;
}

function originFromStore(packageRoot: string, version: string): PackageOrigin | undefined {
  const store = packageRoot
    .split(sep)
    .find((segment) => new RegExp(`^${PACKAGE_NAME}(?:@|-(?:npm|file)-)`).test(segment));
  if (store === undefined) return undefined;
  if (store.startsWith(`${PACKAGE_NAME}@${version}`) || store.startsWith(`${PACKAGE_NAME}-npm-`)) {
    return { kind: "published", version };
  }
  return { kind: "file", path: packageRoot };
}

function originFromMark(packageRoot: string, version: string): PackageOrigin {
  const mark = readJson(join(packageRoot, "dist", "published.json")) as { version?: string } | undefined;
  return mark?.version === version ? { kind: "published", version } : { kind: "file", path: packageRoot };
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}
