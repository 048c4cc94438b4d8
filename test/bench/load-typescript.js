/** Lets a script of this folder use the tests' own TypeScript: the vectors, the reference parser, the generator. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

/** Bundles the module, with everything of ours that it imports, and imports the result. */
export async function loadTypeScript(path) {
  const folder = await mkdtemp(join(tmpdir(), "tornado-bench-"));
  const outfile = join(folder, "module.mjs");
  try {
    await build({
      entryPoints: [path],
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      sourcemap: "inline",
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    await rm(folder, { recursive: true });
  }
}
