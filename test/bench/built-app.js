/** Builds an app of one source, for benchmarks of what serves in production. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

/** Makes the app in an empty folder and builds it; answers with the program that serves it. */
export async function buildApp(folder, appSource) {
  await mkdir(join(folder, "src"));
  await writeFile(join(folder, "package.json"), '{ "name": "bench", "type": "module" }\n');
  await writeFile(join(folder, "src/app.js"), appSource);
  const tornado = resolve(import.meta.dirname, "../../bin/tornado.js");
  const build = spawn(process.execPath, [tornado, "build"], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  const [code] = await once(build, "exit");
  if (code !== 0) throw new Error(`tornado build ended with ${code}`);
  return join(folder, "dist/server.js");
}
