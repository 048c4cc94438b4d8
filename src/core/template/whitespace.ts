/** The three ways in which the white space of a template's text may be kept. */

import { TornadoError } from "../errors.js";

/** `all` keeps it; `single` makes a run one blank, or one line break if it has any; `oneline` makes every run one blank. */
export type WhitespaceMode = "all" | "single" | "oneline";

/** Says whether a word names a way to treat white space. */
export function isWhitespaceMode(word: string): word is WhitespaceMode {
  return word === "all" || word === "single" || word === "oneline";
}

/** Treats the white space of a text in one of the three ways. */
export function filterWhitespace(mode: WhitespaceMode, text: string): string {
  switch (mode) {
    case "all":
      return text;
    case "single":
      return text.replace(/\s+/g, (run) => (run.includes("\n") ? "\n" : run.replace(/[\t ]+/g, " ")));
    case "oneline":
      return text.replace(/\s+/g, " ");
    default:
      throw new TornadoError(
        "TEMPLATE_WHITESPACE",
        `"${String(mode)}" is no way to treat white space. Use "all", "single" or "oneline".`,
      );
  }
}

/** The way for a file that does not say: HTML and JavaScript do not need theirs. */
export function defaultWhitespace(name: string): WhitespaceMode {
  return name.endsWith(".html") || name.endsWith(".js") ? "single" : "all";
}
