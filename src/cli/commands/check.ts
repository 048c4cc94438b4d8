/** `tornado check`: finds the errors of an app without serving it, all of them in one run. */

import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { toError } from "../../core/errors.js";
import { terminalStyle } from "../../core/terminal-style.js";
import type { Application } from "../../core/web/application.js";
import { type AppContext, openApp } from "../app-context.js";
import { loadApp } from "../load-app.js";

/** What one part of the check found. */
interface Finding {
  readonly subject: string;
  readonly errors: readonly string[];
  /** Said in place of errors when there are none. */
  readonly remark: string;
  /** Whether nothing was looked at, and so nothing is known to be right. */
  readonly isSkipped?: true;
}

/** Checks types, the application object and every template; gives 1 when anything is wrong. */
export async function check(): Promise<number> {
  const context = await openApp();
  const { root } = context;
  const typesChecked = checkTypes(root);
  const [application, app] = await checkApplication(context);
  const findings = [await typesChecked, application, await checkTemplates(root, app)];

  const style = terminalStyle(process.stdout);
  const width = Math.max(...findings.map(({ subject }) => subject.length)) + 2;
  for (const { subject, errors, remark, isSkipped } of findings) {
    const isGood = errors.length === 0;
    const mark = !isGood ? style.red("✖") : isSkipped ? style.yellow("○") : style.green("✔");
    const result = isGood ? style.dim(remark) : counted(errors.length, "error");
    process.stdout.write(`${mark} ${subject.padEnd(width)}${result}\n`);
    for (const error of errors) process.stdout.write(`  ${error}\n`);
  }
  return findings.some(({ errors }) => errors.length > 0) ? 1 : 0;
}

/** Uses the app's own compiler, so that the result is that of its editor. */
async function checkTypes(root: string): Promise<Finding> {
  const compiler = findUpwards(root, join("node_modules", "typescript", "bin", "tsc"));
  const isConfigured = existsSync(join(root, "tsconfig.json"));
  if (compiler === undefined || !isConfigured) {
    const missing = isConfigured ? "typescript is not installed" : "there is no tsconfig.json";
    return { subject: "types", errors: [], remark: `not checked: ${missing}`, isSkipped: true };
  }
  const child = spawn(process.execPath, [compiler, "--noEmit", "--pretty", "false", "-p", root], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const exitCode = await new Promise<number | null>((done, fail) => child.once("error", fail).once("close", done));
  // A line that begins with a space explains the one before it.
  const errors = output.split("\n").reduce<string[]>((found, line) => {
    if (/^\s/.test(line) && found.length > 0) found[found.length - 1] += `\n  ${line}`;
    else if (line !== "") found.push(line);
    return found;
  }, []);
  if (exitCode !== 0 && errors.length === 0) errors.push(`tsc failed with exit code ${exitCode} and said nothing.`);
  return { subject: "types", errors, remark: "no errors" };
}

/** Makes the application as production would: a weak secret or a wrong setting shows here. */
async function checkApplication(context: AppContext): Promise<[Finding, Application | undefined]> {
  const subject = "application";
  try {
    const app = await loadApp(context, false);
    return [{ subject, errors: [], remark: counted(app.describeRoutes().length, "route") }, app];
  } catch (thrown) {
    const error = toError(thrown);
    const problems = (
      error as { problems?: readonly { file: string; line: number; column: number; message: string }[] }
    ).problems;
    const errors = problems?.map(({ file, line, column, message }) =>
      line === 0 ? message : `${file}:${line}:${column}: ${message}`,
    );
    return [{ subject, errors: errors ?? [error.message], remark: "" }, undefined];
  }
}

/** Compiles every template on its own, so that one error does not hide another. */
async function checkTemplates(root: string, app: Application | undefined): Promise<Finding> {
  const subject = "templates";
  // When the application cannot be made, its templates most likely stand where those of a new app do.
  const { templatePath } = (app?.settings ?? { templatePath: "templates" }) as { templatePath?: unknown };
  const folder = typeof templatePath === "string" ? resolve(root, templatePath) : undefined;
  if (folder === undefined || !existsSync(folder)) return { subject, errors: [], remark: "there are none" };
  const { compileTemplateToSource } = await import("../../core/template/precompiled.js");
  const names = filesBelow(folder);
  const errors: string[] = [];
  for (const name of names) {
    try {
      compileTemplateToSource({ root: folder, name });
    } catch (thrown) {
      errors.push(placed(root, toError(thrown)));
    }
  }
  return { subject, errors: [...new Set(errors)], remark: `${names.length} compiled` };
}

function placed(root: string, error: Error): string {
  const { file, line } = error as { file?: string; line?: number };
  if (file === undefined || error.message.includes(":")) return error.message;
  return `${relative(root, file)}:${line}: ${error.message}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function filesBelow(folder: string, path = ""): string[] {
  return readdirSync(join(folder, path), { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith(".")) return [];
    const name = path === "" ? entry.name : `${path}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(folder, name) : [name];
  });
}

function findUpwards(from: string, path: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, path))) return join(folder, path);
    if (folder === dirname(folder)) return undefined;
  }
}
