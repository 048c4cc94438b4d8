/** Brings every change to the browser: decides what it asks for, rebuilds, changes workers, and tells. One change at a time. */

import { statSync } from "node:fs";
import { join, relative } from "node:path";
import { BuildError } from "../bundle/build-error.js";
import { type BundleResult, type Bundler, createBundler } from "../bundle/bundler.js";
import { toError } from "../core/errors.js";
import { watchHeartbeat } from "../process/heartbeat.js";
import type { WorkerExit } from "../process/worker-process.js";
import { AppFolders } from "./app-folders.js";
import type { BundleFiles } from "./bundle-files.js";
import { type AppLayout, type ChangeKind, changeKind, type FileEvent, strongestKind } from "./change-kind.js";
import { hasRoom, isDiskFull } from "./disk-room.js";
import type { EditorOptions } from "./editor-link.js";
import { type ErrorReport, reportBuildError } from "./error-report.js";
import type { Front } from "./front.js";
import { gitLock, waitForGit } from "./git-lock.js";
import type { AppFacts, SeenRequest } from "./history.js";
import type { LiveReload } from "./live-reload.js";
import { LoadedGraph } from "./loaded-graph.js";
import { type GraphVersion, ModuleUpdates } from "./module-updates.js";
import { addWork, type PendingWork, type WorkKind } from "./pending-work.js";
import { reportStartFailure } from "./start-failure.js";
import type { Changes } from "./watcher.js";
import { WorkerEnds } from "./worker-ends.js";
import { type ServingWorker, StartTimeoutError, type WorkerSwap } from "./worker-swap.js";
import type { WorkerReport } from "./worker-task.js";

/** What the cycle tells: one call a reload, or one a failure. */
export interface ReloadNews {
  /** @param files - What changed, relative to the root; empty for the first start. */
  reloaded(
    action: ChangeKind | "revive" | "restart" | "start" | "recover" | "same",
    files: readonly string[],
    milliseconds: number,
  ): void;
  failed(report: ErrorReport): void;
  /** Another process serves the app now, and says what it is. */
  tookOver(app: AppFacts): void;
  requested(request: SeenRequest): void;
  /** The app has not come back to its event loop for so long. */
  hangs(milliseconds: number): void;
}

export interface ReloadCycleOptions {
  readonly root: string;
  readonly host: string;
  readonly front: Front;
  readonly liveReload: LiveReload | undefined;
  readonly swap: WorkerSwap;
  /** Prepared already. */
  readonly files: BundleFiles;
  readonly inspectPort: number | undefined;
  readonly editor: EditorOptions;
  readonly news: ReloadNews;
  /** Called when the app's files are known: they may lie outside of the folders that are watched. */
  watchAlso(paths: readonly string[]): void;
  /** Called when saves are noticed by requests that the watcher never tells of. */
  eventsAreMissing(): void;
  /** Called before a restart for another configuration. */
  readEnvironment(): void;
}

/** What an app can be started from. */
type AppCode = { readonly bundle: BundleResult } | { readonly version: GraphVersion };

/** A file that is empty, or fails to build, may be half-written: it gets this long to become whole. */
const SETTLE_MS = 25;
/** A second look finds what changed between a file's two events, of which the watcher tells one. */
const SECOND_LOOK_MS = [15, 100];
/** A worker that ends because of an error may answer what it has begun for so long. */
const CRASH_LINGER_MS = 1000;
/** An event that comes later than this after its save is taken for missing. */
const EVENT_LIMIT_MS = 1000;
const MISSED_EVENTS = 2;
/** An app that is silent for so long is said to hang. */
const HANGING_MS = 5000;
const ROOM_LOOK_MS = 2000;

/** The journey of a file change. */
export class ReloadCycle {
  readonly #options: ReloadCycleOptions;
  readonly #graph = new LoadedGraph();
  readonly #files: BundleFiles;
  readonly #ends: WorkerEnds;
  readonly #folders: AppFolders;
  readonly #modules: ModuleUpdates;
  #bundler: Promise<Bundler> | undefined;
  #worker: ServingWorker | undefined;
  /** The code that the worker runs. */
  #served: Uint8Array | undefined;
  #workerStarted = 0;
  /** How often an app has been started, whether it succeeded or not. */
  #starts = 0;
  #failure: ErrorReport | undefined;
  #pending: PendingWork | undefined;
  #abort = new AbortController();
  #roomWatch: NodeJS.Timeout | undefined;
  #isRunning = false;
  #isClosed = false;
  #lastEvent = Number.NEGATIVE_INFINITY;
  #savesWithoutEvent = 0;

  constructor(options: ReloadCycleOptions) {
    this.#options = options;
    this.#files = options.files;
    this.#ends = new WorkerEnds(options.root);
    this.#folders = new AppFolders(options.root);
    const packed = (pack: string) => options.swap.prepare({ warmUp: this.#files.warmUp, pack });
    const isOn = options.inspectPort === undefined;
    this.#modules = new ModuleUpdates({ root: options.root, files: options.files, isOn, packed });
  }

  /** What the dev server answers in the place of the app. */
  get failure(): ErrorReport | undefined {
    return this.#failure ?? this.#ends.last;
  }

  /** Builds and starts the app for the first time. */
  begin(): void {
    this.#bundler = this.#createBundler();
    this.#options.swap.warm();
    this.#demand("source", []);
  }

  /** Starts the app anew, whether something changed or not. */
  restart(): void {
    this.#demand("restart", []);
  }

  /** Holds requests as soon as a source is known to have changed. */
  firstSign(path: string, event: FileEvent): void {
    this.#lastEvent = performance.now();
    this.#savesWithoutEvent = 0;
    const kind = this.#kindOf(path, event, this.#layout());
    if (kind === "source" || kind === "config") this.#options.front.hold();
  }

  /** Does what a batch of changes asks for. */
  changed(changes: Changes): void {
    const layout = this.#layout();
    const kinds = new Map([...changes].map(([path, event]) => [path, this.#kindOf(path, event, layout)]));
    const kind = strongestKind(kinds.values());
    const files = [...kinds].filter(([, one]) => one === kind).map(([path]) => path);
    const pageFiles = [...kinds].filter(([, one]) => one === "page" || one === "style").map(([path]) => path);
    if (kind === "source" || kind === "config") this.#demand(kind, files, pageFiles);
    else if (kind !== "none") this.#refreshPages(kind, files);
    // The first sign of a batch may have promised more than the whole of it held.
    if (!this.#isRunning) this.#direct();
  }

  /** Called when a request arrives: notices a save that no event has told of yet, and an app that has ended. */
  look(): void {
    this.#lookAtFiles();
    this.#lookForRoom();
    const hasEnded = this.#worker === undefined && this.#failure === undefined;
    if (hasEnded && !this.#isRunning) this.#demand("revive", []);
  }

  /**
   * Waits for the reason why a worker broke off; true when there is one to show.
   *
   * @param socketPath - Where the worker listened.
   */
  async explainLoss(socketPath: string): Promise<boolean> {
    return await this.#ends.explain(socketPath);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#roomWatch);
    this.#abort.abort();
    this.#modules.forget();
    await (await this.#bundler?.catch(() => undefined))?.dispose();
  }

  #demand(kind: WorkKind, files: readonly string[], pageFiles: readonly string[] = []): void {
    if (this.#isClosed) return;
    clearInterval(this.#roomWatch);
    this.#roomWatch = undefined;
    this.#options.front.hold();
    this.#modules.interrupt();
    this.#pending = addWork(this.#pending, { kind, files, pageFiles });
    // What is being started now is old already.
    this.#abort.abort();
    if (!this.#isRunning) void this.#run();
  }

  /** Works until nothing is left to do, and only then lets requests go on. */
  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#pending !== undefined && !this.#isClosed) {
      const work: PendingWork = this.#pending;
      this.#pending = undefined;
      this.#abort = new AbortController();
      try {
        await this.#work(work, this.#abort.signal);
      } catch (error) {
        if (this.#pending === undefined) {
          this.#fail(await reportStartFailure(toError(error), this.#options.root));
          if (isDiskFull(error)) this.#awaitRoom();
        }
      }
    }
    this.#isRunning = false;
    if (this.#isClosed) return;
    this.#direct();
    for (const delay of SECOND_LOOK_MS) setTimeout(() => this.#isClosed || this.#lookAtFiles(), delay).unref();
  }

  /** No save tells of room on the disk. */
  #awaitRoom(): void {
    this.#roomWatch = setInterval(() => this.#lookForRoom(), ROOM_LOOK_MS);
    this.#roomWatch.unref();
  }

  #lookForRoom(): void {
    if (this.#roomWatch !== undefined && hasRoom(this.#files.folder)) this.restart();
  }

  /** Tells the front where requests go, now that nothing is changing. */
  #direct(): void {
    const { front } = this.#options;
    if (this.#failure !== undefined) front.showPages();
    else if (this.#worker !== undefined) front.relayTo(this.#worker.socketPath);
  }

  #lookAtFiles(): void {
    if (this.#pending !== undefined) return;
    const changed = this.#graph.changedFile();
    if (changed === undefined) return;
    this.#demand("source", [this.#shown(changed)]);
    this.#expectEvent();
  }

  /** One save may slip past the watcher; several that did are a system without events, such as a mounted folder. */
  #expectEvent(): void {
    const noticed = performance.now();
    setTimeout(() => {
      if (this.#lastEvent > noticed - EVENT_LIMIT_MS) return;
      this.#savesWithoutEvent += 1;
      if (this.#savesWithoutEvent === MISSED_EVENTS) this.#options.eventsAreMissing();
    }, EVENT_LIMIT_MS).unref();
  }

  async #work(work: PendingWork, signal: AbortSignal): Promise<void> {
    if (work.kind === "config") await this.#reconfigure();
    // Most editors empty a file before they write it, and an empty module builds.
    if (work.files.some((file) => this.#isEmpty(file))) await settle();
    // A build in between may have met an emptied file, and so have been of fewer files than what is served.
    this.#graph.add(this.#modules.served?.stamps.keys() ?? []);
    this.#beforeBuild();
    const version = await this.#quickVersion(work);
    const bundle = version === undefined ? await this.#build(work) : undefined;
    const code = version === undefined ? bundle && { bundle } : { version };
    if (code === undefined) return;
    if (work.kind === "source" && this.#worker !== undefined && this.#isServed(code)) {
      this.#noteServed(code);
      this.#recover(work);
      if (work.pageFiles.length > 0) setImmediate(() => this.#refreshPages("page", work.pageFiles));
      return;
    }
    const started = await this.#start(work, code, signal);
    if (started === undefined) return;
    // A newer change came while the app started: nobody must see this one.
    if (this.#pending !== undefined) return void this.#options.swap.retire(started.worker);
    if (work.kind !== "revive") this.#ends.forget();
    this.#takeOver(started.worker, started.code);
    this.#tell(work);
  }

  /** Gives what the saved files change in single modules, where that is all that they change. */
  async #quickVersion({ kind, files }: PendingWork): Promise<GraphVersion | undefined> {
    if (kind !== "source" || this.#worker === undefined) return undefined;
    const named = files.map((file) => join(this.#options.root, file));
    const version = await this.#modules.next(named, this.#graph.stamps);
    if (version !== undefined) this.#graph.afterBuild(version.stamps.keys());
    return version;
  }

  #isServed(code: AppCode): boolean {
    if ("version" in code) return code.version.graph === this.#modules.served?.graph;
    if (this.#served === undefined) return this.#modules.isServed(code.bundle, this.#graph.stamps);
    return Buffer.compare(this.#served, code.bundle.code) === 0;
  }

  /** Remembers what the worker runs, for the next save. */
  #noteServed(code: AppCode): void {
    if ("version" in code) this.#modules.serves(code.version);
    else if (this.#modules.served === undefined) this.#modules.learn(code.bundle, this.#graph.stamps);
  }

  /** Gives the bundle, or `undefined` when there is none: then the failure is told, unless newer work has come. */
  async #build(work: PendingWork): Promise<BundleResult | undefined> {
    try {
      this.#bundler ??= this.#createBundler();
      const bundle = await (await this.#bundler).rebuild();
      this.#graph.afterBuild(bundle.inputs);
      return bundle;
    } catch (error) {
      if (!(error instanceof BuildError)) {
        // The next save tries with a new bundler: esbuild's own process may have died.
        this.#bundler = undefined;
        throw error;
      }
      const named = error.problems.filter(({ file }) => file !== "").map(({ file }) => join(this.#options.root, file));
      this.#graph.add(named);
      // Of a checkout, the last files may come much later than the first.
      await waitForGit(gitLock(this.#options.root));
      await settle();
      const isWholeNow = this.#pending === undefined && this.#graph.changedFile() !== undefined;
      if (isWholeNow) this.#demand("source", work.files, work.pageFiles);
      if (this.#pending === undefined) this.#fail(reportBuildError(error, this.#options.root));
      return undefined;
    }
  }

  /** Gives the worker, or `undefined` when there is none: then the failure is told, unless newer work has come. */
  async #start(
    work: PendingWork,
    code: AppCode,
    signal: AbortSignal,
  ): Promise<{ readonly worker: ServingWorker; readonly code: AppCode } | undefined> {
    const { root, host, swap, liveReload, inspectPort, editor } = this.#options;
    // Processes whose working directory was deleted do not find the one that took its place.
    if (this.#files.isGone) swap.retireSpares();
    const written = "bundle" in code ? this.#files.write(code.bundle) : await this.#modules.startOf(code.version);
    if ("bundle" in code) swap.prepare({ warmUp: this.#files.warmUp });
    if (inspectPort !== undefined && this.#worker !== undefined) await swap.closeInspector(this.#worker);
    this.#starts += 1;
    if (work.kind !== "revive") liveReload?.advance();
    const revision = liveReload?.revision ?? "";
    const task = {
      kind: "serve",
      code: written,
      warmUp: this.#files.warmUp ?? "",
      appRoot: root,
      host,
      liveReload: liveReload !== undefined,
      revision,
      editor,
      inspectPort,
    } as const;
    try {
      return { worker: await swap.start(task, signal), code };
    } catch (error) {
      if (this.#pending !== undefined) return undefined;
      if ("version" in code && !(error instanceof StartTimeoutError)) return await this.#startFromBundle(work, signal);
      this.#retireWorker();
      this.#fail(await reportStartFailure(toError(error), root, "bundle" in code ? code.bundle : undefined));
      return undefined;
    }
  }

  /** What an app does that does not start is shown as the bundle has it, and the other way is left if that one starts. */
  async #startFromBundle(
    work: PendingWork,
    signal: AbortSignal,
  ): Promise<{ readonly worker: ServingWorker; readonly code: AppCode } | undefined> {
    this.#modules.forget();
    this.#beforeBuild();
    const bundle = await this.#build(work);
    const started = bundle && (await this.#start(work, { bundle }, signal));
    if (started !== undefined) this.#modules.distrust();
    return started;
  }

  #takeOver(worker: ServingWorker, code: AppCode): void {
    this.#retireWorker();
    this.#worker = worker;
    if ("bundle" in code) this.#served = code.bundle.code;
    this.#noteServed(code);
    this.#workerStarted = performance.now();
    this.#failure = undefined;
    this.#watchEnd(worker);
    worker.process.onReport((report) => {
      const said = report as WorkerReport;
      if (said.kind === "request") this.#options.news.requested(said.request);
      else if (said.kind === "exception") this.#options.liveReload?.interrupt(said.report);
      else if (said.kind === "application" && this.#worker === worker) this.#options.news.tookOver(said.app);
    });
    this.#folders.learn(worker.detail);
    this.#options.watchAlso([...("bundle" in code ? code.bundle.inputs : []), ...this.#folders.all]);
  }

  #tell(work: PendingWork): void {
    const action = this.#starts === 1 ? "start" : work.kind;
    this.#options.news.reloaded(action, work.files, performance.now() - work.since);
    if (work.kind === "revive") return;
    // After the front has let go: the page that loads again must find the new worker.
    setImmediate(() => this.#options.liveReload?.reload());
  }

  /** The code is what the worker runs: another comment or type was saved, or a mistake undone. It goes on. */
  #recover(work: PendingWork): void {
    const action = this.#failure === undefined ? "same" : "recover";
    this.#options.news.reloaded(action, work.files, performance.now() - work.since);
    if (this.#failure === undefined) return;
    this.#failure = undefined;
    this.#tellRevision();
    setImmediate(() => this.#options.liveReload?.recover());
  }

  #fail(report: ErrorReport): void {
    // What ends with the server has not failed.
    if (this.#isClosed) return;
    this.#options.news.failed(report);
    this.#showFailure(report);
  }

  #showFailure(report: ErrorReport): void {
    this.#failure = report;
    setImmediate(() => this.#options.liveReload?.fail(report));
  }

  /** A worker must not put a revision that is gone into its pages: each would load again for ever. */
  #tellRevision(): void {
    const { liveReload } = this.#options;
    if (liveReload !== undefined) this.#worker?.process.giveTask({ kind: "revision", revision: liveReload.revision });
  }

  #refreshPages(kind: "style" | "page", files: readonly string[]): void {
    const began = performance.now();
    const { liveReload, news } = this.#options;
    liveReload?.advance();
    this.#tellRevision();
    if (kind === "page") liveReload?.reload();
    else liveReload?.swapSheets(files.map((file) => this.#folders.belowStatic(file)));
    news.reloaded(kind, files, performance.now() - began);
  }

  /** Sees to it that a worker which ends by itself is replaced when the next request comes. */
  #watchEnd(worker: ServingWorker): void {
    const lose = (error: Error | null, exit?: WorkerExit) => {
      if (this.#worker !== worker || this.#isClosed) return;
      const { report, isLasting } = this.#ends.note(worker, error, exit, performance.now() - this.#workerStarted);
      this.#worker = undefined;
      this.#served = undefined;
      this.#modules.forget();
      if (this.#isRunning) return;
      // An error has been printed by the worker itself.
      if (error === null) this.#options.news.failed(report);
      if (!isLasting) this.#options.liveReload?.interrupt(report);
      if (isLasting) this.#showFailure(report);
      if (isLasting) this.#direct();
      else if (this.#options.front.isHolding) this.#demand("revive", []);
    };
    this.#ends.expect(worker);
    // A debugger that holds the app at a line holds its event loop as well.
    if (this.#options.inspectPort === undefined) {
      watchHeartbeat(worker.process, HANGING_MS, () => {
        if (this.#worker === worker) this.#options.news.hangs(HANGING_MS);
      });
    }
    worker.process.onLeaving((error) => {
      // A signal may be meant for all of us; whether it was is known when the worker has ended.
      if (error === null) return;
      lose(error);
      setTimeout(() => worker.process.kill("SIGKILL"), CRASH_LINGER_MS).unref();
    });
    void worker.process.exited.then((exit) => lose(null, exit));
  }

  #retireWorker(): void {
    const old = this.#worker;
    this.#worker = undefined;
    this.#served = undefined;
    this.#modules.forget();
    if (old !== undefined) this.#ends.retire(old, this.#options.swap.retire(old));
  }

  async #reconfigure(): Promise<void> {
    this.#options.readEnvironment();
    this.#options.swap.retireSpares();
    this.#modules.reset();
    this.#replaceBundler();
  }

  #beforeBuild(): void {
    // It remembers files by their size and time. There is none when one could not be created.
    if (this.#graph.beforeBuild() && this.#bundler !== undefined) this.#replaceBundler();
  }

  #replaceBundler(): void {
    const old = this.#bundler;
    this.#bundler = this.#createBundler();
    void old?.then((bundler) => bundler.dispose()).catch(() => {});
  }

  #createBundler(): Promise<Bundler> {
    const created = createBundler({ root: this.#options.root, outdir: this.#files.folder });
    created.catch(() => {});
    return created;
  }

  /** What a change asks for; nothing when a request has seen the save before the watcher told of it. */
  #kindOf(path: string, event: FileEvent, layout: AppLayout): ChangeKind {
    const kind = changeKind(path, event, layout);
    const file = join(this.#options.root, path);
    return kind === "source" && this.#graph.has(file) && !this.#graph.isChanged(file) ? "none" : kind;
  }

  #layout(): AppLayout {
    return {
      templateFolders: this.#folders.templates,
      staticFolders: this.#folders.static,
      translationFolders: this.#folders.translations,
      isLoaded: (path) => this.#graph.has(join(this.#options.root, path)),
      isBroken: this.#failure !== undefined,
    };
  }

  #isEmpty(file: string): boolean {
    try {
      return statSync(join(this.#options.root, file), { throwIfNoEntry: false })?.size === 0;
    } catch {
      // What cannot be read is for the bundler to complain about.
      return false;
    }
  }

  #shown(file: string): string {
    return relative(this.#options.root, file).replaceAll("\\", "/");
  }
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}
