/** `tornado generate template`: a page, inside the layout of the app if it has one. */

import type { GeneratedApp, Generation } from "./generation.js";
import { thingName } from "./thing-name.js";

/** Generates an HTML template. */
export function generateTemplate(app: GeneratedApp, typedName: string | undefined): Generation {
  const { path, lastPart, upwards } = thingName("template", typedName?.replace(/\.html$/, ""));
  const words = lastPart.replaceAll("-", " ");
  const title = words[0]!.toUpperCase() + words.slice(1);
  const layout = app.read("templates/layout.html");
  const content = layout === undefined ? wholePage(title) : pageIn(layout, upwards, title);
  return {
    created: { [`templates/${path}.html`]: content },
    changed: {},
    notes: [`Use it in a handler:\n  return this.render("${path}.html");`],
  };
}

/** Fills the blocks of the layout: the title, and the one for the content. */
function pageIn(layout: string, upwards: string, title: string): string {
  const blocks = [...layout.matchAll(/\{%\s*block\s+([^\s%]+)\s*%\}/g)].map((match) => match[1]!);
  const content =
    ["main", "content", "body"].find((name) => blocks.includes(name)) ?? blocks.find((name) => name !== "title");
  const parts = [`{% extends "${upwards === "./" ? "" : upwards}layout.html" %}`];
  if (blocks.includes("title")) parts.push(`{% block title %}${title}{% end %}`);
  if (content !== undefined) parts.push(`{% block ${content} %}\n<h1>${title}</h1>\n{% end %}`);
  return `${parts.join("\n\n")}\n`;
}

function wholePage(title: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
  </head>
  <body>
    <h1>${title}</h1>
  </body>
</html>
`;
}
