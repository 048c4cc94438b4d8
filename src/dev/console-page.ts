/** The console of the dev server, `/__tornado/`: the last requests, the reloads, the routes and the settings of the app. */

import { xhtmlEscape } from "../core/escape.js";
import { devPage } from "./dev-page.js";
import type { History, SeenReload, SeenRequest } from "./history.js";
import { routeTable, routeTableScript, routeTableStyle } from "./route-table.js";

/** Where the console is. */
export const consolePath = "/__tornado/";

/** Draws the page. It looks for news by itself while it is shown. */
export function consolePage(history: History, nonce: string): string {
  const { requests, reloads, app } = history;
  const content = `<header><h1>Console</h1><p class="hint">What <code>tornado dev</code> has seen lately. Secrets are masked.</p></header>
<section><h2>The last requests</h2>
<div data-news>${requestTable(requests)}</div>
</section>
<section><h2>Reloads</h2>
<div data-news>${reloadList(reloads)}</div>
</section>
<section><h2>Routes, in the order in which they are tried</h2>
<div data-news>${routeTable(app.routes)}</div>
</section>
<section><details><summary><h2>Settings</h2></summary><div data-news><dl>${app.settings.map(([name, value]) => `<dt>${xhtmlEscape(name)}</dt><dd>${xhtmlEscape(value)}</dd>`).join("")}</dl></div></details></section>`;
  return devPage({
    nonce,
    title: "Console",
    style: routeTableStyle + consoleStyle,
    content,
    script: routeTableScript + newsScript,
  });
}

function requestTable(requests: readonly SeenRequest[]): string {
  if (requests.length === 0) return `<p class="hint">None yet.</p>`;
  const rows = requests.map(
    ({ at, method, uri, status, handler, milliseconds }) =>
      `<tr><td>${time(at)}</td><td>${xhtmlEscape(method)}</td><td>${xhtmlEscape(uri)}</td><td class="status-${Math.floor(status / 100)}">${status}</td><td>${xhtmlEscape(handler)}</td><td class="number">${milliseconds.toFixed(1)} ms</td></tr>`,
  );
  return `<div class="scroll" tabindex="0" role="group" aria-label="The last requests"><table class="requests"><thead><tr><th>Time</th><th>Method</th><th>Address</th><th>Status</th><th>Handler</th><th class="number">Took</th></tr></thead>
<tbody>${rows.join("\n")}</tbody></table></div>`;
}

function reloadList(reloads: readonly SeenReload[]): string {
  if (reloads.length === 0) return `<p class="hint">None yet.</p>`;
  const rows = reloads.map(
    ({ at, text, isFailure }) =>
      `<tr${isFailure ? ' class="failed"' : ""}><td>${time(at)}</td><td>${xhtmlEscape(text)}</td></tr>`,
  );
  return `<div class="scroll" tabindex="0" role="group" aria-label="Reloads"><table class="reloads"><tbody>${rows.join("\n")}</tbody></table></div>`;
}

function time(at: number): string {
  return `<time datetime="${new Date(at).toISOString()}">${new Date(at).toTimeString().slice(0, 8)}</time>`;
}

const consoleStyle = `
.requests td:first-child, .reloads td:first-child { min-width: 0; white-space: nowrap; color: var(--dim); }
.requests td { white-space: nowrap; } .requests td:nth-child(3) { min-width: 14em; white-space: normal; } .reloads td:last-child { width: 100%; }
@media (max-width: 560px) { .requests td:nth-child(3) { min-width: 9em; } }
.number { text-align: right; white-space: nowrap; }
.status-2 { color: var(--string); } .status-3 { color: var(--type); } .status-4 { color: var(--number); } .status-5, .failed td:last-child { color: var(--red); font-weight: 600; }
`;

/**
 * The page is asked for again, and its news taken over: there is one way in which it is drawn. Only rows are put in anew, so
 * that a table stays where it was scrolled to, and the focus and the filter where they are.
 */
const newsScript = `
const known = new Map();
const rowsOf = (part) => part.querySelector("tbody, dl");
const look = async () => {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const parts = page.querySelectorAll("[data-news]");
    document.querySelectorAll("[data-news]").forEach((shown, index) => {
      const news = parts[index], text = news.innerHTML;
      if (known.get(index) === text) return;
      const isFirst = !known.has(index);
      known.set(index, text);
      if (isFirst && shown.innerHTML === text) return;
      if (rowsOf(news) !== null && rowsOf(shown) !== null) rowsOf(shown).replaceChildren(...rowsOf(news).childNodes);
      else shown.replaceWith(news);
    });
    filterRoutes();
  } catch {
    // The dev server has ended, or is starting again.
  }
};
setInterval(look, 1000);
document.addEventListener("visibilitychange", look);`;
