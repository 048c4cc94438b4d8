/** Decides what a changed file means for a running app: nothing, a sheet to swap, a page to reload, or a new process. */

import { posix } from "node:path";

/**
 * What has to be done, from the least to the most: `none`, swap the `style` sheet in the page, reload the page for a
 * `page` file (template, static file), rebuild for `source`, restart with the environment read again for `config`.
 */
export type ChangeKind = "none" | "style" | "page" | "source" | "config";

/** What happened to a file: it is new, other, gone, or another one has taken its place. */
export type FileEvent = "add" | "change" | "unlink" | "replace";

/** Where an app keeps what. All paths are relative to its root, with forward slashes and no slash at the end. */
export interface AppLayout {
  readonly templateFolders: readonly string[];
  readonly staticFolders: readonly string[];
  readonly translationFolders: readonly string[];
  /** Whether the last bundle, or a failed build's complaint, read this file. */
  readonly isLoaded: (path: string) => boolean;
  /** While a build is broken, any source may be the missing piece. */
  readonly isBroken: boolean;
}

const order: readonly ChangeKind[] = ["none", "style", "page", "source", "config"];
const configFiles = /^(?:\.env(?:\.[\w-]+)*|package\.json|tsconfig(?:\.[\w-]+)?\.json|tornado\.config\.[cm]?[jt]s)$/;
const translationFile = /\.(?:csv|mo)$/;
const sourceFile = /\.(?:[cm]?[jt]s|[jt]sx|json)$/;

/** Decides it for one file; `path` is relative to the app's root, with forward slashes. */
export function changeKind(path: string, event: FileEvent, layout: AppLayout): ChangeKind {
  // An example is documentation: nothing reads it.
  if (configFiles.test(path) && !path.endsWith(".example")) return "config";
  // Translations are loaded once, when the app starts.
  if (translationFile.test(path) && isBelow(path, layout.translationFolders)) return "config";
  if (layout.isLoaded(path)) return "source";
  if (isBelow(path, layout.staticFolders)) return isThere(event) && path.endsWith(".css") ? "style" : "page";
  if (isBelow(path, layout.templateFolders)) return "page";
  // Any file but one that is only written to may be a link by which an import was found, or is found now. A bundle has the names of what
  // links lead to; and a build that comes out the same changes nothing.
  if (sourceFile.test(path) && (event !== "change" || layout.isBroken)) return "source";
  return "none";
}

/** Whether a file is still, or again, where it was. */
function isThere(event: FileEvent): boolean {
  return event === "change" || event === "replace";
}

/** The kind of a batch of changes: whatever asks for the most. */
export function strongestKind(kinds: Iterable<ChangeKind>): ChangeKind {
  let strongest = 0;
  for (const kind of kinds) strongest = Math.max(strongest, order.indexOf(kind));
  return order[strongest]!;
}

const ignoredFolders = new Set([
  "node_modules",
  ".git",
  "dist",
  ".tornado",
  "coverage",
  ".hg",
  ".svn",
  ".idea",
  ".cache",
]);
const ignoredNames = [
  /~$/, // Emacs, gedit, Kate: backup
  /^#.*#$/, // Emacs: autosave
  /^\.#/, // Emacs: lock
  /\.sw[a-z]$|\.un~$/, // Vim: swap, undo
  /^4913$/, // Vim: tries whether it may write
  /\.(?:tmp|temp|bak|orig|rej|part|crdownload)$/i,
  /\.tmp[.-]?\w*$|^\.tmp/i, // temporary files of atomic saves
  /^sed\w{6}$/, // GNU sed -i
  /___jb_(?:tmp|old)___$/, // JetBrains: atomic save
  /^\.DS_Store$|^Thumbs\.db$/,
  /\.(?:sqlite3?|db)(?:-journal|-wal|-shm)?$/, // data files written while the app runs
  /\.log$/,
];

/** Says whether the watcher looks away: folders of tools, and what editors and databases leave beside real files. */
export function isIgnored(path: string): boolean {
  const parts = path.split("/");
  if (parts.some((part) => ignoredFolders.has(part))) return true;
  const name = posix.basename(path);
  return ignoredNames.some((pattern) => pattern.test(name));
}

function isBelow(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path.startsWith(`${folder}/`));
}
