/** The names that every template knows, and the lookup of all others. */

import { jsonEncode, linkify, squeeze, urlEscape, xhtmlEscape } from "../escape.js";
import { fill } from "../locale/locale.js";
import type { TemplateNamespace } from "./compiled-template.js";

/** Functions that templates have without being given them: those of `tornado/escape`, and what finishes a translation. */
const ownFunctions: TemplateNamespace = Object.assign(Object.create(null), {
  escape: xhtmlEscape,
  xhtmlEscape,
  urlEscape,
  jsonEncode,
  squeeze,
  linkify,
  fill,
});

/** The part of JavaScript itself that templates see: values and pure functions, nothing that reaches the process. */
const javascript: TemplateNamespace = Object.assign(Object.create(null), {
  Array,
  BigInt,
  Boolean,
  Date,
  Error,
  Intl,
  JSON,
  Map,
  Math,
  Number,
  Object,
  Promise,
  RangeError,
  RegExp,
  Set,
  String,
  Symbol,
  SyntaxError,
  TypeError,
  URL,
  URLSearchParams,
  decodeURI,
  decodeURIComponent,
  encodeURI,
  encodeURIComponent,
  isFinite,
  isNaN,
  parseFloat,
  parseInt,
});

/** Says whether a name is one of JavaScript's own that templates see. */
export function isJavaScriptName(name: string): boolean {
  return name in javascript;
}

/** Found instead of a value when no namespace has the name. */
export const unknown: unique symbol = Symbol("unknown name");

/** Looks a name up: the template's own namespace wins over its loader's, that over ours, and last comes JavaScript. */
export function lookUp(name: string, namespace: TemplateNamespace, loaderNamespace: TemplateNamespace): unknown {
  const value = namespace[name];
  if (value !== undefined && !(name in objectPrototype)) return value;
  if (hasName(namespace, name)) return value;
  if (hasName(loaderNamespace, name)) return loaderNamespace[name];
  if (name in ownFunctions) return ownFunctions[name];
  return name in javascript ? javascript[name] : unknown;
}

const objectPrototype = Object.prototype as unknown as TemplateNamespace;

/** Says whether an object has the name itself or by inheritance, but not merely as every object has `toString`. */
export function hasName(namespace: TemplateNamespace, name: string): boolean {
  if (!(name in namespace)) return false;
  if (!(name in objectPrototype)) return true;
  for (let one: object | null = namespace; one !== null && one !== objectPrototype; one = Object.getPrototypeOf(one)) {
    // A class's own "constructor" is not meant for templates either.
    if (Object.hasOwn(one, name)) return name !== "constructor" || one === namespace;
  }
  return false;
}

/** All names that a template knows, for suggestions. */
export function knownNames(namespace: TemplateNamespace, loaderNamespace: TemplateNamespace): string[] {
  const names: string[] = [];
  for (const one of [namespace, loaderNamespace, ownFunctions]) for (const name in one) names.push(name);
  return [...names, ...Object.keys(javascript)];
}
