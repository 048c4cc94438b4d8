/** Makes the address that opens a file in an editor at a line. */

/** Gives a `vscode:` address, which VS Code and its relatives register. */
export function editorLink(file: string, line: number, column: number): string {
  const path = encodeURI(file.replaceAll("\\", "/")).replaceAll("#", "%23").replaceAll("?", "%3F");
  return `vscode://file${path.startsWith("/") ? "" : "/"}${path}:${Math.max(1, line)}:${Math.max(1, column)}`;
}
