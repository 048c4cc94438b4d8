/** Adds to the Vary header, whoever else has set it. */

import type { HTTPHeaders } from "./headers.js";

/** Names a request header that the response depends on (RFC 9110, section 12.5.5), unless it is named already. */
export function addVary(headers: HTTPHeaders, name: string): void {
  const vary = headers.get("Vary");
  if (vary === undefined || vary.trim() === "") {
    headers.set("Vary", name);
    return;
  }
  const names = vary.split(",").map((one) => one.trim().toLowerCase());
  if (!names.includes("*") && !names.includes(name.toLowerCase())) headers.set("Vary", `${vary}, ${name}`);
}
