/** Puts the styles, scripts and HTML that UI modules ask for into a rendered page. */

import { TornadoError } from "../errors.js";
import { xhtmlEscape } from "../escape.js";
import type { ResourceFiles, UIModule } from "./ui-module.js";

/** What the tags need of the handler. A handler may define its own tags. */
export interface PageHandler {
  staticUrl(path: string): string;
  /** Nonce of the page's Content-Security-Policy, if it has one. */
  readonly cspNonce?: string | null | undefined;
  renderLinkedCss?(files: readonly string[]): string;
  renderEmbedCss?(pieces: readonly string[]): string;
  renderLinkedJs?(files: readonly string[]): string;
  renderEmbedJs?(pieces: readonly string[]): string;
}

/**
 * Puts the resources of the page's modules into it: style sheets, styles and heads before `</head>`, scripts and bodies
 * before the last `</body>`, each in the order in which the page first used the modules.
 *
 * @throws TornadoError `PAGE_WITHOUT_TAG` when the page has no such tag.
 */
export function insertResources(html: string, modules: Iterable<UIModule>, handler: PageHandler): string {
  const css = { files: [] as string[], pieces: [] as string[] };
  const javascript = { files: [] as string[], pieces: [] as string[] };
  const heads: string[] = [];
  const bodies: string[] = [];
  for (const module of modules) {
    add(javascript.pieces, module.embeddedJavascript());
    add(javascript.files, module.javascriptFiles());
    add(css.pieces, module.embeddedCss());
    add(css.files, module.cssFiles());
    add(heads, module.htmlHead());
    add(bodies, module.htmlBody());
  }
  const head = lines([
    css.files.length > 0 && (handler.renderLinkedCss?.(css.files) ?? linkedCss(css.files, handler)),
    css.pieces.length > 0 && (handler.renderEmbedCss?.(css.pieces) ?? embeddedCss(css.pieces, handler)),
    heads.join(""),
  ]);
  const body = lines([
    javascript.files.length > 0 && (handler.renderLinkedJs?.(javascript.files) ?? linkedJs(javascript.files, handler)),
    javascript.pieces.length > 0 &&
      (handler.renderEmbedJs?.(javascript.pieces) ?? embeddedJs(javascript.pieces, handler)),
    bodies.join(""),
  ]);
  if (head === "" && body === "") return html;
  const withHead = head === "" ? html : insertBefore(html, "</head>", headEnd(html), head);
  return body === "" ? withHead : insertBefore(withHead, "</body>", bodyEnd(withHead), body);
}

/** The `<link>` tags of style sheets, without repetitions. */
export function linkedCss(files: readonly string[], handler: PageHandler): string {
  return urls(files, handler)
    .map((url) => `<link href="${url}" rel="stylesheet"/>`)
    .join("");
}

/** The `<style>` tag of embedded CSS. */
export function embeddedCss(pieces: readonly string[], handler: PageHandler): string {
  return `<style${nonce(handler)}>\n${pieces.join("\n")}\n</style>`;
}

/** The `<script>` tags of script files, without repetitions. */
export function linkedJs(files: readonly string[], handler: PageHandler): string {
  return urls(files, handler)
    .map((url) => `<script src="${url}"${nonce(handler)}></script>`)
    .join("");
}

/** The `<script>` tag of embedded JavaScript. */
export function embeddedJs(pieces: readonly string[], handler: PageHandler): string {
  return `<script${nonce(handler)}>\n${pieces.join("\n")}\n</script>`;
}

function urls(files: readonly string[], handler: PageHandler): string[] {
  const complete = files.map((file) => (/^(?:\/|https?:)/.test(file) ? file : handler.staticUrl(file)));
  return [...new Set(complete)].map(xhtmlEscape);
}

function nonce({ cspNonce }: PageHandler): string {
  return cspNonce ? ` nonce="${xhtmlEscape(cspNonce)}"` : "";
}

function add(list: string[], given: ResourceFiles | null | undefined): void {
  if (!given) return;
  if (typeof given === "string") list.push(given);
  else list.push(...given);
}

/** Each part that is there, on a line of its own. */
function lines(parts: readonly (string | false)[]): string {
  return parts.map((part) => (part ? `${part}\n` : "")).join("");
}

/** Tags are looked for in the page itself: in a copy in lower case, letters such as İ take more room. */
function headEnd(html: string): number {
  const index = html.indexOf("</head>");
  return index === -1 ? html.search(/<\/head>/i) : index;
}

function bodyEnd(html: string): number {
  const index = html.lastIndexOf("</body>");
  return index === -1 ? ([...html.matchAll(/<\/body>/gi)].at(-1)?.index ?? -1) : index;
}

function insertBefore(html: string, tag: string, index: number, inserted: string): string {
  if (index === -1) {
    throw new TornadoError(
      "PAGE_WITHOUT_TAG",
      `A UI module has resources for the page, but the page has no "${tag}". Add it to the template that you render.`,
    );
  }
  return html.slice(0, index) + inserted + html.slice(index);
}
