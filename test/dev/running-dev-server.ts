/** A small app in a folder of its own, served by a real `tornado dev` in a process of its own. */

import { existsSync } from "node:fs";
import { mkdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Program } from "../support/program.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const devServer = resolve(import.meta.dirname, "../../dist/dev/dev-server.js");

/** What the browser of these tests is, where it is installed. */
export const chromium = "/usr/bin/chromium";

export interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

export type Files = Readonly<Record<string, string>>;

/** An app with one handler, whose answer is a constant of a module of its own. */
export const smallApp: Files = {
  "package.json": '{ "name": "small", "type": "module" }',
  "src/word.ts": 'export const word: string = "first";\n',
  "src/app.ts": `import { Application, RequestHandler } from "tornado/web";
import { word } from "./word.js";

class Home extends RequestHandler {
  override get(): void {
    this.write(word);
  }
}

class Page extends RequestHandler {
  override async get(): Promise<void> {
    await this.render("page.html", { word });
  }
}

class Slow extends RequestHandler {
  override async get(): Promise<void> {
    this.write("slow ");
    await this.flush();
    await new Promise((resolve) => setTimeout(resolve, 400));
    this.write(word);
  }
}

class Boom extends RequestHandler {
  override get(): void {
    const session = this.getCookie("session");
    throw new TypeError(\`<b>boom</b> \${session}\`, { cause: new Error("the deeper reason") });
  }
}

class Loop extends RequestHandler {
  override async get(): Promise<void> {
    this.write("looping");
    await this.flush();
    for (;;) {}
  }
}

class Exit extends RequestHandler {
  override get(): void {
    process.exit(3);
  }
}

export function makeApp({ debug }: { debug: boolean }): Application {
  const routes = [["/", Home], ["/page", Page], ["/slow", Slow], ["/boom", Boom], ["/loop", Loop], ["/exit", Exit]];
  return new Application(routes, {
    debug,
    templatePath: "templates",
    staticPath: "static",
    cookieSecret: "a secret that nobody may see 0123456789",
    greeting: process.env.GREETING,
  });
}
`,
  "templates/page.html": `<!doctype html>
<html>
<head><link rel="stylesheet" href="{{ staticUrl("app.css") }}"></head>
<body><h1>page {{ word }} {{ handler.settings.greeting }}</h1></body>
</html>
`,
  "static/app.css": "h1 { color: rgb(1, 2, 3); }\n",
};

export async function writeFiles(root: string, files: Files): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

/** Served app; `await using` ends the server and removes the folder. */
export class RunningDevServer implements AsyncDisposable {
  readonly root: string;
  readonly program: Program;
  readonly port: number;
  readonly #files: Files;
  readonly #folder: AsyncDisposable;
  #saidBefore = { stdout: 0, stderr: 0 };

  private constructor(root: string, files: Files, program: Program, port: number, folder: AsyncDisposable) {
    this.root = root;
    this.program = program;
    this.port = port;
    this.#files = files;
    this.#folder = folder;
  }

  /**
   * @param options - Merged into those of `runDevServer`.
   * @param wrapper - A command that runs the one behind it.
   * @param packages - Names below node_modules that the app has too.
   */
  static async start(
    files: Files = smallApp,
    options: object = {},
    env: NodeJS.ProcessEnv = {},
    wrapper: readonly string[] = [],
    packages: readonly string[] = [],
  ): Promise<RunningDevServer> {
    if (!existsSync(devServer)) throw new Error(`${devServer} is missing: run "npm run build" first.`);
    const folder = await temporaryFolder("tornado-dev");
    await writeFiles(folder.path, files);
    if (packages.length > 0) await mkdir(join(folder.path, "node_modules"));
    for (const name of packages) await symlink(resolve("node_modules", name), join(folder.path, "node_modules", name));
    const defaults = { root: folder.path, port: 0, portIsExplicit: true, host: "127.0.0.1", open: false, https: false };
    const all = { ...defaults, liveReload: true, interactive: false, ...options };
    const script = `
      import { runDevServer } from ${JSON.stringify(pathToFileURL(devServer).href)};
      try { process.exit(await runDevServer(${JSON.stringify(all)})); }
      catch (error) { console.error(error.code + ": " + error.message); process.exit(1); }`;
    const [command, ...args] = [...wrapper, process.execPath, "--input-type=module", "-e", script];
    const program = new Program(command!, args, { env, cwd: folder.path });
    const [, port] = await program.saw(/local +https?:\/\/[^:]+:(\d+)\//);
    return new RunningDevServer(folder.path, files, program, Number(port), folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }

  /** Makes the app again what it was at the start, so that the next test may have this server. */
  async restore(): Promise<void> {
    for (const [file, text] of Object.entries(this.#files)) {
      const now = await readFile(this.path(file), "utf8").catch(() => undefined);
      if (now !== text) await writeFiles(this.root, { [file]: text });
    }
    await this.until("/", ({ body }) => body === "first");
    this.#saidBefore = { stdout: this.program.stdout.length, stderr: this.program.stderr.length };
  }

  /** What it has said since it was restored. */
  get said(): string {
    const { stdout, stderr } = this.#saidBefore;
    return this.program.stdout.slice(stdout) + this.program.stderr.slice(stderr);
  }

  /** Waits until it says something that it had not said when it was restored. */
  async saw(pattern: RegExp): Promise<RegExpMatchArray> {
    return await this.program.until(() => this.said.match(pattern) ?? undefined, `say ${pattern}`);
  }

  path(file: string): string {
    return join(this.root, file);
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  async save(file: string, text: string): Promise<void> {
    await writeFile(this.path(file), text);
  }

  /** Saves as Vim and many formatters do: a new file takes the place of the old one. */
  async saveByRename(file: string, text: string): Promise<void> {
    await writeFile(this.path(`${file}.tmp`), text);
    await rename(this.path(`${file}.tmp`), this.path(file));
  }

  /** One request on a connection of its own, as a client that is no browser unless the headers say so. */
  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = httpRequest({ host: "127.0.0.1", port: this.port, path, headers, agent: false }, (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (text: string) => {
          body += text;
        });
        response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, body }));
        response.on("error", reject);
      });
      request.on("error", reject);
      request.end();
    });
  }

  /** Begins a request; resolves with the first bytes of its answer, while the rest is still to come. */
  begin(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = httpRequest({ host: "127.0.0.1", port: this.port, path, agent: false }, (response) => {
        response.on("error", () => {});
        response.once("data", (chunk: Buffer) => resolve(chunk.toString()));
      });
      request.on("error", reject);
      request.end();
    });
  }

  /** Begins a request whose answer does not end by itself. */
  stream(path: string): { readonly begun: Promise<void>; readonly ended: Promise<void> } {
    const request = httpRequest({ host: "127.0.0.1", port: this.port, path, agent: false });
    const ended = new Promise<void>((resolve) => request.once("close", resolve));
    const begun = new Promise<void>((resolve, reject) => {
      request.once("error", reject);
      request.once("response", (response) => {
        response.on("error", () => {});
        response.once("data", () => resolve());
      });
    });
    request.end();
    return { begun, ended };
  }

  /** Asks until the answer is as wanted; the test's own time limit ends what never becomes so. */
  async until(path: string, isWanted: (answer: Answer) => boolean): Promise<Answer> {
    for (;;) {
      const answer = await this.get(path);
      if (isWanted(answer)) return answer;
    }
  }
}
