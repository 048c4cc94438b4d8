/** Knows the files that editors and systems leave beside real ones. */

const patterns = [/~$/, /^#.*#$/, /^\.#/, /\.sw[a-z]$/, /\.(?:tmp|bak|orig|rej)$/i, /^\.DS_Store$|^Thumbs\.db$/];

/** Says whether a file of that name is left out of a build. */
export function isLeftover(name: string): boolean {
  return patterns.some((pattern) => pattern.test(name));
}
