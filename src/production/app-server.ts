/** One process's part of a production server: loads the built app, runs its hooks, serves it, drains. */

import cluster from "node:cluster";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { applyEnv, type EnvFaultListener, envFileNames, readEnvFiles } from "../core/env-file.js";
import { TornadoError } from "../core/errors.js";
import { HTTPServer } from "../core/http/server.js";
import type { Application } from "../core/web/application.js";
import type { BuiltApp } from "./built-app.js";
import { inheritedHandle, type ListenTarget, listenError } from "./listening-socket.js";
import type { StartOptions } from "./options.js";

/** Lets debug behaviour into production, for an hour of searching; said at every start. */
const FORCE_DEBUG_VARIABLE = "TORNADO_FORCE_DEBUG";
/** Idle kept-alive connections stay open so long, so that no request crosses the closing of its connection. */
const LINGER_MS = 3000;

/** A running app. */
export class AppServer {
  readonly application: Application;
  readonly #server: HTTPServer;

  private constructor(application: Application, server: HTTPServer) {
    this.application = application;
    this.#server = server;
  }

  /**
   * Loads the app with its `.env`, runs its start hooks and listens.
   *
   * @throws TornadoError when the port is taken, or when the app has debug on; and whatever the app throws.
   */
  static async start(app: BuiltApp, options: StartOptions, target: ListenTarget): Promise<AppServer> {
    applyEnv(readAppEnv(app.root));
    const { makeApp } = await app.load();
    const application = await makeApp({ debug: false });
    refuseDebug(application);
    const server = new HTTPServer(application, {
      xheaders: options.xheaders,
      transport: options.transport,
      ...(options.sslCert === undefined
        ? undefined
        : { sslOptions: { certFile: options.sslCert, keyFile: options.sslKey! } }),
    });
    await application.start();
    try {
      await listen(server, target);
    } catch (error) {
      await application.shutdown();
      throw await listenError(error, target);
    }
    return new AppServer(application, server);
  }

  /** The port, which the system chose when it was 0. */
  get port(): number {
    return this.#server.port;
  }

  /**
   * Stops accepting, answers what has begun, then runs the app's shutdown hooks. To be called once.
   *
   * @returns How many connections had not finished by the deadline and were cut.
   */
  async drain(deadlineMs: number): Promise<{ cut: number }> {
    const { cut } = await this.#server.drain({ lingerMs: Math.min(LINGER_MS, deadlineMs), deadlineMs });
    await this.application.shutdown();
    return { cut };
  }
}

/**
 * Reads the `.env` beside the built app, or, when it has none, that of the app it was built from.
 *
 * @param onFault - Told of lines that were left out.
 */
export function readAppEnv(root: string, onFault?: EnvFaultListener): Record<string, string> {
  const folder = [root, dirname(root)].find((one) => envFileNames.some((file) => existsSync(join(one, file))));
  return folder === undefined ? {} : readEnvFiles(folder, envFileNames, onFault);
}

async function listen(server: HTTPServer, target: ListenTarget): Promise<void> {
  if ("port" in target) await server.listen(target.port, target.host);
  else if ("fd" in target && cluster.isWorker) await server.listen({ handle: inheritedHandle(target.fd) });
  else await server.listen(target);
}

/** Traces and settings must never reach a stranger because of a setting that was meant for a laptop. */
function refuseDebug(application: Application): void {
  if (application.settings.debug !== true) return;
  const force = process.env[FORCE_DEBUG_VARIABLE];
  if (force !== undefined && force !== "" && force !== "0") return;
  throw new TornadoError(
    "DEBUG_IN_PRODUCTION",
    "The app sets debug: true, which shows its code to every visitor. Pass on the { debug } that makeApp() is given, " +
      `or set ${FORCE_DEBUG_VARIABLE}=1 if you know what you are doing.`,
  );
}
