/** The program of a worker of the dev server: waits warm as a spare, becomes the app, and shows what goes wrong in it. */

import { randomBytes } from "node:crypto";
import inspector from "node:inspector";
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { TornadoError } from "../core/errors.js";
import { HTTPHeaders } from "../core/http/headers.js";
import { HTTPServer } from "../core/http/server.js";
import { translationFolders } from "../core/locale/translation-folder.js";
import { subscribeToLog } from "../core/log.js";
import { redactUrl } from "../core/redact.js";
import { configureRuntime, type ErrorAnswer } from "../core/runtime.js";
import { templateFramesOf } from "../core/template/errors.js";
import type { Application } from "../core/web/application.js";
import type { LoggedHandler } from "../core/web/handler-application.js";
import type { RequestHandler } from "../core/web/request-handler.js";
import { closeCodes } from "../core/websocket/close-codes.js";
import { reportToParent, runWorker } from "../process/run-worker.js";
import { hostCheck, isForeignFetch } from "./allowed-hosts.js";
import { preferredForm } from "./answer-form.js";
import { devPagePolicy } from "./dev-page.js";
import { hiddenErrorText } from "./dev-pages.js";
import { type EditorLink, editorLinks } from "./editor-link.js";
import { errorPage } from "./error-page.js";
import { describeError, type ErrorReport, type ReportedError } from "./error-report.js";
import { errorJson, errorText } from "./error-text.js";
import { EventStreams } from "./event-streams.js";
import { freshPages } from "./fresh-pages.js";
import { liveReloadTransform } from "./live-reload-transform.js";
import { compileChanged, compilePack, type ModuleTable, type Outside, runModules } from "./module-runner.js";
import { isOwnPageWanted, notFoundPage, notFoundText, reportNotFound } from "./not-found-page.js";
import { rehearsalApplication, rehearse } from "./rehearsal.js";
import { readPreface } from "./relay-preface.js";
import { reportRequestError, reportSettings } from "./request-report.js";
import { maskSecrets, secretsOfApp } from "./secret-masking.js";
import { shownSources } from "./shown-sources.js";
import { BundleMap, type CodeMap, ModuleMaps, mapStackText, mapStackTraces } from "./source-positions.js";
import { TerminalErrors } from "./terminal-errors.js";
import {
  type LaterTask,
  type ModuleStart,
  type Preparation,
  type ServeDetail,
  type ServeTask,
  type SpareOptions,
  spareOptionsVariable,
  type WorkerReport,
} from "./worker-task.js";

const spare = JSON.parse(process.env[spareOptionsVariable] ?? "{}") as SpareOptions;
// What the app's own child processes inherit is the app's environment.
delete process.env[spareOptionsVariable];
// And not the options by which it is started here: `fork` hands them on.
process.execArgv.length = 0;

/** Time for the bytes of a relayed request to become a request. */
const LINGER_MS = 100;
const ORPHAN_DEADLINE_MS = 1000;
const DESCRIBE_AFTER_MS = 100;
const REHEARSE_AFTER_MS = 150;

/** True as soon as the app is being made of this spare. */
let isTaken = false;
let application: Application | undefined;
let server: HTTPServer | undefined;
let rehearsal: HTTPServer | undefined;
let revision = "";
/** What is loaded or compiled ahead, by the path of its file. */
const loaded = new Map<string, Promise<Outside>>();
let compiled: { readonly pack: string; readonly table: ModuleTable } | undefined;
const eventStreams = new EventStreams();
/** Connections that have not said yet whom they come from, and so are not the server's yet. */
const arriving = new Set<Socket>();
const relays = createServer({ allowHalfOpen: true }, (socket) => {
  arriving.add(socket);
  socket.once("close", () => arriving.delete(socket));
  readPreface(socket, (preface) => {
    arriving.delete(socket);
    const chosen = preface.isRehearsal === true ? rehearsal : server;
    if (chosen === undefined) {
      socket.destroy();
      return;
    }
    chosen.addSocket(socket, preface);
  });
});
const listening = listen(relays, spare.socketPath);

runWorker({
  startsOnTask: true,
  // When nobody is left who could be answered, nothing is worth waiting for.
  defaultDeadlineMs: ORPHAN_DEADLINE_MS,
  prepare: (payload) => void prepare(payload as Preparation),
  start: (task) => serve(task as ServeTask),
  drain,
  onTask: (task) => obey(task as LaterTask),
});
void warmUp();

/** Loads what the app will import, and answers a request of its own, so that nothing is done for the first time later. */
async function warmUp(): Promise<void> {
  await listening;
  await prepare(spare.preparation);
  // When one save follows the other, the next one is waiting for the processor that this would take.
  await pause(REHEARSE_AFTER_MS);
  if (isTaken) return;
  rehearsal = new HTTPServer(rehearsalApplication(), { noKeepAlive: true });
  // Its connection may be cut, since the app may begin in the middle of it.
  await rehearse(spare.socketPath, () => !isTaken);
  rehearsal = undefined;
}

/** What fails here will fail again, and be reported, when the app begins. */
async function prepare({ warmUp, pack }: Preparation): Promise<void> {
  if (warmUp !== undefined) await outsideOf(warmUp).catch(() => {});
  try {
    if (pack !== undefined) modulesOf(pack);
  } catch {
    // The folder may have been emptied.
  }
}

function outsideOf(warmUp: string): Promise<Outside> {
  const known = loaded.get(warmUp);
  if (known !== undefined) return known;
  const loading = import(pathToFileURL(warmUp).href).then((module: { load(): Promise<Outside> }) => module.load());
  loaded.set(warmUp, loading);
  return loading;
}

function modulesOf(pack: string): ModuleTable {
  if (compiled?.pack !== pack) compiled = { pack, table: compilePack(pack) };
  return compiled.table;
}

async function serve(task: ServeTask): Promise<ServeDetail> {
  isTaken = true;
  const map: CodeMap = typeof task.code === "string" ? new BundleMap(task.code) : new ModuleMaps(task.code);
  revision = task.revision;
  mapStackTraces(map);
  const readSource = shownSources(task.appRoot);
  const describe = (error: Error): ReportedError[] =>
    describeError(error, {
      appRoot: task.appRoot,
      readSource: (file, owner) => map.sourceText(file) ?? readSource(file, owner),
      templateFrames: templateFramesOf,
    });
  showErrorsInTerminal(describe);
  configureRuntime({
    appRoot: task.appRoot,
    transforms: [eventStreams.transform(), ...(task.liveReload ? [liveReloadTransform(() => revision)] : [])],
    errorPage: errorPages(describe, hostCheck(task.host), editorLinks(task.editor)),
    notFoundPage: notFoundPages(hostCheck(task.host), task.appRoot),
    requestFinished: reportRequest,
    exceptionUnseen: (handler, error) => reportException(reportRequestError(handler, 500, describe(error))),
  });
  if (task.inspectPort !== undefined) inspector.open(task.inspectPort, "127.0.0.1");
  try {
    application = await makeApplication(task);
    await application.start();
  } catch (error) {
    // A module that cannot be linked has its place in the text of the trace, where V8 asks nobody.
    if (error instanceof Error && typeof error.stack === "string") error.stack = mapStackText(error.stack, map);
    throw error;
  }
  // Each request of a kept-alive connection would come to this worker, also after the next save.
  server = new HTTPServer(task.liveReload ? freshPages(application) : application, { noKeepAlive: true });
  await listening;
  const { templatePath, staticPath } = application.settings;
  setTimeout(describeApplication, DESCRIBE_AFTER_MS, application);
  return { templatePath, staticPath, translationFolders: translationFolders() };
}

/** Tells what the console shows. It costs more than the start of a large app, and whoever has saved waits for an answer of it. */
function describeApplication(described: Application): void {
  const app = { routes: described.describeRoutes(), settings: reportSettings(described.settings) };
  reportToParent({ kind: "application", app } satisfies WorkerReport);
}

async function makeApplication({ code, warmUp }: ServeTask): Promise<Application> {
  const exported =
    typeof code === "string" ? await import(pathToFileURL(code).href) : await runFromModules(code, warmUp);
  const { makeApp } = exported as { makeApp: unknown };
  if (typeof makeApp !== "function") {
    throw new TornadoError(
      "NO_APPLICATION",
      `makeApp in src/app.ts is no function (${typeof makeApp}). Make it one that returns new Application(routes, { debug }).`,
    );
  }
  const made: unknown = await makeApp({ debug: true });
  const isApplication = typeof (made as Partial<Application> | null | undefined)?.startRequest === "function";
  if (isApplication) return made as Application;
  const what = made === undefined ? "nothing" : `something that is no Application (${typeof made})`;
  throw new TornadoError(
    "NO_APPLICATION",
    `makeApp() in src/app.ts returned ${what}. Return a new Application(routes, { debug }).`,
  );
}

async function runFromModules({ pack, changed, entry }: ModuleStart, warmUp: string): Promise<object> {
  const outside = await outsideOf(warmUp);
  const table = modulesOf(pack);
  if (changed === undefined) return runModules(table, entry, outside, pack);
  return runModules({ ...table, ...compileChanged(changed.code, pack) }, entry, outside, pack);
}

async function drain(deadlineMs: number): Promise<{ cut: number }> {
  // What the front relayed before it turned to another worker may still wait in the kernel's queue.
  do await nextTurn();
  while (arriving.size > 0);
  relays.close();
  eventStreams.close();
  // Said here, since draining would say that the server ends: 1012 asks the clients to come back. Draining waits for them.
  void application?.closeWebSockets(closeCodes.serviceRestart, "The app is another one now");
  const drained = (await server?.drain({ lingerMs: LINGER_MS, deadlineMs })) ?? { cut: 0 };
  await application?.shutdown();
  return drained;
}

function obey(task: LaterTask): void {
  if (task.kind === "revision") {
    revision = task.revision;
    return;
  }
  inspector.close();
  reportToParent({ kind: "inspectorClosed" } satisfies WorkerReport);
}

/** Makes the page for an exception, in the form that the client can show. */
function errorPages(
  describe: (error: Error) => ReportedError[],
  isAllowedHost: (host: string | undefined) => boolean,
  editorLink: EditorLink,
) {
  return (handler: RequestHandler, status: number, error: Error): ErrorAnswer => {
    const { headers } = handler.request;
    const header = (name: string) => headers.get(name);
    if (!isAllowedHost(headers.get("Host")) || isForeignFetch(header, isAllowedHost)) {
      return answer("text/plain", hiddenErrorText);
    }
    const report = reportRequestError(handler, status, describe(error));
    if (headers.get("Sec-Fetch-Dest") === "empty") reportException(report);
    const form = preferredForm(header);
    if (form === "html") return page((nonce) => errorPage(report, { nonce, editorLink }));
    return form === "json" ? answer("application/json", errorJson(report)) : answer("text/plain", errorText(report));
  };
}

/** Shows the routes to one who asked for something that is not there. A program that asks for JSON gets the app's answer. */
function notFoundPages(isAllowedHost: (host: string | undefined) => boolean, appRoot: string) {
  return (handler: RequestHandler): ErrorAnswer | undefined => {
    const { headers } = handler.request;
    if (isOwnPageWanted(handler)) return undefined;
    const header = (name: string) => headers.get(name);
    const form = preferredForm(header);
    if (form === "json" || application === undefined) return undefined;
    if (!isAllowedHost(headers.get("Host")) || isForeignFetch(header, isAllowedHost)) return undefined;
    const report = reportNotFound(handler, application.describeRoutes(), appRoot);
    if (form === "text") return answer("text/plain", notFoundText(report));
    return page((nonce) => notFoundPage(report, nonce));
  };
}

/** Has the open pages show an exception: what a script has fetched is seen by nobody. */
function reportException(report: ErrorReport): void {
  reportToParent({ kind: "exception", report } satisfies WorkerReport);
}

/** Tells the console of a request. */
function reportRequest(handler: LoggedHandler): void {
  const { request } = handler;
  const seen = {
    at: Date.now(),
    method: request.method,
    uri: redactUrl(request.uri),
    status: handler.getStatus(),
    handler: handler.constructor.name,
    milliseconds: request.requestTime() * 1000,
  };
  reportToParent({ kind: "request", request: seen } satisfies WorkerReport);
}

function page(draw: (nonce: string) => string): ErrorAnswer {
  const nonce = randomBytes(16).toString("base64");
  const made = answer("text/html", draw(nonce));
  made.headers.set("Content-Security-Policy", devPagePolicy(nonce));
  return made;
}

function answer(contentType: string, body: string): ErrorAnswer {
  const headers = new HTTPHeaders();
  headers.set("Content-Type", `${contentType}; charset=UTF-8`);
  headers.set("Cache-Control", "no-store");
  headers.set("X-Content-Type-Options", "nosniff");
  return { headers, body };
}

/** Takes exceptions out of the log and shows each distinct one once, with its code. */
function showErrorsInTerminal(describe: (error: Error) => ReportedError[]): void {
  const terminal = new TerminalErrors(process.stderr);
  subscribeToLog((record) => {
    if (!(record.error instanceof Error) || (record.level !== "error" && record.level !== "warn")) return false;
    const secrets = secretsOfApp(application?.settings ?? {});
    terminal.show(maskSecrets(record.message, secrets), maskSecrets(describe(record.error), secrets));
    return true;
  });
}

/** Lets the event loop look once at everything that has arrived. */
async function nextTurn(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1));
}

async function listen(listener: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen(path, resolve);
  });
}
