/** What goes into a Location header. */

/**
 * Percent-encodes what may not stand in a URL (RFC 3986, section 2), and leaves what is encoded already.
 *
 * Lone surrogates, which have no encoding, become U+FFFD.
 */
export function encodeLocation(url: string): string {
  // Through bytes, which puts U+FFFD for a lone surrogate; encodeURIComponent would throw.
  const wellFormed = Buffer.from(url).toString();
  return wellFormed.replace(/[^\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+/g, encodeURIComponent);
}
