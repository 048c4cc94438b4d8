/** `tornado dev`: serves the app, and again after every save. */

import { terminalStyle } from "../../core/terminal-style.js";
import { openApp, settleFor } from "../app-context.js";
import { noteNodeSupport } from "../note-node-support.js";

/** Runs until Ctrl-C; gives the exit code. */
export async function dev(flags: Readonly<Record<string, unknown>>): Promise<number> {
  const app = await openApp({ isDevelopment: true, readsAgain: true });
  const { values, origins } = settleFor(app, "dev", flags);
  noteNodeSupport(process.stderr, terminalStyle(process.stderr));
  const { runDevServer } = await import("../../dev/dev-server.js");
  return runDevServer({
    root: app.root,
    port: values.port as number,
    portIsExplicit: origins.port !== "default",
    host: values.host as string,
    open: values.open as boolean,
    ...(values.inspect === undefined ? {} : { inspect: values.inspect as number }),
    https: values.https as boolean,
    liveReload: values.liveReload as boolean,
    typecheck: values.typecheck as boolean,
    editor: values.editor as string | undefined,
    editorRoot: values.editorRoot as string | undefined,
    interactive: Boolean(process.stdin.isTTY && process.stdout.isTTY) && !process.env.CI,
  });
}

/** Serves the app that create-tornado-app has made a moment ago, with this very copy of the framework. */
export async function serveNewApp(folder: string): Promise<number> {
  process.chdir(folder);
  return dev({});
}
