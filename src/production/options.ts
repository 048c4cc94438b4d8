/** The options of a production start: one table for the command line, the environment, files and the help text. */

import { parseArgs } from "node:util";
import { TornadoError } from "../core/errors.js";

/** What `tornado start` and `node dist/server.js` can be told. Durations are seconds. */
export interface StartOptions {
  /** Number of workers; 0 is one per CPU, 1 is none beside the server itself. */
  readonly fork: number;
  readonly port: number;
  /** Address to listen on; all of the machine's when it is not given. */
  readonly host: string | undefined;
  /** Path of a unix socket to listen on, in place of a port. */
  readonly unixSocket: string | undefined;
  readonly xheaders: boolean;
  readonly gracefulTimeout: number;
  readonly maxRestarts: number;
  readonly heartbeatTimeout: number;
  readonly bootTimeout: number;
  readonly metricsPort: number | undefined;
  readonly sslCert: string | undefined;
  readonly sslKey: string | undefined;
  readonly logFormat: "pretty" | "json";
  readonly transport: "sockets" | "node";
}

/** One option, as a command line, an environment variable and a help text need it. */
export interface OptionDescription {
  /** Its key in {@link StartOptions} and in the `start` section of tornado.config.ts. */
  readonly name: keyof StartOptions;
  /** On the command line, without the dashes. */
  readonly flag: string;
  /** Environment variable. */
  readonly env: string;
  readonly type: "integer" | "seconds" | "boolean" | "string";
  /** `undefined` when the option is off unless given. */
  readonly default: number | boolean | string | undefined;
  /** What stands for the value in the help; none for a boolean. */
  readonly placeholder?: string;
  readonly description: string;
  /** Smallest and largest number allowed. */
  readonly range?: readonly [number, number];
  /** The only words allowed. */
  readonly choices?: readonly string[];
}

type Details = Omit<OptionDescription, "name" | "flag" | "env">;

const portRange = [0, 65_535] as const;
/** Timers of Node hold at most 2^31 - 1 milliseconds. */
const secondsRange = [0, 2_000_000] as const;

/** Every option of a production start, in the order of the help text. */
export const startOptions: readonly OptionDescription[] = [
  option("fork", {
    type: "integer",
    default: 1,
    placeholder: "<n>",
    range: [0, 1024],
    description: "number of workers; 0 is one per CPU, 1 serves without a supervisor",
  }),
  option("port", {
    type: "integer",
    default: 8888,
    placeholder: "<port>",
    range: portRange,
    description: "port to listen on; 0 is any free one",
  }),
  option("host", {
    type: "string",
    default: undefined,
    placeholder: "<address>",
    description: "address to listen on (default: all of this machine)",
  }),
  option("unixSocket", {
    type: "string",
    default: undefined,
    placeholder: "<path>",
    description: "listen on a unix socket in place of a port",
  }),
  option("xheaders", {
    type: "boolean",
    default: false,
    description: "believe X-Real-Ip, X-Forwarded-For and X-Scheme; only behind a proxy that sets them",
  }),
  option("gracefulTimeout", {
    type: "seconds",
    default: 30,
    placeholder: "<seconds>",
    range: secondsRange,
    description: "time for requests in flight when stopping or reloading",
  }),
  option("maxRestarts", {
    type: "integer",
    default: 100,
    placeholder: "<n>",
    range: [0, Number.MAX_SAFE_INTEGER],
    description: "give up after so many restarts of workers without a healthy minute between",
  }),
  option("heartbeatTimeout", {
    type: "seconds",
    default: 10,
    placeholder: "<seconds>",
    range: secondsRange,
    description: "replace a worker whose event loop hangs for so long; 0 is never",
  }),
  option("bootTimeout", {
    type: "seconds",
    default: 60,
    placeholder: "<seconds>",
    range: secondsRange,
    description: "time for a worker to become ready; 0 is no limit",
  }),
  option("metricsPort", {
    type: "integer",
    default: undefined,
    placeholder: "<port>",
    range: portRange,
    description: "serve Prometheus metrics on this port of the loopback interface",
  }),
  option("sslCert", {
    type: "string",
    default: undefined,
    placeholder: "<file>",
    description: "certificate (PEM); serves HTTPS together with --ssl-key",
  }),
  option("sslKey", {
    type: "string",
    default: undefined,
    placeholder: "<file>",
    description: "private key of the certificate (PEM)",
  }),
  option("logFormat", {
    type: "string",
    default: "pretty",
    placeholder: "<format>",
    choices: ["pretty", "json"],
    description: "form of the log lines: pretty or json",
  }),
  option("transport", {
    type: "string",
    default: "sockets",
    placeholder: "<name>",
    choices: ["sockets", "node"],
    description: "who speaks HTTP: sockets is Tornado's own, node is node:http",
  }),
];

/** Reads the words of a command line. An unknown word or a missing value throws TornadoError `BAD_OPTION`. */
export function parseStartArguments(args: readonly string[]): { options: Partial<StartOptions>; help: boolean } {
  const flags = Object.fromEntries(
    startOptions.map(({ flag, type }) => [flag, { type: type === "boolean" ? "boolean" : "string" } as const]),
  );
  try {
    const { values } = parseArgs({ args: [...args], options: { ...flags, help: { type: "boolean", short: "h" } } });
    const options = collect((one) => ({ value: Reflect.get(values, one.flag), source: `--${one.flag}` }));
    return { options, help: values.help === true };
  } catch (error) {
    if (error instanceof TornadoError) throw error;
    // What parseArgs says names the word at fault, in up to three lines.
    throw new TornadoError("BAD_OPTION", (error as Error).message.replaceAll("\n", " "), { cause: error });
  }
}

/** Reads the options that an environment sets; an empty variable counts as not set. */
export function startOptionsFromEnvironment(environment: NodeJS.ProcessEnv): Partial<StartOptions> {
  return collect(({ env }) => ({ value: environment[env] || undefined, source: env }));
}

/**
 * Puts options together and checks them; of two sources that set the same option, the first counts.
 *
 * @throws TornadoError `BAD_OPTION` that names the option.
 */
export function resolveStartOptions(...sources: readonly Partial<StartOptions>[]): StartOptions {
  const given = collect((one) => ({
    value: sources.find((source) => source[one.name] !== undefined)?.[one.name],
    source: `"${one.name}"`,
  }));
  const defaults = Object.fromEntries(startOptions.map(({ name, default: value }) => [name, value]));
  const options = { ...defaults, ...given } as unknown as StartOptions;
  if ((options.sslCert === undefined) !== (options.sslKey === undefined)) {
    const missing = options.sslCert === undefined ? "--ssl-cert" : "--ssl-key";
    throw new TornadoError("BAD_OPTION", `HTTPS needs a certificate and its key. Add ${missing}, or remove the other.`);
  }
  return options;
}

/** The help text of the options, a line each. */
export function describeStartOptions(): string {
  const rows = startOptions.map((one) => {
    const usage = `--${one.flag}${one.placeholder === undefined ? "" : ` ${one.placeholder}`}`;
    const byDefault = one.default === undefined || one.default === false ? "" : ` (default: ${one.default})`;
    return [usage, `${one.description}${byDefault} [${one.env}]`] as const;
  });
  const width = Math.max(...rows.map(([usage]) => usage.length));
  return rows.map(([usage, text]) => `  ${usage.padEnd(width)}  ${text}`).join("\n");
}

function option(name: keyof StartOptions, details: Details): OptionDescription {
  const words = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return { name, flag: words, env: `TORNADO_${words.replaceAll("-", "_").toUpperCase()}`, ...details };
}

function collect(
  find: (one: OptionDescription) => { readonly value: unknown; readonly source: string },
): Partial<StartOptions> {
  const found: Record<string, unknown> = {};
  for (const one of startOptions) {
    const { value, source } = find(one);
    if (value !== undefined) found[one.name] = parseValue(one, value, source);
  }
  return found;
}

function parseValue(one: OptionDescription, value: unknown, source: string): number | boolean | string {
  const wrong = (wanted: string) =>
    new TornadoError("BAD_OPTION", `${source} is ${JSON.stringify(value)}. Give it ${wanted}.`);
  if (one.type === "boolean") {
    if (typeof value === "boolean") return value;
    if (/^(1|true|yes|on)$/i.test(String(value))) return true;
    if (/^(0|false|no|off)$/i.test(String(value))) return false;
    throw wrong("true or false");
  }
  if (one.type === "string") {
    if (typeof value !== "string" || value === "") throw wrong("a value");
    if (one.choices?.includes(value) === false) throw wrong(`one of: ${one.choices.join(", ")}`);
    return value;
  }
  const [least, most] = one.range ?? [0, Number.MAX_SAFE_INTEGER];
  const kind = one.type === "integer" ? "a whole number" : "a number of seconds";
  const isPlain = typeof value === "number" || /^\d+(\.\d+)?$/.test(String(value));
  const number = Number(value);
  const isRight =
    isPlain && number >= least && number <= most && (one.type === "seconds" || Number.isSafeInteger(number));
  if (!isRight) throw wrong(most === Number.MAX_SAFE_INTEGER ? kind : `${kind} from ${least} to ${most}`);
  return number;
}
