/** `tornado shell`: Node's prompt with the app at hand, made and started but not listening. */

import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { type REPLEval, type REPLServer, Recoverable, start } from "node:repl";
import { PassThrough, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { entryPoints } from "../../bundle/tornado-resolver.js";
import { terminalStyle } from "../../core/terminal-style.js";
import type { Application } from "../../core/web/application.js";
import { openApp } from "../app-context.js";
import { loadApp } from "../load-app.js";

/** Stands for the app in the addresses of requests. */
const APP_URL = "http://127.0.0.1";

/** Runs until the input ends; gives the exit code. */
export async function shell(): Promise<number> {
  const context = await openApp({ isDevelopment: true });
  const app = await loadApp(context, true);
  await app.start();
  const names = { ...(await webNames()), ...requestsTo(app), app };
  const isInteractive = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const exitCode = isInteractive ? await converse(names, context.root) : await runInput(names);
  await app.shutdown();
  return exitCode;
}

/** Everything that an app may import from `tornado/web`. */
async function webNames(): Promise<Names> {
  return (await import(pathToFileURL(entryPoints.get("tornado/web")!).href)) as Names;
}

/** What an expression may use, by name. */
type Names = Readonly<Record<string, unknown>>;

async function converse(names: Names, root: string): Promise<number> {
  process.stdout.write(welcome());
  const prompt = start();
  define(prompt, names);
  keepHistory(prompt, join(root, ".tornado", "shell-history"));
  await once(prompt, "exit");
  return 0;
}

/** Runs what is piped in, a line after the other: the prompt itself would not wait for what a line awaits. */
async function runInput(names: Names): Promise<number> {
  const lines = (await text(process.stdin)).split("\n");
  const input = new PassThrough();
  let failures = 0;
  let lastValue: unknown;
  let unfinished: Error | undefined;
  const next = () => void setImmediate(() => (lines.length > 0 ? input.write(`${lines.shift()}\n`) : input.end()));
  const prompt = start({
    input,
    output: withoutPrompts(process.stdout),
    prompt: "",
    terminal: false,
    ignoreUndefined: true,
    writer(value: unknown) {
      // What was thrown is shown without having been anybody's value.
      if (value !== lastValue) {
        failures += 1;
        next();
      }
      return inspect(value);
    },
  });
  const evaluate = prompt.eval;
  const evaluateAndGoOn: REPLEval = function (code, context, file, done) {
    evaluate.call(this, code, context, file, (error, value) => {
      lastValue = value;
      unfinished = error instanceof Recoverable ? error.err : undefined;
      done(error, value);
      if (error === null || error instanceof Recoverable) next();
    });
  };
  Object.assign(prompt, { eval: evaluateAndGoOn });
  define(prompt, names);
  next();
  await once(prompt, "exit");
  if (unfinished !== undefined) process.stdout.write(`Uncaught ${unfinished.name}: ${unfinished.message}\n`);
  return failures > 0 || unfinished !== undefined ? 1 : 0;
}

/** The prompt of a line that goes on is written also where there is nobody to prompt. */
function withoutPrompts(output: NodeJS.WritableStream): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: string, encoding, done) {
      if (/^(?:\.\.\. |\| )$/.test(chunk)) done();
      else output.write(chunk, encoding, () => done());
    },
  });
}

function define(prompt: REPLServer, names: Names): void {
  for (const [name, value] of Object.entries(names)) {
    Object.defineProperty(prompt.context, name, { value, writable: true, enumerable: true, configurable: true });
  }
}

function welcome(): string {
  const { bold, dim } = terminalStyle(process.stdout);
  return `${bold("app")} ${dim("is the application,")} ${bold('await get("/")')} ${dim("shows what a path answers, Ctrl-D ends.")}\n`;
}

/** What sends requests to the app: through its whole journey, but for the socket. */
function requestsTo(app: Application) {
  const send = async (address: string | URL | Request, options?: RequestInit): Promise<Response> => {
    if (typeof address !== "string" || !address.startsWith("/")) return await fetch(address, options);
    return await app.fetch(new Request(APP_URL + address, options));
  };
  const get = async (path: string): Promise<string> => await (await send(path)).text();
  return { fetch: send, get };
}

function keepHistory(prompt: REPLServer, file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  prompt.setupHistory(file, (error) => {
    if (error !== null) process.stderr.write(`What is typed will not be remembered: ${error.message}\n`);
  });
}
