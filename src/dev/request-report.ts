/** Describes the request in which an error happened, for the error page, with every secret masked. */

import { packageVersion } from "../bundle/tornado-resolver.js";
import { isSecretName, isSecretQueryName, redacted, redactUrl, redactValue } from "../core/redact.js";
import type { RequestHandler } from "../core/web/request-handler.js";
import type { ErrorReport, ReportedError, ReportSection } from "./error-report.js";
import { addSecret, maskSecrets, secretsOfApp } from "./secret-masking.js";

const MAX_VALUE_LENGTH = 2000;
/** A value signed by `setSignedCookie` is what proves who somebody is. */
const signedValue = /^2\|\d+:/;

/** Makes the report of an error that ended a request. */
export function reportRequestError(
  handler: RequestHandler,
  status: number,
  errors: readonly ReportedError[],
): ErrorReport {
  const { request } = handler;
  const report: ErrorReport = {
    kind: "request",
    status,
    request: `${request.method} ${redactUrl(request.uri)}`,
    handler: `${handler.constructor.name}.${request.method.toLowerCase()}`,
    errors,
    sections: [
      { title: "Request", rows: requestRows(handler) },
      { title: "Query arguments", rows: argumentRows(request.queryArguments, isSecretQueryName) },
      { title: "Form arguments", rows: argumentRows(request.bodyArguments, isSecretName) },
      { title: "Files", rows: fileRows(handler) },
      { title: "Body", rows: bodyRows(handler) },
      {
        title: "Cookies",
        rows: [...request.cookies].map(([name, value]) => [name, cookieValue(name, value)] as const),
      },
      {
        title: "Headers",
        rows: [...request.headers.getAll()].map(([name, value]) => [name, masked(name, value)] as const),
      },
      { title: "Settings", rows: settingRows(handler.settings) },
      {
        title: "Versions",
        rows: [
          ["Tornado", packageVersion],
          ["Node.js", process.version],
          ["System", `${process.platform} ${process.arch}`],
        ],
      },
    ],
  };
  return maskSecrets(report, knownSecrets(handler));
}

/** Shows the settings of an app, with every secret masked. */
export function reportSettings(settings: Readonly<Record<string, unknown>>): ReportSection["rows"] {
  return maskSecrets(settingRows(settings), secretsOfApp(settings));
}

function requestRows({ request, pathArgs, pathKwargs }: RequestHandler): ReportSection["rows"] {
  const path = pathKwargs !== undefined && pathKwargs !== null ? pathKwargs : pathArgs;
  const hasArguments = path !== undefined && Object.keys(path).length > 0;
  return [
    ["From", request.remoteIp],
    ["Protocol", `${request.protocol}, ${request.version}`],
    ...(hasArguments ? [["Path arguments", shown(path)] as const] : []),
    ["After", `${(request.requestTime() * 1000).toFixed(1)} ms`],
  ];
}

function argumentRows(
  values: ReadonlyMap<string, readonly Buffer[]>,
  isSecret: (name: string) => boolean,
): ReportSection["rows"] {
  return [...values].map(([name, all]) => {
    const text = all.map((value) => value.toString()).join(", ");
    return [name, isSecret(name) ? redacted : masked(name, text)] as const;
  });
}

function fileRows({ request }: RequestHandler): ReportSection["rows"] {
  return [...request.files].flatMap(([field, files]) =>
    files.map((file) => [field, `${file.filename}, ${file.contentType}, ${file.body.length} bytes`] as const),
  );
}

/** A form is shown by its arguments; JSON with its secrets masked; of anything else the size. */
function bodyRows({ request }: RequestHandler): ReportSection["rows"] {
  const type = request.headers.get("Content-Type") ?? "";
  if (request.body.length === 0 || /^(?:multipart\/|application\/x-www-form-urlencoded)/i.test(type)) return [];
  const size = `${request.body.length} bytes`;
  if (!/json/i.test(type)) return [[type === "" ? "Content" : type, size]];
  try {
    return [[`${type}, ${size}`, shown(redactValue(JSON.parse(request.body.toString())))]];
  } catch {
    return [[`${type}, ${size}`, "(not JSON)"]];
  }
}

function cookieValue(name: string, value: string): string {
  return signedValue.test(value.replace(/^"/, "")) ? redacted : masked(name, value);
}

/** What was set; an empty list or object, as every app has some, says nothing. */
function settingRows(settings: Readonly<Record<string, unknown>>): ReportSection["rows"] {
  return Object.entries(settings)
    .filter(([, value]) => value !== undefined && !isEmpty(value))
    .map(([name, value]) => [name, namesOf(value) ?? shown(redactValue(value, name))] as const);
}

function isEmpty(value: unknown): boolean {
  if (value instanceof Map || value instanceof Set) return value.size === 0;
  return typeof value === "object" && value !== null && isPlain(value) && Object.keys(value).length === 0;
}

/** Of UI modules, transforms and the like it is the names that tell something. */
function namesOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !isPlain(value)) return undefined;
  const entries = Object.entries(value);
  if (!entries.every(([, part]) => typeof part === "function")) return undefined;
  const names = entries.map(([name, part]) =>
    Array.isArray(value) || part.name === name ? part.name || "function" : `${name} (${part.name || "function"})`,
  );
  return names.join(", ");
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

function masked(name: string, value: string): string {
  return isSecretName(name) ? redacted : shorten(redactUrl(value));
}

function shown(value: unknown): string {
  if (typeof value === "string") return shorten(value);
  if (typeof value === "function") return `[${value.name || "function"}]`;
  try {
    return shorten(JSON.stringify(value, withNames, 2) ?? String(value));
  } catch {
    return String(value);
  }
}

/** JSON knows neither of them, and would leave out the one and stop at the other. */
function withNames(_: string, value: unknown): unknown {
  if (typeof value === "function") return `[${value.name || "function"}]`;
  return typeof value === "bigint" ? `${value}n` : value;
}

function shorten(text: string): string {
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}… (${text.length} characters)` : text;
}

/** What must not be seen wherever it stands: in a message, in a line of code, in a value of a harmless name. */
function knownSecrets({ settings, request }: RequestHandler): ReadonlySet<string> {
  const secrets = secretsOfApp(settings);
  for (const [name, value] of request.headers.getAll()) {
    // Of "Bearer abc" it is the second word that opens doors.
    if (isSecretName(name) && name.toLowerCase() !== "cookie")
      for (const part of [value, ...value.split(" ")]) addSecret(secrets, part);
  }
  for (const [name, value] of request.cookies) if (cookieValue(name, value) === redacted) addSecret(secrets, value);
  for (const values of [request.queryArguments, request.bodyArguments]) {
    for (const [name, all] of values)
      if (isSecretName(name)) for (const value of all) addSecret(secrets, value.toString());
  }
  return secrets;
}
