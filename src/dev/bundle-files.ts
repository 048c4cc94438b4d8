/** Keeps what is built on the disk, in a folder of its own below the app's root, where Node finds the app's packages. */

import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BundleResult } from "../bundle/bundler.js";
import type { ModuleScript } from "../bundle/module-script.js";
import { TornadoError } from "../core/errors.js";
import { codeCacheOf } from "./module-runner.js";

/** The worker before the last one may still write a trace, and needs its map; those before it have ended. */
const KEPT = 4;

/** The files of `<app>/.tornado/dev/<process id>/`: another terminal may serve the same app. */
export class BundleFiles {
  /** Absolute path of the folder. */
  readonly folder: string;
  readonly #hasInlineMaps: boolean;
  readonly #tornadoFolder: string;
  readonly #devFolder: string;
  #generation = 0;
  #packs = 0;
  /** Names of the parts of each bundle that is kept; those that did not change are the same files. */
  readonly #parts = new Map<number, readonly string[]>();
  #warmUpText = "";
  #warmUp: string | undefined;

  /** @param hasInlineMaps - Puts source maps into the modules as well: a debugger knows no other way to them. */
  constructor(root: string, hasInlineMaps: boolean) {
    this.#hasInlineMaps = hasInlineMaps;
    this.#tornadoFolder = join(root, ".tornado");
    this.#devFolder = join(this.#tornadoFolder, "dev");
    this.folder = join(this.#devFolder, String(process.pid));
  }

  /** True when somebody has removed the folder, maybe with the whole app. */
  get isGone(): boolean {
    return !existsSync(this.folder);
  }

  /** Absolute path of a module that loads what the last bundle imports from outside. */
  get warmUp(): string | undefined {
    return this.#warmUp;
  }

  /**
   * Makes the folder, empty, and unseen by git; removes those of dev servers that were killed.
   *
   * @throws TornadoError `WORK_FOLDER` when the app's folder cannot be written to.
   */
  prepare(): void {
    this.#try(() => {
      rmSync(this.folder, { recursive: true, force: true });
      this.#makeFolder();
      for (const name of readdirSync(this.#devFolder)) if (!isRunning(Number(name))) this.#removeIn(name);
    });
  }

  /** Writes a bundle under a new name, since workers that run an earlier one may still read theirs. */
  write(bundle: BundleResult): string {
    this.#generation += 1;
    const path = this.#pathOf(this.#generation);
    this.#try(() => {
      // Somebody may have cleaned the app's folder.
      this.#makeFolder();
      writeFileSync(`${path}.map`, bundle.map);
      writeFileSync(path, this.#hasInlineMaps ? withInlineMap(bundle) : bundle.code);
      for (const { name, contents } of bundle.parts) writeFileSync(join(this.folder, name), contents);
      this.#writeWarmUp(bundle.externals);
    });
    this.#parts.set(
      this.#generation,
      bundle.parts.map(({ name }) => name),
    );
    this.#remove(this.#pathOf(this.#generation - KEPT));
    this.#removeParts(this.#generation - KEPT);
    return path;
  }

  /** Writes modules that spares compile ahead, under a new name. What V8 makes of them is kept in a file beside it. */
  writePack(script: ModuleScript): string {
    this.#packs += 1;
    const path = this.#packOf(this.#packs);
    this.#try(() => {
      this.#makeFolder();
      writeFileSync(`${path}.map`, JSON.stringify(script.maps));
      writeFileSync(path, script.code);
    });
    const old = this.#packOf(this.#packs - KEPT);
    this.#remove(old);
    rmSync(codeCacheOf(old), { force: true });
    return path;
  }

  /** Removes the folder. */
  remove(): void {
    this.#removeIn(String(process.pid));
  }

  /** As `.mjs`, it is a module whatever the app's package.json says about `.js`. */
  #pathOf(generation: number): string {
    return join(this.folder, `app-${generation}.mjs`);
  }

  #packOf(generation: number): string {
    return join(this.folder, `modules-${generation}.js`);
  }

  #makeFolder(): void {
    if (mkdirSync(this.folder, { recursive: true }) === undefined) return;
    writeFileSync(join(this.#tornadoFolder, ".gitignore"), "*\n");
    this.#warmUpText = "";
  }

  #remove(path: string): void {
    rmSync(path, { force: true });
    rmSync(`${path}.map`, { force: true });
  }

  #removeParts(generation: number): void {
    const old = this.#parts.get(generation) ?? [];
    this.#parts.delete(generation);
    const kept = new Set([...this.#parts.values()].flat());
    for (const name of old) if (!kept.has(name)) rmSync(join(this.folder, name), { force: true });
  }

  #removeIn(name: string): void {
    try {
      rmSync(join(this.#devFolder, name), { recursive: true, force: true });
    } catch {
      // Another user's, or a disk that is gone: it harms nobody.
    }
  }

  /** A spare may be reading the module: it is replaced by another one only when it would say something else. */
  #writeWarmUp(externals: readonly string[]): void {
    const text = warmUpModule(externals);
    if (text === this.#warmUpText) return;
    this.#warmUpText = text;
    this.#warmUp = join(this.folder, `warm-up-${this.#generation}.mjs`);
    writeFileSync(this.#warmUp, text);
  }

  #try(write: () => void): void {
    try {
      write();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new TornadoError(
        "WORK_FOLDER",
        `"${this.folder}" cannot be written (${code}). Make "${this.#tornadoFolder}" a folder that this user may write to, on a disk with space.`,
        { cause: error },
      );
    }
  }
}

function withInlineMap({ code, map }: BundleResult): Buffer {
  const url = `data:application/json;base64,${Buffer.from(map).toString("base64")}`;
  return Buffer.concat([code, Buffer.from(`\n//# sourceMappingURL=${url}\n`)]);
}

/** Loads each package by itself: one that fails must not keep the others from being loaded. */
function warmUpModule(externals: readonly string[]): string {
  const loads = externals.map((specifier) => `  import(${JSON.stringify(specifier)}),`);
  return `const names = ${JSON.stringify(externals)};
export async function load() {
  const loaded = await Promise.allSettled([\n${loads.join("\n")}\n]);
  return new Map(loaded.map((one, index) => [names[index], one]));
}
`;
}

/** Says whether a process exists; what is no process id is none. */
function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
