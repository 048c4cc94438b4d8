/** Knows the Content-Type of a static file by its name. */

import { lookup } from "mrmime";

const defaultType = "application/octet-stream";

/** What the table of mrmime lacks, or reads as the type of what is inside the compression. */
const ownTypes: ReadonlyMap<string, string> = new Map([
  ["ico", "image/vnd.microsoft.icon"],
  // A compressed file is sent as what it is (RFC 6713), not as its content.
  ["gz", "application/gzip"],
  ["tgz", "application/gzip"],
  ["svgz", "application/gzip"],
  ...["br", "bz2", "lz", "xz", "Z", "zst"].map((extension) => [extension, defaultType] as const),
]);

/** Gives the type by the extension; text types carry `charset=UTF-8`, and what is not known is `application/octet-stream`. */
export function staticContentType(path: string): string {
  const name = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
  const dot = name.lastIndexOf(".");
  if (dot === -1) return defaultType;
  const extension = name.slice(dot + 1);
  const type = ownTypes.get(extension) ?? ownTypes.get(extension.toLowerCase()) ?? lookup(extension) ?? defaultType;
  return type.startsWith("text/") ? `${type}; charset=UTF-8` : type;
}
