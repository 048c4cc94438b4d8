/** Tells an error's stack where in the templates it was thrown, in place of code that was generated from them. */

import { stackLine, type TemplateFrame } from "./errors.js";

/** What development evaluates carries this in front of the template's name. */
export const generatedScript = "tornado-template:";

/** The module into which a build compiles templates; its source map, too, knows it by this name. */
export const builtTemplates = "tornado:templates";

/** The setup file into which a test run compiles them. */
export const testedTemplates = "tornado-templates.mjs";

const scripts = [generatedScript, `${builtTemplates}:`, `${testedTemplates}:`];

/** Puts the places in the templates where the stack shows generated code, which is nobody's. */
export function rewriteStack(error: Error, frames: readonly TemplateFrame[]): void {
  const { stack } = error;
  if (typeof stack !== "string" || frames.length === 0 || !Object.isExtensible(error)) return;
  const lines = stack.split("\n");
  const first = lines.findIndex(isGenerated);
  if (first === -1) {
    // Thrown after a wait, or deeper than a stack is long: what called it comes last.
    error.stack = [stack, ...frames.map(stackLine)].join("\n");
    return;
  }
  // An outer template's code, behind its own call of generate(), is rewritten when the error gets there.
  const beyond = lines.findIndex((line, index) => index > first && /\.generate \(| at async /.test(line));
  const end = beyond === -1 ? lines.length : beyond;
  const others = lines.slice(first + 1, end).filter((line) => !isGenerated(line));
  lines.splice(first, end - first, ...frames.map(stackLine), ...others);
  error.stack = lines.join("\n");
}

function isGenerated(line: string): boolean {
  return line.startsWith("    at ") && scripts.some((script) => line.includes(script));
}
