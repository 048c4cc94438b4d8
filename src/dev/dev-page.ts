/** The frame of every page of the dev server: self-contained, readable without JavaScript, in light and dark, at any width. */

import { xhtmlEscape } from "../core/escape.js";
import { pageStyle } from "./page-style.js";

export interface DevPage {
  /** Random text that admits the page's own style and script, and no other. */
  readonly nonce: string;
  readonly title: string;
  /** What the page adds to the style that all pages share. */
  readonly style: string;
  /** HTML; whoever makes it has escaped what is in it. */
  readonly content: string;
  /** HTML behind the content, such as the live reload script. */
  readonly trailer?: string | undefined;
  readonly script?: string | undefined;
}

/** The `Content-Security-Policy` of the pages: nothing runs that the page itself did not bring. */
export function devPagePolicy(nonce: string): string {
  return (
    `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; connect-src 'self'; ` +
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
  );
}

/** Draws a page. */
export function devPage({ nonce, title, style, content, trailer = "", script }: DevPage): string {
  const scriptElement = script === undefined ? "" : `<script nonce="${nonce}">${script}</script>`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${xhtmlEscape(title.slice(0, 200))}</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='7' fill='%23d6293e'/%3E%3C/svg%3E">
<style nonce="${nonce}">${pageStyle}${style}</style>
</head>
<body>
<main>
${content}
</main>
${scriptElement}
${trailer}
</body>
</html>
`;
}
