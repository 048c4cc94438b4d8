/** Asks an app, in a process of its own, for the settings that a build has to know. */

import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { envFileNames, readEnvFiles } from "../core/env-file.js";
import { createBundler } from "./bundler.js";
import { compiledFile } from "./tornado-resolver.js";
import { removeWorkFolder, whenInterrupted } from "./work-folder.js";

/** Where an app keeps its templates, static files and translations, as absolute paths, and how it writes templates. */
export interface BuildSettings {
  readonly templatePath?: string;
  readonly staticPath?: string;
  readonly templateWhitespace?: "all" | "single" | "oneline";
  /** Those that it loaded translations from. */
  readonly translationFolders: readonly string[];
}

const LIMIT_MS = 10_000;
const marker = "tornado-settings:";

/**
 * Makes the app and reads its settings.
 *
 * An app that cannot be made where it is built, since its database or its secrets are elsewhere, is taken to keep
 * to the usual: `templates`, `static` and `locale` in its root.
 *
 * @param environment - The variables that the app is made with, besides those of its .env files.
 * @throws {BuildError} when the app cannot be bundled.
 */
export async function readAppSettings(
  root: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<BuildSettings> {
  const usual: BuildSettings = {
    templatePath: join(root, "templates"),
    staticPath: join(root, "static"),
    translationFolders: [join(root, "locale")],
  };
  const folder = join(root, ".tornado", `settings-${process.pid}`);
  const stopWatching = whenInterrupted(() => removeWorkFolder(folder));
  const bundler = await createBundler({ root, outdir: folder });
  try {
    const { code, parts } = await bundler.rebuild();
    mkdirSync(folder, { recursive: true });
    for (const { name, contents } of parts) writeFileSync(join(folder, name), contents);
    const bundle = join(folder, "app.mjs");
    writeFileSync(bundle, code);
    writeFileSync(join(folder, "ask.mjs"), program(bundle, root));
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "ask.mjs")], {
      cwd: root,
      env: { ...readEnvFiles(root, envFileNames), ...environment },
      timeout: LIMIT_MS,
    }).catch(() => ({ stdout: "" }));
    const answer = stdout.split("\n").find((line) => line.startsWith(marker));
    return answer === undefined ? usual : (JSON.parse(answer.slice(marker.length)) as BuildSettings);
  } finally {
    await bundler.dispose();
    removeWorkFolder(folder);
    stopWatching();
  }
}

/** Debug, so that a secret that is only set in production is not missed. It exits: the app may hold the process open. */
function program(bundle: string, root: string): string {
  const url = (path: string) => JSON.stringify(pathToFileURL(path).href);
  return `
import { configureRuntime } from ${url(compiledFile("core/runtime.js"))};
import { translationFolders } from ${url(compiledFile("core/locale/translation-folder.js"))};
configureRuntime({ appRoot: ${JSON.stringify(root)} });
const { makeApp } = await import(${url(bundle)});
const { templatePath, staticPath, templateWhitespace } = (await makeApp({ debug: true })).settings;
const answer = { templatePath, staticPath, templateWhitespace, translationFolders: translationFolders() };
process.stdout.write("\\n${marker}" + JSON.stringify(answer) + "\\n", () => process.exit());
`;
}
