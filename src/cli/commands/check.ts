/** `tornado check`: finds the errors of an app without serving it, all of them in one run. */

import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { toError } from "../../core/errors.js";
import type { TemplateError } from "../../core/template/errors.js";
import { terminalStyle } from "../../core/terminal-style.js";
import type { Application } from "../../core/web/application.js";
import { type AppContext, openApp } from "../app-context.js";
import { loadApp } from "../load-app.js";
import { type TypeDiagnostic, TypeScriptCompiler } from "../type-check.js";
import type { TypedTemplates } from "../typed-templates.js";

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
  const [application, app] = await checkApplication(context);
  const compiled = await compileTemplates(root, app);
  const typed = await typedTemplates(root, app, compiled);
  const [types, typeErrors] = await checkTypes(root, typed);
  const typedCount = types.isSkipped ? 0 : (typed?.count ?? 0);
  const missing = await missingTemplates(root, app);
  const findings = [types, application, templateFinding(root, compiled, [...typeErrors, ...missing], typedCount)];

  const style = terminalStyle(process.stdout);
  const width = Math.max(...findings.map(({ subject }) => subject.length)) + 2;
  for (const { subject, errors, remark, isSkipped } of findings) {
    const isGood = errors.length === 0;
    const mark = !isGood ? style.red("✖") : isSkipped ? style.yellow("○") : style.green("✔");
    const result = isGood ? style.dim(remark) : counted(errors.length, "error");
    process.stdout.write(`${mark} ${subject.padEnd(width)}${result}\n`);
    for (const error of errors) process.stdout.write(`  ${error.replaceAll("\n", "\n  ")}\n`);
  }
  return findings.some(({ errors }) => errors.length > 0) ? 1 : 0;
}

/** Uses the app's own compiler, so that the result is that of its editor; also gives what it says about templates. */
async function checkTypes(root: string, templates: TypedTemplates | undefined): Promise<[Finding, TemplateError[]]> {
  const subject = "types";
  const compiler = TypeScriptCompiler.of(root);
  const isConfigured = existsSync(join(root, "tsconfig.json"));
  if (compiler === undefined || !isConfigured) {
    const missing = isConfigured ? "typescript is not installed" : "there is no tsconfig.json";
    return [{ subject, errors: [], remark: `not checked: ${missing}`, isSkipped: true }, []];
  }
  const sources = templates?.isEmpty === false ? await compiler.sourceFiles() : undefined;
  const project = sources === undefined ? root : templates!.write(sources);
  const diagnostics: TypeDiagnostic[] = [];
  const templateErrors: TemplateError[] = [];
  for (const diagnostic of await compiler.check(project)) {
    const translated = templates === undefined ? diagnostic : templates.translate(diagnostic);
    if (translated instanceof Error) templateErrors.push(translated);
    else if (translated !== undefined) diagnostics.push(translated);
  }
  templateErrors.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column);
  return [{ subject, errors: diagnostics.map(({ text }) => text), remark: "no errors" }, templateErrors];
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

/** What became of the templates of a folder. */
interface CompiledTemplates {
  readonly folder: string;
  readonly good: readonly string[];
  readonly errors: readonly Error[];
}

/** Compiles every template on its own, so that one error does not hide another. */
async function compileTemplates(root: string, app: Application | undefined): Promise<CompiledTemplates | undefined> {
  // When the application cannot be made, its templates most likely stand where those of a new app do.
  const { templatePath } = (app?.settings ?? { templatePath: "templates" }) as { templatePath?: unknown };
  const folder = typeof templatePath === "string" ? resolve(root, templatePath) : undefined;
  if (folder === undefined || !existsSync(folder)) return undefined;
  const [{ templateNames }, { AheadOfTimeCompiler }, { unknownModules }] = await Promise.all([
    import("../../bundle/compile-templates.js"),
    import("../../core/template/precompiled.js"),
    import("../unknown-modules.js"),
  ]);
  const compiler = new AheadOfTimeCompiler({ root: folder });
  const known = app === undefined ? undefined : Object.keys(app.uiModules);
  const good: string[] = [];
  const errors: Error[] = [];
  for (const name of templateNames(folder)) {
    try {
      compiler.compile(name);
      good.push(name);
      if (known !== undefined) errors.push(...unknownModules(compiler.parsed(name), known));
    } catch (thrown) {
      errors.push(toError(thrown));
    }
  }
  return { folder, good, errors };
}

/** The templates whose types are to be checked. Without the application nobody knows which names they are given. */
async function typedTemplates(
  root: string,
  app: Application | undefined,
  compiled: CompiledTemplates | undefined,
): Promise<TypedTemplates | undefined> {
  if (app === undefined || compiled === undefined) return undefined;
  const { TypedTemplates } = await import("../typed-templates.js");
  const { folder, good: names } = compiled;
  const typed = new TypedTemplates({ root, folder, names, uiMethods: Object.keys(app.uiMethods) });
  if (typed.isEmpty) typed.remove();
  return typed;
}

/** The templates that are rendered and not there. Without the application nobody knows where they would have to be. */
async function missingTemplates(root: string, app: Application | undefined): Promise<TemplateError[]> {
  // An app may bring a framework that is older than this command.
  if (app?.handlerClasses === undefined) return [];
  const { missingTemplates } = await import("../missing-templates.js");
  return missingTemplates(root, app);
}

function templateFinding(
  root: string,
  compiled: CompiledTemplates | undefined,
  otherErrors: readonly TemplateError[],
  typedCount: number,
): Finding {
  const subject = "templates";
  const errors = [...(compiled?.errors ?? []), ...otherErrors].map((error) => placed(root, error));
  if (compiled === undefined) return { subject, errors, remark: "there are none" };
  const typedRemark = typedCount === 0 ? "" : `, ${typedCount} with types`;
  return { subject, errors: [...new Set(errors)], remark: `${compiled.good.length} compiled${typedRemark}` };
}

/** The message, which says where, and the line below it. */
function placed(root: string, error: Error): string {
  const { file, line, excerpt } = error as Partial<TemplateError>;
  const message =
    file === undefined || error.message.includes(":")
      ? error.message
      : `${relative(root, file)}:${line}: ${error.message}`;
  return excerpt ? `${message}\n  ${excerpt.replace("\n", "\n  ")}` : message;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
