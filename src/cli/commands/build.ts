/** `tornado build`: bundles the app into a folder that runs with Node.js alone. */

import { statSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import { TornadoError } from "../../core/errors.js";
import { terminalStyle } from "../../core/terminal-style.js";
import { type AppContext, openApp, settleFor } from "../app-context.js";
import { START_OPTIONS } from "../command-options.js";
import { settleOptions } from "../parse-options.js";

/** Builds, and tells what was made. */
export async function build(flags: Readonly<Record<string, unknown>>): Promise<number> {
  const app = await openApp();
  const { values } = settleFor(app, "build", flags);
  const outdir = resolve(app.root, values.outdir as string);
  refuseSourceFolder(app.root, outdir);
  const style = terminalStyle(process.stdout);
  const startedAt = performance.now();
  const { buildApp } = await import("../../bundle/build-app.js");
  const isFile = statSync(outdir, { throwIfNoEntry: false })?.isDirectory() === false;
  if (isFile) throw new TornadoError("BAD_OPTION", `"${outdir}" is a file. Choose another --outdir.`);
  const result = await buildApp({
    root: app.root,
    outdir,
    minify: values.minify as boolean,
    startOptions: configuredStart(app),
  });
  const milliseconds = Math.round(performance.now() - startedAt);
  const folder = relative(process.cwd(), outdir) || ".";
  const count = result.files.length;
  process.stdout.write(`${style.green("✔")} Built ${style.bold(folder)}: ${count} files in ${milliseconds} ms.\n`);
  process.stdout.write(
    style.dim(`Serve it with "tornado start", or anywhere with "node ${join(folder, "server.js")}".\n`),
  );
  return 0;
}

/** What tornado.config.ts says about the server, checked now: in production nothing is there to read it any more. */
function configuredStart({ config }: AppContext): Record<string, unknown> {
  const values = config?.sections.start;
  if (values === undefined) return {};
  const file = { name: config!.name, section: "start", values };
  const settled = settleOptions(START_OPTIONS, { flags: {}, environment: {}, file });
  return Object.fromEntries(Object.entries(settled.values).filter(([name]) => settled.origins[name] === "file"));
}

/** Building empties its folder, so that one must not hold the app. */
function refuseSourceFolder(root: string, outdir: string): void {
  const path = relative(outdir, root);
  const holdsApp = path === "" || (!path.startsWith("..") && !isAbsolute(path));
  const isSource = ["src", "templates", "static", "locale", "test", "node_modules"].includes(
    relative(root, outdir).split(/[\\/]/, 1)[0]!,
  );
  if (holdsApp || isSource) {
    throw new TornadoError(
      "BAD_OPTION",
      `The app cannot be built into "${outdir}", which holds its sources. Choose another --outdir.`,
    );
  }
}
