/** Marks a request's body as one that the server inflates. */

import type { HTTPHeaders } from "./headers.js";

/** Takes gzip off the headers, as it will be off the body; says whether it was there. */
export function consumeEncoding(headers: HTTPHeaders): boolean {
  const encoding = headers.get("Content-Encoding");
  if (encoding?.toLowerCase() !== "gzip") return false;
  headers.delete("Content-Encoding");
  headers.add("X-Consumed-Content-Encoding", encoding);
  return true;
}
