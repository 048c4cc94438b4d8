/** Writes the credentials of HTTP's basic authentication (RFC 7617). */

/**
 * Encodes a username and a password as `Authorization: Basic` wants them before their base64: UTF-8, composed (NFC), with a colon
 * between.
 *
 * @example
 * `Basic ${encodeUsernamePassword("user", "secret").toString("base64")}`
 */
export function encodeUsernamePassword(username: string, password: string): Buffer {
  return Buffer.from(`${username}:${password}`.normalize("NFC"));
}
