/** Where the product lies, and how a stranger gets it: as a packed tarball, installed into an empty folder. */

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { run } from "../support/program.js";

export const checkout = resolve(import.meta.dirname, "../..");
export const tornado = join(checkout, "bin/tornado.js");
export const createTornadoApp = join(checkout, "bin/create-tornado-app.js");
export const version: string = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")).version;

/** Packs the product as `npm publish` would, without building it again, and returns the tarball's path. */
export async function pack(into: string): Promise<string> {
  const packed = await run("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", into], {
    cwd: checkout,
  });
  if (packed.code !== 0) throw new Error(`npm pack failed:\n${packed.stderr}`);
  return join(into, packed.stdout.trim());
}
