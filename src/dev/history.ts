/** Remembers what the dev server has seen lately, for its console: requests, reloads, and what the app said of itself. */

import type { RouteDescription } from "../core/web/route-listing.js";

/** One request that the app has answered. Secrets in its address are masked. */
export interface SeenRequest {
  /** Moment of its end, in milliseconds since 1970. */
  readonly at: number;
  readonly method: string;
  readonly uri: string;
  readonly status: number;
  readonly handler: string;
  readonly milliseconds: number;
}

/** One reload, or an attempt at one. */
export interface SeenReload {
  readonly at: number;
  /** As the terminal said it. */
  readonly text: string;
  readonly isFailure: boolean;
}

/** What an app says of itself when it has started. */
export interface AppFacts {
  readonly routes: readonly RouteDescription[];
  /** Names and values, secrets masked. */
  readonly settings: readonly (readonly [string, string])[];
}

const KEPT_REQUESTS = 50;
const KEPT_RELOADS = 20;

/** The memory of one dev server; the newest come first. */
export class History {
  readonly requests: SeenRequest[] = [];
  readonly reloads: SeenReload[] = [];
  app: AppFacts = { routes: [], settings: [] };

  noteRequest(request: SeenRequest): void {
    this.requests.unshift(request);
    if (this.requests.length > KEPT_REQUESTS) this.requests.pop();
  }

  noteReload(text: string, isFailure = false): void {
    this.reloads.unshift({ at: Date.now(), text, isFailure });
    if (this.reloads.length > KEPT_RELOADS) this.reloads.pop();
  }
}
