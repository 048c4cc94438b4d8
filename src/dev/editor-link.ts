/** Makes the addresses that open a file in an editor at a line: an editor registers a scheme, and the browser asks it. */

import { basename } from "node:path";
import { TornadoError } from "../core/errors.js";
import { nearestName } from "../core/nearest-name.js";

/** Gives the address, or `undefined` where there is no editor to open. */
export type EditorLink = (file: string, line: number, column: number) => string | undefined;

export interface EditorOptions {
  /** A name of {@link editorNames}, `none`, or an address with `{file}`, `{line}` and `{column}` in it. */
  readonly editor: string;
  /** Absolute path of the app's root, as the dev server sees it. */
  readonly root: string;
  /** The same folder as the editor sees it, where that is another path: outside of a container, say. */
  readonly editorRoot?: string | undefined;
}

/** `{file}` begins with a slash, also for `C:/app`. */
const addresses: Readonly<Record<string, string>> = {
  vscode: "vscode://file{file}:{line}:{column}",
  "vscode-insiders": "vscode-insiders://file{file}:{line}:{column}",
  vscodium: "vscodium://file{file}:{line}:{column}",
  cursor: "cursor://file{file}:{line}:{column}",
  windsurf: "windsurf://file{file}:{line}:{column}",
  zed: "zed://file{file}:{line}:{column}",
  webstorm: "webstorm://open?file={file}&line={line}&column={column}",
  idea: "idea://open?file={file}&line={line}&column={column}",
  sublime: "subl://open?url=file://{file}&line={line}&column={column}",
  textmate: "txmt://open?url=file://{file}&line={line}&column={column}",
  macvim: "mvim://open?url=file://{file}&line={line}&column={column}",
  emacs: "emacs://open?url=file://{file}&line={line}&column={column}",
  nova: "nova://open?path={file}&line={line}&column={column}",
};

/** The editors that are known by name. */
export const editorNames: readonly string[] = Object.keys(addresses);

/** What the programs are called that `EDITOR` names. */
const programs: Readonly<Record<string, string>> = {
  code: "vscode",
  "code-insiders": "vscode-insiders",
  codium: "vscodium",
  subl: "sublime",
  sublime_text: "sublime",
  mate: "textmate",
  mvim: "macvim",
  emacsclient: "emacs",
  zeditor: "zed",
  intellij: "idea",
};

/**
 * Finds the editor that somebody uses: the one in whose terminal the server runs, then `VISUAL` and `EDITOR`.
 *
 * @returns `vscode` when nothing tells, since most have it; an editor without a window cannot be opened by a page.
 */
export function detectEditor(environment: NodeJS.ProcessEnv): string {
  if (environment.CURSOR_TRACE_ID !== undefined) return "cursor";
  if (environment.ZED_TERM !== undefined) return "zed";
  if (environment.TERMINAL_EMULATOR === "JetBrains-JediTerm") return "idea";
  if (environment.TERM_PROGRAM === "vscode") return "vscode";
  for (const command of [environment.VISUAL, environment.EDITOR]) {
    // A command with arguments, such as "code --wait".
    const name = basename(command?.trim().split(/\s+/, 1)[0] ?? "").replace(/\.(?:exe|cmd|sh)$/i, "");
    const editor = programs[name] ?? name;
    if (Object.hasOwn(addresses, editor)) return editor;
  }
  return "vscode";
}

/**
 * Makes the function that gives the addresses.
 *
 * @throws TornadoError `UNKNOWN_EDITOR`.
 */
export function editorLinks({ editor, root, editorRoot }: EditorOptions): EditorLink {
  if (editor === "none") return () => undefined;
  const address = addressOf(editor);
  const from = slashed(root);
  const to = editorRoot === undefined ? undefined : slashed(editorRoot).replace(/\/$/, "");
  return (file, line, column) => {
    const path = slashed(file);
    const isInside = path === from || path.startsWith(`${from}/`);
    const seen = to !== undefined && isInside ? to + path.slice(from.length) : path;
    const absolute = encodeURI(seen.startsWith("/") ? seen : `/${seen}`)
      .replaceAll("#", "%23")
      .replaceAll("?", "%3F")
      .replaceAll("&", "%26");
    return address
      .replaceAll("{file}", () => absolute)
      .replaceAll("{line}", String(Math.max(1, line)))
      .replaceAll("{column}", String(Math.max(1, column)));
  };
}

function addressOf(editor: string): string {
  // A page must not run a script of somebody who may write the configuration, but not the app.
  if (
    editor.includes("{file}") &&
    /^[a-z][a-z\d+.-]*:/i.test(editor) &&
    !/^(?:javascript|data|vbscript):/i.test(editor)
  ) {
    return editor;
  }
  if (Object.hasOwn(addresses, editor)) return addresses[editor]!;
  const nearest = nearestName(editor, editorNames);
  throw new TornadoError(
    "UNKNOWN_EDITOR",
    `"${editor}" is no editor that can be opened from a page.${nearest === undefined ? "" : ` Did you mean "${nearest}"?`} Use one of ${editorNames.join(", ")}, none, or an address such as "myeditor://open?file={file}&line={line}".`,
  );
}

function slashed(path: string): string {
  return path.replaceAll("\\", "/");
}
