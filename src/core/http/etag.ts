/** Compares entity tags (RFC 9110, section 8.8.3), with Tornado's reading of If-None-Match. */

const entityTags = /\*|(?:W\/)?"[^"]*"/g;

/**
 * Tells whether an If-None-Match header names this entity tag, by weak comparison.
 *
 * `*` counts only when it comes first; what is malformed is passed over, both as in Tornado.
 *
 * @param header - The header's value, or `undefined` when the request has none.
 * @param etag - The response's own tag with its quotes, as `"abc"` or `W/"abc"`.
 */
export function etagMatches(header: string | undefined, etag: string): boolean {
  if (header === undefined || etag === "") return false;
  const tags = header.match(entityTags);
  if (tags === null) return false;
  if (tags[0] === "*") return true;
  const wanted = withoutWeakness(etag);
  return tags.some((tag) => withoutWeakness(tag) === wanted);
}

/** Tells whether two tags are the same by strong comparison: a weak tag equals nothing, not even itself. */
export function isStrongMatch(one: string, other: string): boolean {
  return one === other && one.startsWith('"');
}

function withoutWeakness(tag: string): string {
  return tag.startsWith("W/") ? tag.slice(2) : tag;
}
