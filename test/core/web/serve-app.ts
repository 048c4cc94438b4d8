/** Serves an application on a free port for one test, and collects what it logs. */

import { subscribeToLog } from "../../../src/core/log.js";
import type { RuleList } from "../../../src/core/routing/rule.js";
import { Application } from "../../../src/core/web/application.js";
import type { ApplicationSettings } from "../../../src/core/web/settings.js";
import { type RawResponse, request } from "../../support/raw-http.js";

export interface ServedApp extends AsyncDisposable {
  readonly app: Application;
  readonly port: number;
  /** Every line logged so far, with its level: `warn 404 GET / …`. */
  readonly log: string[];
  /** One request on a connection of its own. */
  request(startLine: string, headers?: string[], body?: string): Promise<RawResponse>;
}

export async function serveApp(
  rulesOrApp: RuleList | Application,
  settings: ApplicationSettings = {},
): Promise<ServedApp> {
  const app = rulesOrApp instanceof Application ? rulesOrApp : new Application(rulesOrApp, settings);
  const log: string[] = [];
  const unsubscribe = subscribeToLog((record) => {
    log.push(`${record.level} ${record.message}`);
    return true;
  });
  const server = await app.listen(0, { address: "127.0.0.1" });
  return {
    app,
    port: server.port,
    log,
    request: (startLine, headers, body) => request(server.port, startLine, headers, body),
    async [Symbol.asyncDispose]() {
      server.stop();
      await server.closeAllConnections();
      unsubscribe();
    },
  };
}
