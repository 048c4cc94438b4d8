/** Colours a line of code for a page: a glance at the words, not a parser. */

import { xhtmlEscape } from "../core/escape.js";

const keywords =
  "abstract as async await break case catch class const continue debugger default delete do else enum export extends false finally for from function get if implements import in instanceof interface let new null of override private protected public readonly return satisfies set static super switch this throw true try type typeof undefined var void while with yield";
const token = new RegExp(
  [
    String.raw`(?<comment>\/\/.*|\/\*.*?(?:\*\/|$)|^\s*\*.*)`,
    String.raw`(?<string>"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|${"`"}(?:[^${"`"}\\]|\\.)*${"`"}?)`,
    String.raw`(?<number>\b\d[\w.]*)`,
    String.raw`(?<keyword>\b(?:${keywords.replaceAll(" ", "|")})\b)`,
    String.raw`(?<type>\b[A-Z]\w*)`,
    String.raw`(?<call>\b[a-z_$][\w$]*(?=\())`,
  ].join("|"),
  "gu",
);
const templateToken =
  /(?<comment>\{#.*?#\}|<!--.*?-->)|(?<keyword>\{%.*?%\})|(?<string>\{\{.*?\}\})|(?<type><\/?[\w-]+|\/?>)/gu;

/** Gives the line as HTML, everything in it escaped. */
export function highlight(line: string, file: string): string {
  const pattern = /\.(?:html?|xml|svg|txt|md)$/.test(file) ? templateToken : token;
  let html = "";
  let end = 0;
  for (const match of line.matchAll(pattern)) {
    const kind = Object.entries(match.groups!).find(([, text]) => text !== undefined)![0];
    html += `${xhtmlEscape(line.slice(end, match.index))}<span class="${kind}">${xhtmlEscape(match[0])}</span>`;
    end = match.index + match[0].length;
  }
  return html + xhtmlEscape(line.slice(end));
}
