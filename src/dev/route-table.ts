/** Draws the routes of an app as a table that can be filtered, and finds the one that an address was meant for. */

import { xhtmlEscape } from "../core/escape.js";
import { nearestName } from "../core/nearest-name.js";
import type { RouteDescription } from "../core/web/route-listing.js";

/** Draws the table. Without JavaScript it is whole, and the field for the filter is not there. */
export function routeTable(routes: readonly RouteDescription[], nearest?: RouteDescription): string {
  if (routes.length === 0) return `<p class="hint">The app has no routes.</p>`;
  const rows = routes.map((route) => {
    const mark = route === nearest ? ' class="nearest"' : "";
    const host = route.host === undefined ? "" : ` <span class="badge">${xhtmlEscape(route.host)}</span>`;
    const name = route.name === undefined ? "" : xhtmlEscape(route.name);
    return `<tr${mark}><td>${xhtmlEscape(route.pattern)}${host}</td><td>${xhtmlEscape(route.handler)}</td><td>${route.methods.map((method) => xhtmlEscape(method)).join(" ")}</td><td>${name}</td></tr>`;
  });
  return `<input id="filter" type="search" placeholder="Filter the routes" aria-label="Filter the routes" autocomplete="off" spellcheck="false" hidden>
<div class="scroll" tabindex="0" role="group" aria-label="Routes"><table id="routes"><thead><tr><th>Pattern</th><th>Handler</th><th>Methods</th><th>Name</th></tr></thead>
<tbody>${rows.join("\n")}</tbody></table></div>`;
}

/** The style of the table. */
export const routeTableStyle = `
.scroll { overflow-x: auto; margin-top: 8px; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font: 13px/1.5 ui-monospace, "SF Mono", SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
th { text-align: left; color: var(--dim); font-weight: 500; } th, td { padding: 5px 14px; border-top: 1px solid var(--line); vertical-align: top; }
thead th { border-top: 0; } td { overflow-wrap: anywhere; } td:first-child { min-width: 12em; } td:nth-child(n+2) { white-space: nowrap; }
tr.nearest td { background: var(--red-soft); } tr.nearest td:first-child { box-shadow: inset 3px 0 var(--red); }
input { width: 100%; margin-top: 8px; font: inherit; font-size: 14px; color: var(--text); background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 7px 12px; }
@media (max-width: 560px) { th, td { padding: 5px 8px; } td:first-child { min-width: 9em; } }
.hint { margin-top: 12px; color: var(--dim); font-size: 14px; overflow-wrap: anywhere; }
`;

/** The script of the filter; `filterRoutes()` is for a script that has put in other rows. */
export const routeTableScript = `
const filterRoutes = () => {
  const filter = document.getElementById("filter");
  if (filter === null) return;
  filter.hidden = false;
  const words = filter.value.toLowerCase().split(/\\s+/);
  for (const row of document.querySelectorAll("#routes tbody tr")) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
  }
};
document.addEventListener("input", filterRoutes);
filterRoutes();`;

/** What a segment of a pattern looks like that stands for any text. */
const openSegment = /^:\w+|[()[\]\\*+]/;

/** Gives the route whose pattern comes nearest to a path; what a pattern leaves open counts as written. */
export function nearestRoute(path: string, routes: readonly RouteDescription[]): RouteDescription | undefined {
  const segments = path.split("/");
  const examples = new Map<string, RouteDescription>();
  for (const route of routes) {
    const parts = route.pattern.split("/");
    if (parts.length !== segments.length && !parts.every((part) => !openSegment.test(part))) continue;
    const example = parts.map((part, index) => (openSegment.test(part) ? (segments[index] ?? part) : part)).join("/");
    // A pattern that is open to everything would have matched.
    if (example !== path && !examples.has(example)) examples.set(example, route);
  }
  const nearest = nearestName(path, examples.keys());
  return nearest === undefined ? undefined : examples.get(nearest);
}
