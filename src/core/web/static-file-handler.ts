/** Serves files from a folder: conditional requests, ranges, versioned URLs; every step can be overridden. */

// biome-ignore-all lint/complexity/noThisInStatic: the static methods of a subclass must be found through its own class.

import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { parseHttpDate } from "../http/date.js";
import { type ByteRange, contentRange, ifRangePermits, parseRange } from "../http/range.js";
import { generalLog } from "../log.js";
import { runtime } from "../runtime.js";
import { ClientGoneError } from "./client-gone-error.js";
import { expectedError } from "./expected-error.js";
import type { HandlerSettings } from "./handler-settings.js";
import type { HTTPError } from "./http-error.js";
import { refusePromise } from "./refuse-promise.js";
import { RequestHandler } from "./request-handler.js";
import { staticContentType } from "./static-content-type.js";
import { type NoStaticFile, type StaticFile, StaticFolder } from "./static-folder.js";
import { absoluteStaticPath, isWithin } from "./static-path.js";
import { multipartRanges, type Piece, readRange } from "./static-pieces.js";
import { builtStaticVersion, hashFileSync, StaticVersions } from "./static-version.js";

/** What `StaticFileHandler` takes from its route, or from the `staticHandlerArgs` setting. */
export interface StaticFileOptions {
  /** The folder; a relative one lies in the app's root. */
  readonly path: string;
  /** Served for a folder, such as `index.html`. Default: a folder is 403. */
  readonly defaultFilename?: string | null;
  /** `true` follows symbolic links to anywhere; a list of folders, to these as well. Default: within `path` only. */
  readonly followSymlinks?: boolean | readonly string[];
  /** Serves files and folders whose name begins with a dot. Default false. */
  readonly serveDotFiles?: boolean;
}

/** What {@link StaticFileHandler.getContent} may give: all bytes, or pieces of them. */
export type StaticContent = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** The named group of a pattern such as `/files/(?<path>.*)`. */
interface NamedPath {
  readonly path?: string | null;
}

/** Characters of the hash that a URL carries: as good as all of them against a chance meeting, and short to read. */
const urlVersionLength = 20;
const exhaustionLogIntervalMs = 10_000;

const foldersByOptions = new WeakMap<StaticFileOptions, StaticFolder>();
const foldersByKey = new Map<string, StaticFolder>();
const versionsByClass = new WeakMap<typeof StaticFileHandler, StaticVersions>();
let exhaustionLoggedMs = Number.NEGATIVE_INFINITY;

/**
 * Serves the files of a folder.
 *
 * The `staticPath` setting adds one; for further folders, put it into the route table with a group for the path:
 *
 * ```ts
 * ["/downloads/(.*)", StaticFileHandler, { path: "downloads", defaultFilename: "index.html" }]
 * ```
 *
 * To serve from another storage, override `getContent`, `getContentSize`, `getModifiedTime`, `getAbsolutePath`,
 * `validateAbsolutePath` and `getContentVersion`. To change URLs, override `makeStaticUrl`, `parseUrlPath`, `getVersion`.
 */
export class StaticFileHandler<Options extends StaticFileOptions = StaticFileOptions> extends RequestHandler<Options> {
  static override readonly usesSession: boolean = false;
  /** Seconds for which a browser may keep a file that it asked for with `?v=`: ten years. */
  static readonly CACHE_MAX_AGE: number = 86_400 * 365 * 10;

  /** Folder of the files, absolute. */
  root = "";
  defaultFilename: string | null = null;
  /** Path of the file relative to the root, once `parseUrlPath` has given it. */
  path = "";
  /** What `validateAbsolutePath` gave. */
  absolutePath: string | null = null;
  /** What `getModifiedTime` gave. */
  modified: Date | null = null;

  #folder: StaticFolder | null = null;
  /** The file, as long as nothing is overridden that would make it another. */
  #file: StaticFile | null = null;

  override initialize(options: Options): void {
    this.#folder = foldersByOptions.get(options) ?? folderFor(options);
    this.root = this.#folder.root;
    this.defaultFilename = options.defaultFilename ?? null;
  }

  head(path: string | null | NamedPath): void | Promise<void> {
    return this.get(path, false);
  }

  /** Answers GET, and HEAD without the body. Overriding it is rarely right: the other methods are made for that. */
  get(path: string | null | NamedPath, includeBody = true): void | Promise<void> {
    const urlPath = typeof path === "string" ? path : (path?.path ?? "");
    this.path = this.parseUrlPath(urlPath);
    const absolutePath = this.#class.getAbsolutePath(this.root, this.path);
    const serve = (valid: string | null) => (valid === null ? undefined : this.#serve(valid, includeBody));
    const valid = this.validateAbsolutePath(this.root, absolutePath);
    if (valid instanceof Promise) return valid.then(serve).finally(() => this.#file?.handle?.close());
    return serve(valid);
  }

  // ---- What a subclass may override ------------------------------------------------------------------------------

  /** Turns the path in the URL into one relative to the root; the inverse of `makeStaticUrl`. */
  parseUrlPath(urlPath: string): string {
    return urlPath;
  }

  /** Gives the place of a file: a path, or any other text that `getContent` understands. */
  static getAbsolutePath(root: string, path: string): string {
    return absoluteStaticPath(root, path);
  }

  /**
   * Decides whether the file may be served, and gives its place. It may `redirect` and give `null`.
   *
   * @throws HTTPError 403 or 404 when it may not.
   */
  validateAbsolutePath(root: string, absolutePath: string): string | null | Promise<string | null> {
    const folder = this.#folder!;
    if (!isWithin(resolve(root), absolutePath)) throw expectedError(403, `${this.path} is not in the static folder`);
    // The same answer as for a file that is not there: whoever asks learns nothing.
    if (!folder.permits(this.path)) throw expectedError(404);
    const file = folder.recall(absolutePath);
    if (file === null) return this.#open(folder, absolutePath);
    this.#file = file;
    return absolutePath;
  }

  /**
   * Gives the content at a place, from byte `start` to before byte `end`.
   *
   * It is static, and so is `getContentVersion`, because URLs are made without a handler.
   */
  static getContent(absolutePath: string, start = 0, end?: number): StaticContent | Promise<StaticContent> {
    if (end !== undefined && end <= start) return [];
    // `end` of a read stream is the last byte, and not the one behind it.
    return createReadStream(absolutePath, end === undefined ? { start } : { start, end: end - 1 });
  }

  /** Gives the version of the content at a place, for URLs and the ETag. By default its SHA-512. */
  static getContentVersion(absolutePath: string): string | null {
    return builtStaticVersion(absolutePath) ?? hashFileSync(absolutePath);
  }

  /** Gives the size of the content in bytes. */
  getContentSize(): number | Promise<number> {
    return this.#file?.sizeBytes ?? 0;
  }

  /** Gives the time of the last change in whole seconds, or `null` when it is not known. */
  getModifiedTime(): Date | null | Promise<Date | null> {
    return this.#file?.modified ?? null;
  }

  /** Gives the Content-Type. */
  getContentType(): string {
    return staticContentType(this.absolutePath ?? this.path);
  }

  /** Gives the seconds for which a browser may keep the file without asking; 0 leaves it to the browser. */
  getCacheTime(_path: string, _modified: Date | null, _contentType: string): number {
    const isVersioned = this.request.query !== "" && this.request.queryArguments.has("v");
    return isVersioned ? this.#class.CACHE_MAX_AGE : 0;
  }

  /** Sets further headers; by default none. */
  setExtraHeaders(_path: string): void {}

  /** Sets the headers of the file and its caching. */
  setHeaders(): void {
    this.setHeader("Accept-Ranges", "bytes");
    this.setEtagHeader();
    if (this.modified !== null) this.setHeader("Last-Modified", this.modified);
    const contentType = this.getContentType();
    if (contentType !== "") this.setHeader("Content-Type", contentType);
    const cacheSeconds = this.getCacheTime(this.path, this.modified, contentType);
    if (cacheSeconds > 0) {
      this.setHeader("Expires", new Date(Date.now() + cacheSeconds * 1000));
      this.setHeader("Cache-Control", `max-age=${cacheSeconds}`);
    }
    refusePromise(this.setExtraHeaders(this.path), "setExtraHeaders()");
  }

  /** Tells whether the client has the file already. If-None-Match, when there is one, decides alone. */
  shouldReturn304(): boolean {
    const { headers } = this.request;
    if (headers.get("If-None-Match")) return this.checkEtagHeader();
    const since = headers.get("If-Modified-Since");
    if (since === undefined || this.modified === null) return false;
    const date = parseHttpDate(since);
    return date !== null && date.getTime() >= this.modified.getTime();
  }

  /** Gives the whole file's version in quotes, for a part of it as well. */
  override computeEtag(): string | null {
    const hasOwnVersions = this.#class.getContentVersion !== StaticFileHandler.getContentVersion;
    if (this.#file !== null && !hasOwnVersions) return `"${this.#file.hash}"`;
    const version = cachedVersion(this.#class, this.absolutePath!, this.settings);
    return version === null ? null : `"${version}"`;
  }

  /** Builds the URL path of a file for `staticUrl`. */
  static makeStaticUrl(settings: HandlerSettings, path: string, includeVersion = true): string {
    const url = (settings.staticUrlPrefix ?? "/static/") + path;
    const version = includeVersion ? this.getVersion(settings, path) : null;
    return version === null ? url : `${url}?v=${version}`;
  }

  /** Gives the version that a file's URL carries, or `null` for a file that cannot be read. */
  static getVersion(settings: HandlerSettings, path: string): string | null {
    const root = resolve(runtime().appRoot, settings.staticPath ?? "");
    return cachedVersion(this, this.getAbsolutePath(root, path), settings)?.slice(0, urlVersionLength) ?? null;
  }

  /** Forgets the versions of this class, so that they are computed anew. */
  static reset(): void {
    versionsByClass.get(this)?.clear();
  }

  // ---- The journey of one request --------------------------------------------------------------------------------

  get #class(): typeof StaticFileHandler {
    return this.constructor as typeof StaticFileHandler;
  }

  async #open(folder: StaticFolder, absolutePath: string): Promise<string | null> {
    let place = absolutePath;
    let found = await folder.open(place);
    if (found === "folder" && this.defaultFilename !== null) {
      const { path } = this.request;
      if (!path.endsWith("/")) {
        // A redirect to "//host/" would lead to another host (CVE-2023-28370).
        if (path.startsWith("//")) throw expectedError(403, "cannot redirect a path with two initial slashes");
        void this.redirect(`${path}/`, { permanent: true });
        return null;
      }
      place = resolve(absolutePath, this.defaultFilename);
      found = folder.recall(place) ?? (await folder.open(place));
    }
    if (typeof found === "string") throw refusal(found, this.path);
    this.#file = found;
    return place;
  }

  #serve(absolutePath: string, includeBody: boolean): void | Promise<void> {
    this.absolutePath = absolutePath;
    return chain(this.getModifiedTime(), (modified) => {
      this.modified = modified;
      this.setHeaders();
      if (this.shouldReturn304()) {
        this.setStatus(304);
        return undefined;
      }
      return chain(this.getContentSize(), (sizeBytes) => this.#answer(sizeBytes, includeBody));
    });
  }

  #answer(sizeBytes: number, includeBody: boolean): void | Promise<void> {
    const ranges = this.#ranges(sizeBytes);
    if (ranges === "unsatisfiable") {
      this.setStatus(416);
      this.setHeader("Content-Type", "text/plain; charset=UTF-8");
      this.setHeader("Content-Range", `bytes */${sizeBytes}`);
      return undefined;
    }
    if (ranges === null) {
      this.setHeader("Content-Length", sizeBytes);
      return includeBody ? this.#send([{ start: 0, end: sizeBytes }]) : undefined;
    }
    this.setStatus(206);
    if (ranges.length === 1) {
      const [range] = ranges as [ByteRange];
      this.setHeader("Content-Range", contentRange(range, sizeBytes));
      this.setHeader("Content-Length", range.end - range.start);
      return includeBody ? this.#send(ranges) : undefined;
    }
    const answer = multipartRanges(ranges, sizeBytes, this.getHeader("Content-Type"));
    this.setHeader("Content-Type", answer.contentType);
    this.setHeader("Content-Length", answer.lengthBytes);
    return includeBody ? this.#send(answer.pieces) : undefined;
  }

  #ranges(sizeBytes: number): readonly ByteRange[] | "unsatisfiable" | null {
    const { headers } = this.request;
    const header = headers.get("Range");
    if (header === undefined) return null;
    return ifRangePermits(headers.get("If-Range"), this.getHeader("Etag") ?? null, this.modified)
      ? parseRange(header, sizeBytes)
      : null;
  }

  #send(pieces: readonly Piece[]): void | Promise<void> {
    const content = this.#hasOwnContent ? null : (this.#file?.content ?? null);
    if (content === null) return this.#stream(pieces);
    for (const piece of pieces) {
      const isWhole = !(piece instanceof Uint8Array) && piece.start === 0 && piece.end === content.length;
      if (isWhole) this.write(content);
      else this.write(piece instanceof Uint8Array ? piece : content.subarray(piece.start, piece.end));
    }
  }

  get #hasOwnContent(): boolean {
    return this.#class.getContent !== StaticFileHandler.getContent;
  }

  /** Sends piece after piece, each when the one before is out, so that a slow client holds one piece in memory. */
  async #stream(pieces: readonly Piece[]): Promise<void> {
    try {
      for (const piece of pieces) {
        if (piece instanceof Uint8Array) this.write(piece);
        else for await (const chunk of await this.#chunks(piece)) await this.#sendChunk(chunk);
      }
    } catch (error) {
      if (error instanceof ClientGoneError) return;
      // The length has been promised: a response that ends short of it must not look complete.
      if (this.areHeadersWritten) this.request.connection.cut();
      throw error;
    }
  }

  async #sendChunk(chunk: Uint8Array): Promise<void> {
    this.write(chunk);
    await this.flush();
  }

  async #chunks(range: ByteRange): Promise<Iterable<Uint8Array> | AsyncIterable<Uint8Array>> {
    const handle = this.#file?.handle;
    if (handle && !this.#hasOwnContent) return readRange(handle, range);
    const content = await this.#class.getContent(this.absolutePath!, range.start, range.end);
    return content instanceof Uint8Array ? [content] : content;
  }
}

/** Goes on at once with a value that is there, without the turn that a promise would cost. */
function chain<T>(value: T | Promise<T>, next: (value: T) => void | Promise<void>): void | Promise<void> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** One folder for equal options, so that what it remembers outlives a request. */
function folderFor(options: StaticFileOptions): StaticFolder {
  const { appRoot } = runtime();
  const { followSymlinks = false, serveDotFiles = false } = options;
  const settings = {
    root: resolve(appRoot, options.path),
    followSymlinks:
      typeof followSymlinks === "boolean" ? followSymlinks : followSymlinks.map((folder) => resolve(appRoot, folder)),
    serveDotFiles,
  };
  const key = JSON.stringify(settings);
  const folder = foldersByKey.get(key) ?? new StaticFolder(settings);
  foldersByKey.set(key, folder);
  foldersByOptions.set(options, folder);
  return folder;
}

function cachedVersion(
  handlerClass: typeof StaticFileHandler,
  absolutePath: string,
  settings: HandlerSettings,
): string | null {
  let versions = versionsByClass.get(handlerClass);
  if (versions === undefined) {
    versions = new StaticVersions((path) => handlerClass.getContentVersion(path));
    versionsByClass.set(handlerClass, versions);
  }
  return versions.versionOf(absolutePath, settings.staticHashCache === false);
}

function refusal(reason: NoStaticFile, path: string): HTTPError {
  switch (reason) {
    case "missing":
      return expectedError(404);
    case "forbidden":
      return expectedError(403, `${path} cannot be read: permission denied`);
    case "exhausted":
      logExhaustion();
      return expectedError(503);
    default:
      return expectedError(403, `${path} is not a file`);
  }
}

function logExhaustion(): void {
  const now = performance.now();
  if (now - exhaustionLoggedMs < exhaustionLogIntervalMs) return;
  exhaustionLoggedMs = now;
  generalLog.error("Too many open files: static files are answered 503. Raise the limit (ulimit -n).");
}
