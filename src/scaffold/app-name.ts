/** Judges the name of a new app, which becomes a folder, a package name and a word in a shell. */

import { builtinModules } from "node:module";

/** Longest package name that npm takes. */
const MAX_NAME_LENGTH = 214;

/** Packages that a generated app depends on: npm refuses a package that depends on its own name. */
const TAKEN_NAMES = new Set(["tornado", "create-tornado-app", "typescript", "vitest", "esbuild"]);

/** Names that mean something else to npm, or that Windows keeps for devices. */
const RESERVED_NAME = /^(?:node_modules|favicon\.ico|con|prn|aux|nul|com\d|lpt\d)$/;

/** What is wrong with a name, and the nearest one that is right. */
export interface NameVerdict {
  /** One clause for each fault, such as `it has spaces`. Empty when the name is good. */
  readonly faults: readonly string[];
  readonly corrected: string;
}

interface NameRule {
  readonly fault: string;
  readonly isBroken: (name: string) => boolean;
}

const RULES: readonly NameRule[] = [
  { fault: "it is empty", isBroken: (name) => name === "" },
  { fault: "it has capital letters", isBroken: (name) => /\p{Lu}/u.test(name) },
  { fault: "it has spaces", isBroken: (name) => /\s/.test(name) },
  { fault: "it has control characters", isBroken: (name) => /\p{Cc}/u.test(name) },
  { fault: "it begins with a dot", isBroken: (name) => name.startsWith(".") },
  { fault: "it begins with an underscore", isBroken: (name) => name.startsWith("_") },
  { fault: "it begins with a hyphen", isBroken: (name) => name.startsWith("-") },
  { fault: "it ends with a dot", isBroken: (name) => /[^.]\.+$/.test(name) },
  {
    fault: "only the letters a to z, digits, hyphens, dots and underscores may stand in it",
    isBroken: (name) => /[^a-z0-9._\-\s\p{Lu}\p{Cc}]/u.test(name),
  },
  { fault: `it is longer than ${MAX_NAME_LENGTH} characters`, isBroken: (name) => name.length > MAX_NAME_LENGTH },
  { fault: "it is the name of a Node.js module", isBroken: (name) => builtinModules.includes(name) },
  { fault: "it is a package that the app depends on", isBroken: (name) => TAKEN_NAMES.has(name) },
  { fault: "it is a reserved name", isBroken: (name) => RESERVED_NAME.test(name.toLowerCase()) },
];

/** Says everything that is wrong with the name of an app, and offers a corrected one. */
export function judgeAppName(name: string): NameVerdict {
  const faults = RULES.filter((rule) => rule.isBroken(name)).map((rule) => rule.fault);
  return { faults, corrected: faults.length === 0 ? name : correct(name) };
}

function correct(name: string): string {
  const plain = name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/-{2,}/g, "-")
    .replace(/^[._-]+|[.-]+$/g, "")
    .slice(0, MAX_NAME_LENGTH);
  if (plain === "") return "tornado-app";
  const isTaken = builtinModules.includes(plain) || TAKEN_NAMES.has(plain) || RESERVED_NAME.test(plain);
  return isTaken ? `${plain.replace(/\./g, "-").replaceAll("_", "-")}-app` : plain;
}
