import { expect, it } from "vitest";
import { staticContentType } from "../../../src/core/web/static-content-type.js";

it.each([
  ["/x/a.css", "text/css; charset=UTF-8"],
  ["/x/a.HTML", "text/html; charset=UTF-8"],
  ["/x/a.js", "text/javascript; charset=UTF-8"],
  ["/x/a.mjs", "text/javascript; charset=UTF-8"],
  ["/x/a.txt", "text/plain; charset=UTF-8"],
  ["/x/a.json", "application/json"],
  ["/x/a.svg", "image/svg+xml"],
  ["/x/a.webmanifest", "application/manifest+json"],
  ["/x/a.wasm", "application/wasm"],
  ["/x/a.woff2", "font/woff2"],
  ["/x/favicon.ico", "image/vnd.microsoft.icon"],
  ["/x/a.tar.gz", "application/gzip"],
  ["/x/a.css.gz", "application/gzip"],
  ["/x/a.svgz", "application/gzip"],
  ["/x/a.css.br", "application/octet-stream"],
  ["/x/a.tar.bz2", "application/octet-stream"],
  ["/x/a.unknown", "application/octet-stream"],
  ["/x.d/name", "application/octet-stream"],
  ["C:\\x.css\\name", "application/octet-stream"],
])("the type of %s is %s", (path, type) => {
  expect(staticContentType(path)).toBe(type);
});
