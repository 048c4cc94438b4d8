/** The browser's half of live reload: a small script that listens, and a badge over the page while the app is broken. */

import { xhtmlEscape } from "../core/escape.js";

/** Where the dev server serves the script, and its events. */
export const liveReloadScriptPath = "/__tornado/live-reload.js";
export const liveReloadEventsPath = "/__tornado/events";

export interface LiveReloadTagOptions {
  /** The revision of the app that the page belongs to. */
  readonly revision: string;
  /** What the page's Content-Security-Policy admits scripts by. */
  readonly nonce?: string | undefined;
  /** True for the page that shows why the app is broken: it has no use for a badge that says the same. */
  readonly isFailurePage?: boolean;
}

/** Makes the element that loads the script into a page. */
export function liveReloadTag({ revision, nonce, isFailurePage = false }: LiveReloadTagOptions): string {
  const attributes = [
    `src="${liveReloadScriptPath}"`,
    `data-revision="${xhtmlEscape(revision)}"`,
    ...(isFailurePage ? ["data-failure"] : []),
    ...(nonce === undefined ? [] : [`nonce="${xhtmlEscape(nonce)}"`]),
    "async",
  ];
  return `<script ${attributes.join(" ")}></script>`;
}

/**
 * The script. It knows which revision its page was made by, and is told the newest one whenever it connects: a page
 * that slept, or that was loaded in the moment of a change, notices that it is old.
 *
 * A page in the background lets go of its connection, since browsers allow six to a host, and looks again when it is shown.
 */
export const liveReloadScript = `(() => {
  if (window.__tornadoLiveReload) return;
  window.__tornadoLiveReload = true;
  const script = document.currentScript;
  let revision = script ? script.dataset.revision : undefined;
  const isFailurePage = script !== null && script.dataset.failure !== undefined;
  let source, overlay, dismissed;

  const reload = () => { if (source) source.close(); location.reload(); };

  const swapSheets = (names) => {
    const links = [...document.querySelectorAll('link[rel~="stylesheet"][href]')].filter((link) => new URL(link.href).origin === location.origin);
    const named = links.filter((link) => names.some((name) => decodeURIComponent(new URL(link.href).pathname).endsWith("/" + name)));
    // A sheet that no link names is imported by another one: all are fetched again.
    for (const link of named.length === names.length ? named : links) {
      const url = new URL(link.href);
      url.searchParams.set("v", "dev-" + Date.now());
      const next = link.cloneNode();
      next.href = url.href;
      // The old sheet stays until the new one is there, so that nothing flashes.
      next.onload = next.onerror = () => link.remove();
      link.after(next);
    }
  };

  const show = (failure) => {
    hide();
    if (dismissed === failure.id) return;
    overlay = document.createElement("tornado-overlay");
    const shadow = overlay.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(\`
      :host { all: initial; position: fixed; inset: 0; z-index: 2147483647; display: grid; place-items: center; padding: 16px; background: rgb(20 20 22 / .55); color-scheme: light dark; }
      div { box-sizing: border-box; width: min(900px, 100%); max-height: 100%; overflow: auto; background: #fff; color: #1c1b1a; border-top: 4px solid #c4203a; border-radius: 8px; padding: 18px 20px; font: 15px/1.5 system-ui, sans-serif; box-shadow: 0 12px 48px rgb(0 0 0 / .35); }
      h1 { font-size: 19px; line-height: 1.35; margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
      p { margin: 8px 0 0; font: 13px/1.5 ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; } a { color: #1f5fae; }
      pre { margin: 12px 0 0; overflow-x: auto; font: 13px/1.6 ui-monospace, Menlo, Consolas, monospace; background: #f6f6f4; border-radius: 6px; padding: 10px 12px; tab-size: 4; }
      small { display: block; margin-top: 12px; color: #6b6862; font-size: 13px; }
      @media (prefers-color-scheme: dark) { div { background: #1b1c1f; color: #ececea; border-top-color: #ff7183; } pre { background: #141416; } a { color: #86b8f7; } small { color: #a09e98; } }
    \`);
    shadow.adoptedStyleSheets = [sheet];
    const box = document.createElement("div");
    box.setAttribute("role", "alertdialog");
    box.setAttribute("aria-label", failure.name);
    const add = (tag, text) => { const element = document.createElement(tag); element.textContent = text; box.append(element); return element; };
    add("h1", failure.message);
    const where = add("p", "");
    if (failure.link) { const link = document.createElement("a"); link.href = failure.link; link.textContent = failure.place; where.append(link); }
    else where.textContent = failure.place;
    if (failure.excerpt) add("pre", failure.excerpt);
    add("small", failure.isPassing ? "The app goes on. Esc hides this." : "Goes away by itself when it is mended. Esc hides it.");
    shadow.append(box);
    overlay.addEventListener("click", (event) => { if (event.composedPath()[0] === overlay) dismiss(failure); });
    overlay.dataset.id = failure.id;
    (document.body || document.documentElement).append(overlay);
  };
  let badge;
  const showTypes = (faults, count) => {
    if (badge) badge.remove();
    badge = undefined;
    if (faults.length === 0) return;
    badge = document.createElement("tornado-types");
    const shadow = badge.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(\`
      :host { all: initial; position: fixed; left: 16px; bottom: 16px; z-index: 2147483646; color-scheme: light dark; max-width: min(720px, calc(100% - 32px)); }
      details { background: #fff; color: #1c1b1a; border: 1px solid #e3e1dc; border-left: 4px solid #a85a00; border-radius: 8px; font: 13px/1.5 system-ui, sans-serif; box-shadow: 0 6px 24px rgb(0 0 0 / .25); }
      summary { cursor: pointer; padding: 6px 12px; font-weight: 600; } ol { list-style: none; margin: 0; padding: 0 12px 10px; max-height: 50vh; overflow: auto; } li { margin-top: 8px; }
      a, code { font: 12px/1.5 ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; } a { color: #1f5fae; } div { white-space: pre-wrap; overflow-wrap: anywhere; }
      @media (prefers-color-scheme: dark) { details { background: #1b1c1f; color: #ececea; border-color: #303136; border-left-color: #f0b36b; } a { color: #86b8f7; } }
    \`);
    shadow.adoptedStyleSheets = [sheet];
    const details = document.createElement("details"), summary = document.createElement("summary"), list = document.createElement("ol");
    summary.textContent = count === 1 ? "1 type error" : count + " type errors";
    for (const fault of faults) {
      const item = document.createElement("li"), where = document.createElement(fault.link ? "a" : "code"), what = document.createElement("div");
      where.textContent = fault.place;
      if (fault.link) where.href = fault.link;
      what.textContent = fault.message;
      item.append(where, what);
      list.append(item);
    }
    details.append(summary, list);
    shadow.append(details);
    (document.body || document.documentElement).append(badge);
  };
  const hide = () => { if (overlay) overlay.remove(); overlay = undefined; };
  const dismiss = (failure) => { dismissed = failure.id; hide(); };
  addEventListener("keydown", (event) => { if (event.key === "Escape" && overlay) dismiss({ id: overlay.dataset.id }); });

  const connect = () => {
    if (source || document.hidden) return;
    source = new EventSource("${liveReloadEventsPath}");
    source.addEventListener("hello", ({ data }) => {
      const now = JSON.parse(data);
      if (revision === undefined) revision = now.revision;
      if (isFailurePage ? now.revision !== revision || !now.failure : !now.failure && now.revision !== revision) reload();
      else if (now.failure && !isFailurePage) show(now.failure);
      else hide();
      showTypes(now.faults, now.count);
    });
    source.addEventListener("reload", reload);
    source.addEventListener("types", ({ data }) => { const { faults, count } = JSON.parse(data); showTypes(faults, count); });
    source.addEventListener("style", ({ data }) => { const { paths, revision: now } = JSON.parse(data); revision = now; swapSheets(paths); });
    source.addEventListener("failure", ({ data }) => { const failure = JSON.parse(data); if (isFailurePage && !failure.isPassing) reload(); else if (!isFailurePage) show(failure); });
    source.addEventListener("fine", () => { if (isFailurePage) reload(); dismissed = undefined; hide(); });
  };
  const disconnect = () => { if (source) source.close(); source = undefined; };
  document.addEventListener("visibilitychange", () => { if (document.hidden) disconnect(); else connect(); });
  // A page in the back-forward cache must not hold a connection, and is old when it comes back.
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", connect);
  connect();
})();
`;
