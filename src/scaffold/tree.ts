/** Draws the files of an app as a short tree: one line for each entry of its root. */

/** Files of the root that share the last line of their kind. */
const MAX_LINE_LENGTH = 60;

/**
 * Draws a tree of at most one line for each folder and one for all files of the root.
 *
 * @param paths - Relative paths with forward slashes.
 */
export function drawTree(paths: readonly string[]): string[] {
  const folders = new Map<string, string[]>();
  const rootFiles: string[] = [];
  for (const path of [...paths].sort()) {
    const slash = path.indexOf("/");
    if (slash === -1) rootFiles.push(path);
    else {
      const folder = path.slice(0, slash + 1);
      folders.set(folder, [...(folders.get(folder) ?? []), path.slice(slash + 1)]);
    }
  }
  const width = Math.max(0, ...[...folders.keys()].map((folder) => folder.length)) + 2;
  const rows = [...folders].map(([folder, files]) => `${folder.padEnd(width)}${summary(files)}`);
  rows.push(...wrapped(rootFiles));
  return rows.map((row, index) => `${index === rows.length - 1 ? "└─" : "├─"} ${row}`);
}

/** Names the files of a folder, and each folder in it with the number of its files. */
function summary(files: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const file of files) {
    const slash = file.indexOf("/");
    const entry = slash === -1 ? file : file.slice(0, slash + 1);
    counts.set(entry, (counts.get(entry) ?? 0) + 1);
  }
  const words = [...counts].map(([entry, count]) => (entry.endsWith("/") ? `${entry} (${count})` : entry));
  while (words.join(", ").length > MAX_LINE_LENGTH && words.length > 2) {
    words.splice(-2, 2, "…");
  }
  return words.join(", ");
}

function wrapped(files: readonly string[]): string[] {
  const rows: string[] = [];
  let row = "";
  for (const file of files) {
    if (row !== "" && row.length + file.length > MAX_LINE_LENGTH) {
      rows.push(row);
      row = "";
    }
    row += row === "" ? file : `, ${file}`;
  }
  if (row !== "") rows.push(row);
  return rows;
}
