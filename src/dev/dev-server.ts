/** `tornado dev`: owns the port and the terminal, and serves an app that is always as it was last saved. */

import { join } from "node:path";
import { developmentEnvFileNames } from "../core/env-file.js";
import { TornadoError } from "../core/errors.js";
import { plainStyle, type TerminalStyle, terminalStyle } from "../core/terminal-style.js";
import { describePortOwner } from "../process/port-owner.js";
import { hostCheck, ownAddresses } from "./allowed-hosts.js";
import { appEnvironment } from "./app-environment.js";
import { banner, keyHelp, reloadLine, typeFaultText } from "./banner.js";
import { BundleFiles } from "./bundle-files.js";
import { devPages } from "./dev-pages.js";
import { detectEditor, editorLinks } from "./editor-link.js";
import { Front } from "./front.js";
import { History } from "./history.js";
import { type KeyListener, listenToKeys } from "./keys.js";
import { LiveReload } from "./live-reload.js";
import { openBrowser } from "./open-browser.js";
import type { ReloadCycle } from "./reload-cycle.js";
import { TerminalErrors } from "./terminal-errors.js";
import type { TypeCheck } from "./type-check.js";
import type { Watcher } from "./watcher.js";
import { WorkerSwap } from "./worker-swap.js";

export interface DevOptions {
  /** Absolute path of the app's root. */
  readonly root: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** True when a person asked for this port: then no other one will do. */
  readonly portIsExplicit: boolean;
  /** Address to listen on. */
  readonly host: string;
  /** Opens the browser when the app is ready. */
  readonly open: boolean;
  /** Port of the debugger. */
  readonly inspect?: number | undefined;
  readonly https: boolean;
  readonly liveReload: boolean;
  /** Checks the types in the background. */
  readonly typecheck?: boolean | undefined;
  /** Which editor the places on error pages lead to. Default: the one that the environment tells of. */
  readonly editor?: string | undefined;
  /** Path of the app's root as the editor sees it, where that is another one. */
  readonly editorRoot?: string | undefined;
  /** True at a terminal: keys are listened to, and a busy default port is stepped over. */
  readonly interactive: boolean;
  /** The environment of the app without its `.env` files. Default: this process's own. */
  readonly environment?: NodeJS.ProcessEnv;
}

const failureTitles = {
  build: "The app cannot be built:",
  start: "The app does not run:",
  crash: "The app has stopped:",
  request: "The app has stopped:",
} as const;
const PORTS_TO_TRY = 20;
const EXIT_INTERRUPTED = 130;
const EXIT_HANGUP = 129;
const watchedPaths = [
  "src",
  "templates",
  "locale",
  "static",
  ...developmentEnvFileNames,
  "package.json",
  "tornado.config.ts",
  "tsconfig.json",
];

/**
 * Serves an app until it is told to end: by `q`, Ctrl-C, SIGTERM or SIGHUP.
 *
 * @returns The exit code.
 * @throws TornadoError `PORT_IN_USE`, and others that keep it from listening.
 */
export async function runDevServer(options: DevOptions): Promise<number> {
  const { root, host } = options;
  // From here on a signal ends the server in order, also in the middle of its start.
  const ending = endSignal();
  const style = terminalStyle(process.stdout);
  const say = (text: string) => void process.stdout.write(text);
  const base = options.environment ?? { ...process.env };
  const complain = (text: string) => void process.stderr.write(`${terminalStyle(process.stderr).yellow(text)}\n`);
  let environment = appEnvironment(root, base, complain);
  const editor = { editor: options.editor ?? detectEditor(base), root, editorRoot: options.editorRoot };
  const editorLink = editorLinks(editor);
  const history = new History();
  const liveReload = options.liveReload ? new LiveReload(editorLink) : undefined;
  const names =
    host === "127.0.0.1" || host === "localhost" ? [] : host === "0.0.0.0" || host === "::" ? ownAddresses() : [host];
  const tls = options.https
    ? await (await import("./certificate.js")).certificateIn(join(root, ".tornado", "https"), names)
    : undefined;

  let cycle: ReloadCycle | undefined;
  const front = new Front({
    tls,
    pages: devPages({ isAllowedHost: hostCheck(host), liveReload, editorLink, history, failure: () => cycle?.failure }),
    beforeRequest: () => cycle?.look(),
    explainLoss: async (socketPath) => (await cycle?.explainLoss(socketPath)) === true,
  });
  const files = new BundleFiles(root, options.inspect !== undefined);
  files.prepare();
  const port = await listen(front, options).catch((error: unknown) => {
    files.remove();
    throw error;
  });
  const url = (name: string) =>
    `${options.https ? "https" : "http"}://${name.includes(":") ? `[${name}]` : name}:${port}/`;
  const localUrl = url(
    names.length === 1 && names[0] === host ? host : host === "localhost" || options.https ? "localhost" : "127.0.0.1",
  );
  const facts = {
    localUrl,
    networkUrls: names.filter((name) => !name.includes(":")).map(url),
    certificate: tls === undefined ? undefined : ".tornado/https/cert.pem",
    inspectPort: options.inspect,
    root,
    hasKeys: options.interactive && process.stdin.isTTY,
    columns: process.stdout.columns ?? 80,
  };
  let keys: KeyListener | undefined;
  const swap = new WorkerSwap({
    root,
    environment: () => environment,
    // Each worker would say where its debugger listens, in two lines; the banner has said it.
    execArgv: options.inspect === undefined ? [] : ["--inspect-publish-uid=http"],
    onExit: () => keys?.refresh(),
  });
  // The spares boot while the bundler is loaded.
  swap.warm();
  say(banner(facts, style));

  const errors = new TerminalErrors(process.stderr);
  const types = options.typecheck === true ? await typeCheck(root, liveReload, style) : undefined;
  let opens = options.open;
  const open = () =>
    openBrowser(localUrl, (program) => {
      complain(`"${program}" opened no browser. Open ${localUrl} yourself, or name a browser in BROWSER.`);
    });
  let watcher: Watcher | undefined;
  const { ReloadCycle } = await import("./reload-cycle.js");
  cycle = new ReloadCycle({
    root,
    host,
    front,
    liveReload,
    swap,
    files,
    inspectPort: options.inspect,
    editor,
    watchAlso: (paths) => watcher?.add(paths),
    eventsAreMissing: () => watcher?.poll("The system tells of no saved files here, as in some containers."),
    readEnvironment: () => {
      environment = appEnvironment(root, base, complain);
    },
    news: {
      reloaded(action, files, milliseconds) {
        errors.forget();
        say(`${reloadLine(action, files, milliseconds, style)}\n`);
        history.noteReload(reloadLine(action, files, milliseconds, plainStyle));
        if (action !== "style" && action !== "page") types?.demand();
        if (opens) open();
        opens = false;
      },
      failed(report) {
        errors.show(failureTitles[report.kind], report.errors);
        const [error] = report.errors;
        if (error !== undefined) history.noteReload(`${error.name}: ${error.message}`, true);
      },
      tookOver: (app) => {
        history.app = app;
      },
      requested: (request) => history.noteRequest(request),
      hangs(milliseconds) {
        const text = `The app has not answered for ${milliseconds / 1000} s: its event loop is blocked. Save a file${facts.hasKeys ? ", or press r," : ""} to start it again.`;
        process.stderr.write(`${style.yellow(text)}\n`);
        history.noteReload(text, true);
      },
    },
  });
  // Before the first build: what it is made of may be replaced meanwhile by what is older.
  watcher = await watch(root, cycle, say);
  cycle.begin();

  if (facts.hasKeys) {
    keys = listenToKeys(process.stdin, {
      r: () => cycle?.restart(),
      o: open,
      u: () => say(banner(facts, style)),
      c: () => say("\u001b[2J\u001b[3J\u001b[H"),
      h: () => say(keyHelp(style)),
      q: () => ending.end(0),
      interrupt: () => ending.end(EXIT_INTERRUPTED),
    });
  }
  const code = await ending.code;
  keys?.stop();
  types?.close();
  front.close();
  liveReload?.close();
  await Promise.all([swap.close(), cycle.close(), watcher[Symbol.asyncDispose]()]);
  files.remove();
  return code;
}

/** Listens on the port, or on the next free one where nobody asked for this one. */
async function listen(front: Front, { port, portIsExplicit, host, interactive }: DevOptions): Promise<number> {
  const mayMove = interactive && !portIsExplicit;
  for (let tried = port; ; tried += 1) {
    try {
      return await front.listen(tried, host);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EADDRINUSE" && mayMove && tried < port + PORTS_TO_TRY) {
        process.stdout.write(`  Port ${tried} is in use${await describePortOwner(tried)}; trying ${tried + 1}.\n`);
        continue;
      }
      throw await listenError(error as NodeJS.ErrnoException, tried, host);
    }
  }
}

async function listenError(error: NodeJS.ErrnoException, port: number, host: string): Promise<Error> {
  const options = { cause: error };
  if (error.code === "EADDRINUSE") {
    const owner = await describePortOwner(port);
    return new TornadoError(
      "PORT_IN_USE",
      `Port ${port} is in use${owner}. Stop that, or run "tornado dev --port ${port + 1}".`,
      options,
    );
  }
  if (error.code === "EACCES") {
    return new TornadoError(
      "PORT_NOT_ALLOWED",
      `Port ${port} may not be used by this user. Choose one above 1023, such as --port 8888.`,
      options,
    );
  }
  if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND") {
    return new TornadoError(
      "ADDRESS_NOT_AVAILABLE",
      `"${host}" is no address of this machine. Use --host 127.0.0.1, or --host 0.0.0.0 for all.`,
      options,
    );
  }
  return error;
}

async function watch(root: string, cycle: ReloadCycle, say: (text: string) => void): Promise<Watcher> {
  const { Watcher } = await import("./watcher.js");
  const watcher = new Watcher({
    root,
    paths: watchedPaths,
    onFirstSign: (path, event) => cycle.firstSign(path, event),
    onChanges: (changes) => cycle.changed(changes),
    onPolling(reason, intervalMs) {
      say(`${reason} The files are looked at every ${intervalMs} ms in place of it.\n`);
      cycle.look();
    },
  });
  return watcher;
}

/** Makes the type check of `--typecheck`: it speaks when there are faults, and once more when there are none any more. */
async function typeCheck(root: string, liveReload: LiveReload | undefined, style: TerminalStyle): Promise<TypeCheck> {
  const { TypeCheck } = await import("./type-check.js");
  let hadFaults = false;
  return new TypeCheck({
    root,
    onResult(faults, milliseconds) {
      if (faults.length > 0 || hadFaults) process.stderr.write(typeFaultText(faults, milliseconds, style));
      hadFaults = faults.length > 0;
      liveReload?.showTypeFaults(root, faults);
    },
    onFailure: (message) => process.stderr.write(`${message}\n`),
  });
}

/** Waits for a signal, or for a key, that ends the server. */
function endSignal(): { readonly code: Promise<number>; end(code: number): void } {
  let end: (code: number) => void = () => {};
  const code = new Promise<number>((resolve) => {
    end = resolve;
  });
  const signals = { SIGINT: EXIT_INTERRUPTED, SIGTERM: 0, SIGHUP: EXIT_HANGUP } as const;
  for (const [signal, exitCode] of Object.entries(signals)) process.once(signal, () => end(exitCode));
  return { code, end };
}
