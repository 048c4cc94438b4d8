/** Registers a UI module in the settings of an app. */

import { SourceEdit, Uncertain } from "./source-edit.js";

/**
 * Gives the source of a module in which the settings of `new Application(…)` name one UI module more.
 *
 * @throws Uncertain when the settings are not a plain object there.
 */
export function addModuleSetting(source: string, className: string, importLine: string): string {
  const edit = new SourceEdit(source);
  if (edit.mentions(className)) throw new Uncertain(`it has a ${className} already`);
  const settings = openingOfSettings(edit);
  const close = edit.closingOf(settings);
  const { tokens } = edit;
  const inside = tokens[settings]!.depth + 1;
  const at = tokens.findIndex(
    ({ text, depth }, index) => index > settings && index < close && depth === inside && /^["']?uiModules\b/.test(text),
  );
  if (at === -1) edit.addElement(settings, `uiModules: { ${className} }`);
  else {
    const isPlain = tokens[at + 1]?.text === ":" && tokens[at + 2]?.text === "{";
    const after = isPlain ? tokens[edit.closingOf(at + 2) + 1]?.text : undefined;
    if (after !== "," && after !== "}") throw new Uncertain("its uiModules are not a plain object");
    edit.addElement(at + 2, className);
  }
  edit.addImport(importLine);
  return edit.toString();
}

/** Finds the brace of the second argument of the only `new Application(…)`. */
function openingOfSettings(edit: SourceEdit): number {
  const { tokens } = edit;
  const calls = tokens.flatMap(({ text }, index) =>
    text === "(" && tokens[index - 1]?.text === "Application" && tokens[index - 2]?.text === "new" ? [index] : [],
  );
  const [open] = calls;
  if (open === undefined || calls.length > 1) throw new Uncertain("it does not make one application");
  const inside = tokens[open]!.depth + 1;
  const close = edit.closingOf(open);
  const comma = tokens.findIndex(({ text, depth }, at) => at > open && at < close && text === "," && depth === inside);
  const settings = comma + 1;
  if (comma === -1 || tokens[settings]?.text !== "{") throw new Uncertain("its settings are not a plain object");
  // A comma after the object is one thing; more settings spread behind it would be another.
  const end = edit.closingOf(settings);
  const isLast = end + 1 === close || (tokens[end + 1]?.text === "," && end + 2 === close);
  if (!isLast) throw new Uncertain("its settings are not a plain object");
  return settings;
}
