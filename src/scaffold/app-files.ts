/** The files of a new app: those of its template, with its name, its dependency and its secret filled in. */

import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { AppTemplate } from "./app-templates.js";
import { inWordsOf, type PackageManager } from "./package-manager.js";

/** One file to be made. */
export interface AppFile {
  /** Relative to the app's root, with forward slashes. */
  readonly path: string;
  readonly content: Buffer;
  /** Permissions, where they are not what the system gives a new file. */
  readonly mode?: number;
}

/** What a template cannot know. */
export interface AppDetails {
  readonly name: string;
  /** Version of the dependency called `tornado`. */
  readonly dependency: string;
  readonly packageManager: PackageManager;
}

/** What lies in a template's folder after somebody has run it there, and the file that only describes it. */
const NOT_COPIED = new Set([
  "template.json",
  "node_modules",
  "dist",
  "coverage",
  ".tornado",
  ".env",
  "package-lock.json",
]);

/** Bytes of a cookie secret, twice what production asks for. */
const SECRET_BYTES = 64;

/** npm takes some dot files out of every package, so templates store them with this in place of the dot. */
const STORED_DOT = /^_/;

/** Makes the list of a new app's files, in the order of their paths. */
export function appFiles(template: AppTemplate, details: AppDetails): AppFile[] {
  const files = filesIn(template.folder, "").map(({ path, content }): AppFile => {
    if (path === "package.json") return { path, content: text(fillPackage(content.toString("utf8"), details)) };
    if (path === "README.md") return { path, content: text(fillReadme(content.toString("utf8"), details)) };
    return { path, content };
  });
  files.push({ path: ".env", content: text(secretsFile()), mode: 0o600 });
  for (const [path, content] of Object.entries(details.packageManager.extraFiles))
    files.push({ path, content: text(content) });
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Makes a secret that signs cookies, in characters that need no quoting anywhere. */
export function makeSecret(): string {
  return randomBytes(SECRET_BYTES).toString("base64url");
}

function filesIn(root: string, folder: string): AppFile[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry): AppFile[] => {
    if (NOT_COPIED.has(entry.name)) return [];
    const stored = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesIn(root, stored);
    const name = entry.name.replace(STORED_DOT, ".");
    return [{ path: folder === "" ? name : `${folder}/${name}`, content: readFileSync(join(root, stored)) }];
  });
}

function fillPackage(content: string, details: AppDetails): string {
  const manifest = JSON.parse(content) as { name: string; dependencies: Record<string, string> };
  manifest.name = details.name;
  manifest.dependencies.tornado = details.dependency;
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

function fillReadme(content: string, details: AppDetails): string {
  return inWordsOf(details.packageManager, content.replace(/^# .*/, `# ${details.name}`));
}

function secretsFile(): string {
  return `# Secrets of this machine. Git ignores this file; .env.example names what belongs here.\nCOOKIE_SECRET=${makeSecret()}\n`;
}

function text(content: string): Buffer {
  return Buffer.from(content, "utf8");
}
