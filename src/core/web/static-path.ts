/** Decides from its spelling alone which path of a URL may name a static file: the same rules on every system. */

import { resolve, sep } from "node:path";

// NUL and its kin; what Windows reads as another folder, a drive or a stream of a file (`\`, `:`).
const forbiddenCharacter = /[\x00-\x1f\x7f\\:]/;
// Windows drops these at the end of a name, so that "secret.txt." would open "secret.txt".
const droppedEnding = /[. ]$/;
// Names that Windows gives to devices in every folder, with any extension; the superscript digits count as digits there.
const deviceName = /^(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[0-9¹²³])[ ]*(?:\.|$)/i;
// The second name of 8 + 3 characters that Windows keeps for a longer one: `GIT~1` is `.git`.
const shortName = /^(?=[^.]{1,8}(?:\.|$))[^.]+~[0-9]+(?:\.[^.]{0,3})?$/;

/**
 * Tells whether a decoded path, with `/` between its segments, can name a file without a second meaning on any system.
 *
 * `..` and empty segments pass: what they lead to is decided by {@link isWithin}.
 *
 * @param dotFiles - Lets segments pass that begin with a dot, such as `.well-known`.
 */
export function isServablePath(path: string, dotFiles: boolean): boolean {
  if (forbiddenCharacter.test(path)) return false;
  return path.split("/").every((segment) => isServableName(segment, dotFiles));
}

/** Tells whether `path` is `folder` or lies in it; both absolute and normalized. `root-x` does not lie in `root`. */
export function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Gives the part of `path` below `folder`, with `/` between its segments. */
export function pathBelow(folder: string, path: string): string {
  const below = path.slice(folder.length).split(sep).join("/");
  return below.startsWith("/") ? below.slice(1) : below;
}

/** Joins as Tornado does: a path that begins with `/` leaves the root, and is refused for that. */
export function absoluteStaticPath(root: string, path: string): string {
  return resolve(root, path);
}

function isServableName(name: string, dotFiles: boolean): boolean {
  if (name === "" || name === "." || name === "..") return true;
  if (name.startsWith(".") && !dotFiles) return false;
  return !droppedEnding.test(name) && !deviceName.test(name) && !shortName.test(name);
}
