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
  // What a service worker or another cache answers is no newer for being loaded again, and would be for ever.
  const reloadOnce = (now) => {
    const step = [location.href, revision, now].join(" ");
    try {
      if (sessionStorage.getItem("tornado-live-reload") === step) {
        console.warn("tornado dev: This page is older than the last save, and is no newer when it is loaded again. A service worker or another cache answers for it: turn that off in development.");
        return;
      }
      sessionStorage.setItem("tornado-live-reload", step);
    } catch {
      // A page without storage, such as one in a sandbox.
    }
    reload();
  };

  const forgetStep = () => { try { sessionStorage.removeItem("tornado-live-reload"); } catch { /* As above. */ } };
  const pathOf = (link) => {
    const { pathname } = new URL(link.href);
    try { return decodeURIComponent(pathname); } catch { return pathname; }
  };
  const documentsIn = (view) => [view.document, ...Array.from({ length: view.length }, (_, index) => {
    try { return documentsIn(view[index]); } catch { return []; }
  }).flat()];
  /** By a sheet that is being fetched, the one whose place it takes. */
  const replaced = new WeakMap(), leaving = new WeakSet();
  const removeBefore = (link) => {
    for (let old = replaced.get(link); old !== undefined; old = replaced.get(old)) old.remove();
  };
  const swapSheets = (names) => documentsIn(window).forEach((page) => swapSheetsOf(page, names));
  const swapSheetsOf = (page, names) => {
    const isOwn = (link) => !leaving.has(link) && new URL(link.href).origin === location.origin;
    const links = [...page.querySelectorAll('link[rel~="stylesheet"][href]')].filter(isOwn);
    const named = links.filter((link) => names.some((name) => pathOf(link).endsWith("/" + name)));
    // A sheet that no link names is imported by another one: all are fetched again.
    for (const link of named.length === names.length ? named : links) {
      const url = new URL(link.href);
      url.searchParams.set("v", "dev-" + Date.now());
      const next = link.cloneNode();
      next.href = url.href;
      // The old sheet stays until the new one is there, so that nothing flashes; a later save may come before that.
      replaced.set(next, link);
      leaving.add(link);
      next.onload = next.onerror = () => removeBefore(next);
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
      :host { all: initial; position: fixed; inset: 0; z-index: 2147483647; background: rgb(20 20 22 / .55); color-scheme: light dark; }
      dialog { box-sizing: border-box; width: min(900px, calc(100% - 32px)); max-height: calc(100% - 32px); overflow: auto; margin: auto; padding: 0; border: 0; border-top: 4px solid #c4203a; border-radius: 8px; background: #fff; color: #1c1b1a; font: 15px/1.5 system-ui, sans-serif; box-shadow: 0 12px 48px rgb(0 0 0 / .35); }
      dialog::backdrop { background: none; } div { padding: 18px 20px; }
      h1 { font-size: 19px; line-height: 1.35; margin: 0; max-height: 8em; overflow: auto; overflow-wrap: anywhere; white-space: pre-wrap; }
      h1.long { font-size: 15px; font-weight: 500; }
      p { margin: 8px 0 0; font: 13px/1.5 ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; } a { color: #1f5fae; } b { color: #c4203a; font-weight: 600; }
      pre { margin: 12px 0 0; overflow-x: auto; font: 13px/1.6 ui-monospace, Menlo, Consolas, monospace; background: #f6f6f4; border-radius: 6px; padding: 10px 0; tab-size: 4; }
      code { display: block; width: max-content; min-width: 100%; font: inherit; } span { display: block; padding: 0 12px; } .marked { background: #fdeaec; box-shadow: inset 3px 0 #c4203a; }
      footer { display: flex; align-items: center; justify-content: space-between; gap: 12px; margin-top: 12px; color: #6b6862; font-size: 13px; }
      small { font-size: inherit; } button { flex: none; font: inherit; color: inherit; background: none; border: 1px solid #8a877f; border-radius: 6px; padding: 3px 12px; cursor: pointer; }
      :focus-visible { outline: 2px solid #1f5fae; outline-offset: 2px; border-radius: 4px; }
      @media (prefers-color-scheme: dark) { dialog { background: #1b1c1f; color: #ececea; border-top-color: #ff7183; } pre { background: #141416; } .marked { background: #3a1b23; box-shadow: inset 3px 0 #ff7183; } a { color: #86b8f7; } b { color: #ff7183; } footer { color: #a09e98; } :focus-visible { outline-color: #86b8f7; } }
    \`);
    shadow.adoptedStyleSheets = [sheet];
    const dialog = document.createElement("dialog"), box = document.createElement("div");
    dialog.setAttribute("role", "alertdialog");
    dialog.setAttribute("aria-label", failure.name + ": " + failure.message.slice(0, 300));
    const add = (parent, tag, text) => { const element = document.createElement(tag); element.textContent = text; parent.append(element); return element; };
    add(box, "h1", failure.message || failure.name).classList.toggle("long", failure.message.length > 200);
    const where = add(box, "p", "");
    add(where, "b", failure.name + " ");
    if (failure.link) add(where, "a", failure.place).href = failure.link;
    else where.append(failure.place);
    let code, caret;
    if (failure.excerpt) {
      code = add(box, "pre", "");
      const lines = add(code, "code", "");
      code.tabIndex = 0;
      code.setAttribute("role", "group");
      code.setAttribute("aria-label", "The code");
      for (const text of failure.excerpt.split("\\n")) {
        const line = add(lines, "span", text);
        const isCaret = /^ *\\|\\s*\\^+$/.test(text);
        line.classList.toggle("marked", isCaret || text.startsWith(">"));
        if (!isCaret) continue;
        line.textContent = text.slice(0, text.indexOf("^"));
        caret = add(line, "b", text.slice(text.indexOf("^")));
        line.ariaHidden = "true";
      }
    }
    const footer = add(box, "footer", "");
    add(footer, "small", failure.isPassing ? (failure.request ? failure.request + ": the app goes on." : "The app goes on.") : "Goes away by itself when it is mended.");
    add(footer, "button", "Hide (Esc)").onclick = () => dismiss(failure);
    dialog.append(box);
    shadow.append(dialog);
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dismiss(failure); });
    const shown = overlay;
    dialog.addEventListener("close", () => { if (overlay === shown) dismiss(failure); });
    (document.body || document.documentElement).append(overlay);
    // As a modal dialog it takes the keys, and gives them back to where they were.
    dialog.showModal();
    if (caret) code.scrollLeft = caret.offsetLeft + caret.offsetWidth - code.offsetLeft - code.clientWidth * 0.75;
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
  const hide = () => {
    const shown = overlay;
    overlay = undefined;
    if (shown === undefined) return;
    // Only a dialog that is closed gives the focus back.
    shown.shadowRoot.firstElementChild.close();
    shown.remove();
  };
  const dismiss = (failure) => { dismissed = failure.id; hide(); };

  const outer = (() => {
    try { return parent !== window && parent.document ? parent : undefined; } catch { return undefined; }
  })();
  // The page around this one listens for both: browsers allow six connections to a host.
  const isListenedFor = () =>
    outer !== undefined && !isFailurePage && (outer.__tornadoLiveReload === true || outer.document.readyState !== "complete");
  const connect = () => {
    if (source || document.hidden || isListenedFor()) return;
    source = new EventSource("${liveReloadEventsPath}");
    source.addEventListener("hello", ({ data }) => {
      const now = JSON.parse(data);
      if (revision === undefined) revision = now.revision;
      if (isFailurePage ? now.revision !== revision || !now.failure : !now.failure && now.revision !== revision) reloadOnce(now.revision);
      else if (now.failure && !isFailurePage) show(now.failure);
      else hide();
      if (now.revision === revision) forgetStep();
      showTypes(now.faults, now.count);
    });
    source.addEventListener("reload", reload);
    source.addEventListener("types", ({ data }) => { const { faults, count } = JSON.parse(data); showTypes(faults, count); });
    source.addEventListener("style", ({ data }) => { const { paths, revision: now } = JSON.parse(data); revision = now; swapSheets(paths); });
    source.addEventListener("failure", ({ data }) => { const failure = JSON.parse(data); if (isFailurePage && !failure.isPassing) reload(); else if (!isFailurePage) show(failure); });
    source.addEventListener("fine", ({ data }) => { if (isFailurePage) reload(); revision = JSON.parse(data).revision; dismissed = undefined; hide(); });
  };
  const disconnect = () => { if (source) source.close(); source = undefined; };
  document.addEventListener("visibilitychange", () => { if (document.hidden) disconnect(); else connect(); });
  // A page in the back-forward cache must not hold a connection, and is old when it comes back.
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", connect);
  if (outer !== undefined) outer.addEventListener("load", connect);
  connect();
})();
`;
