/** Keeps the module graph of the app that is served, and answers saves from it as long as nothing has to be linked anew. */

import type { BundleResult } from "../bundle/bundler.js";
import { type ModuleFactory, makeFactory } from "../bundle/module-factory.js";
import { linkGraph, type ModuleGraph, planModules } from "../bundle/module-graph.js";
import { writeModuleScript } from "../bundle/module-script.js";
import { SourceConfigurations } from "../bundle/source-configuration.js";
import type { BundleFiles } from "./bundle-files.js";
import { stampOf } from "./loaded-graph.js";
import type { ModuleStart } from "./worker-task.js";

/** The graph of one state of the sources. */
export interface GraphVersion {
  readonly graph: ModuleGraph;
  /** What each file was, configurations included. */
  readonly stamps: ReadonlyMap<string, string>;
}

export interface ModuleUpdatesOptions {
  /** Absolute path of the app's root. */
  readonly root: string;
  readonly files: BundleFiles;
  /** False when every start is to be one from a bundle: a debugger finds the sources by no other way. */
  readonly isOn: boolean;
  /** Called with the absolute path of what spares shall compile from now on. */
  packed(path: string): void;
}

/** So many are compiled at once: a save that comes meanwhile waits for no more. */
const BATCH = 4;
/** More changed modules than these cost a worker more than spares that compile all of them anew. */
const MAX_CHANGED = 16;
/** The answer that was waited for goes first. */
const LEARN_AFTER_MS = 30;
/** An app that so often did not start from its modules, and then did from the bundle, is served from the bundle. */
const MAX_FAILURES = 2;

/** The way of a save that needs no bundler. */
export class ModuleUpdates {
  readonly #options: ModuleUpdatesOptions;
  #served: GraphVersion | undefined;
  #pack: { readonly path: string; readonly graph: ModuleGraph } | undefined;
  /** What was made of each file, and of which state of it. */
  readonly #known = new Map<string, { readonly stamp: string; readonly factory: ModuleFactory | undefined }>();
  #configuration = "";
  #learning = new AbortController();
  #failures = 0;

  constructor(options: ModuleUpdatesOptions) {
    this.#options = options;
  }

  /** The version that the worker runs, if it is known. */
  get served(): GraphVersion | undefined {
    return this.#served;
  }

  /**
   * Makes the version after a save.
   *
   * @param named - Absolute paths of the files that are known to have changed.
   * @param stamps - What every file is now.
   * @returns One with the same graph when the code is the same; nothing when the bundler has to see to it.
   */
  async next(named: readonly string[], stamps: ReadonlyMap<string, string>): Promise<GraphVersion | undefined> {
    const served = this.#served;
    if (served === undefined || this.#pack === undefined || this.#failures >= MAX_FAILURES) return undefined;
    const changed = [...served.stamps.keys()].filter((file) => stamps.get(file) !== served.stamps.get(file));
    if (![...named, ...changed].every((file) => served.graph.has(file))) return undefined;
    const configurations = new SourceConfigurations();
    const made = await Promise.all(
      changed.map(async (file) => [file, await makeFactory(file, configurations.of(file))] as const),
    );
    const factories = new Map<string, ModuleFactory>();
    for (const [file, factory] of made) {
      if (factory === undefined) return undefined;
      factories.set(file, factory);
    }
    const graph = served.graph.replace(factories);
    if (graph === undefined) return undefined;
    for (const [file, factory] of factories) this.#known.set(file, { stamp: stamps.get(file)!, factory });
    return { graph, stamps: new Map([...served.stamps.keys()].map((file) => [file, stamps.get(file)!])) };
  }

  /** Says how a worker runs a version. */
  async startOf({ graph }: GraphVersion): Promise<ModuleStart> {
    const pack = this.#pack!;
    const changed = graph.changesSince(pack.graph);
    return {
      pack: pack.path,
      entry: graph.entry,
      changed: changed.length === 0 ? undefined : await writeModuleScript(graph, changed),
    };
  }

  /** Notes that the worker runs this version. */
  serves(version: GraphVersion): void {
    this.#failures = 0;
    this.#served = version;
    const { graph } = version;
    if (graph.changesSince(this.#pack!.graph).length > MAX_CHANGED) {
      this.#learn(async () => await this.#writePack(graph));
    }
  }

  /** Notes that no worker runs anything known: none at all, or a bundle. */
  forget(): void {
    this.#learning.abort();
    this.#served = undefined;
  }

  /** Notes that an app has started from the bundle, and had not from its modules. */
  distrust(): void {
    this.#failures += 1;
  }

  /** Another configuration: nothing counts that was found out before. */
  reset(): void {
    this.forget();
    this.#known.clear();
    this.#failures = 0;
  }

  /** Says whether a new bundle is made of what the worker runs. */
  isServed(bundle: BundleResult, stamps: ReadonlyMap<string, string>): boolean {
    const served = this.#served;
    if (served === undefined) return false;
    if ([...served.stamps].some(([file, stamp]) => stamps.get(file) !== stamp)) return false;
    return served.graph.isLayoutOf(planModules(this.#options.root, bundle));
  }

  /**
   * Makes the graph of the bundle that the worker runs, in the background.
   *
   * @param stamps - What its files were when it was built.
   */
  learn(bundle: BundleResult, stamps: ReadonlyMap<string, string>): void {
    if (!this.#options.isOn || this.#failures >= MAX_FAILURES) return;
    const built = new Map(stamps);
    this.#learn((signal) => this.#makeGraph(bundle, built, signal));
  }

  /** A save has come: what is made in the background is not waited for. */
  interrupt(): void {
    this.#learning.abort();
  }

  #learn(work: (signal: AbortSignal) => Promise<void>): void {
    this.#learning.abort();
    this.#learning = new AbortController();
    const { signal } = this.#learning;
    setTimeout(() => signal.aborted || void work(signal).catch(() => this.forget()), LEARN_AFTER_MS).unref();
  }

  async #makeGraph(bundle: BundleResult, stamps: ReadonlyMap<string, string>, signal: AbortSignal): Promise<void> {
    const { root } = this.#options;
    const planned = planModules(root, bundle);
    if (planned === undefined) return;
    const files = planned.map(({ file }) => file);
    const configurations = new SourceConfigurations();
    const configurationFiles = configurations.filesFor(files);
    this.#startKnowingFor(configurationFiles);
    const unknown = files.filter((file) => this.#known.get(file)?.stamp !== stamps.get(file));
    for (let start = 0; start < unknown.length && !signal.aborted; start += BATCH) {
      await Promise.all(unknown.slice(start, start + BATCH).map((file) => this.#getToKnow(file, configurations)));
    }
    const factories = new Map<string, ModuleFactory>();
    for (const file of files) {
      const known = this.#known.get(file);
      if (known?.factory !== undefined && known.stamp === stamps.get(file)) factories.set(file, known.factory);
    }
    const graph = signal.aborted ? undefined : linkGraph(root, planned, factories, bundle.externals);
    if (graph === undefined) return;
    await this.#writePack(graph);
    if (signal.aborted) return;
    const counting = [...files, ...configurationFiles];
    this.#served = { graph, stamps: new Map(counting.map((file) => [file, stamps.get(file) ?? ""])) };
  }

  async #getToKnow(file: string, configurations: SourceConfigurations): Promise<void> {
    const stamp = stampOf(file);
    this.#known.set(file, { stamp, factory: await makeFactory(file, configurations.of(file)) });
  }

  /** What was made by other configurations is of no use. */
  #startKnowingFor(configurationFiles: readonly string[]): void {
    const configuration = JSON.stringify(configurationFiles.map((file) => [file, stampOf(file)]));
    if (configuration !== this.#configuration) this.#known.clear();
    this.#configuration = configuration;
  }

  async #writePack(graph: ModuleGraph): Promise<void> {
    const path = this.#options.files.writePack(await writeModuleScript(graph, graph.modules.keys()));
    this.#pack = { path, graph };
    this.#options.packed(path);
  }
}
