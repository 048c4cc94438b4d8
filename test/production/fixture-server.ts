/** Starts the fixture app as a production server, and puts load on it. */

import { Agent, request } from "node:http";
import { join } from "node:path";
import { Program, type ProgramOptions } from "../support/program.js";

export const fixture = join(import.meta.dirname, "fixtures/server.js");

/** A running server with what its log says about itself. */
export class FixtureServer extends Program {
  /** `http://127.0.0.1:<port>`; set by `startServer`. */
  url = "";

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Process ids of the workers of a task, in the order in which they became ready. */
  workers(taskId: number): number[] {
    return [...this.output.matchAll(new RegExp(`Worker ${taskId} started \\(pid (\\d+)\\)`, "g"))].map(([, pid]) =>
      Number(pid),
    );
  }

  /** Waits until so many workers of a task have become ready in all. */
  async workerCount(taskId: number, count: number): Promise<void> {
    await this.until(
      () => (this.workers(taskId).length >= count ? true : undefined),
      `start worker ${taskId} ${count}x`,
    );
  }
}

/** Starts the fixture without waiting for it. */
export function launchServer(args: readonly string[], options: ProgramOptions = {}): FixtureServer {
  return new FixtureServer(process.execPath, [fixture, "--port", "0", ...args], options);
}

/** Starts the fixture, and waits until it serves. */
export async function startServer(args: readonly string[] = [], options: ProgramOptions = {}): Promise<FixtureServer> {
  const server = launchServer(args, options);
  try {
    const [, url] = await server.saw(/Serving at (\S+)/);
    server.url = url!;
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** One request on a connection of its own. */
export async function get(url: string, method = "GET"): Promise<{ status: number; body: string }> {
  return await send(url, new Agent(), method);
}

export interface Home {
  readonly pid: number;
  readonly task: number | null;
  readonly debug: boolean;
  readonly release: string;
}

export async function getHome(url: string): Promise<Home> {
  return JSON.parse((await get(url)).body);
}

/** Sends request after request on some kept-alive connections until it is stopped. */
export class Load {
  readonly answered: Home[] = [];
  readonly failures: string[] = [];
  readonly #agent: Agent;
  readonly #clients: Promise<void>[];
  #isOver = false;

  constructor(url: string, clients: number, keepAlive = true) {
    this.#agent = new Agent({ keepAlive, maxSockets: clients });
    this.#clients = Array.from({ length: clients }, () => this.#run(url));
  }

  /** Ends it when everything sent has been answered. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
    this.#agent.destroy();
  }

  async #run(url: string): Promise<void> {
    while (!this.#isOver) {
      try {
        const { status, body } = await send(url, this.#agent, "GET");
        if (status === 200) this.answered.push(JSON.parse(body));
        else this.failures.push(`status ${status}`);
      } catch (error) {
        this.failures.push(String((error as NodeJS.ErrnoException).code));
      }
    }
  }
}

function send(url: string, agent: Agent, method: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => resolve({ status: response.statusCode!, body }));
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end();
  });
}
