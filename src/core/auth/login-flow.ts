/** What is remembered of a log-in between leaving for the provider and coming back: in the browser that has left, and in no other. */

import { createHash, randomBytes } from "node:crypto";
import { isSafeRedirectTarget } from "../http/urls.js";
import type { RequestHandler } from "../web/request-handler.js";
import { isEqualInConstantTime } from "../web/signed-value.js";
import { AuthError } from "./auth-error.js";

/** One log-in that is under way. */
export interface LoginFlow {
  /** The unguessable word that comes back with the answer (RFC 6749, section 10.12). */
  readonly state: string;
  /** Whom it is with: an answer to another provider's handler is refused (RFC 9700, section 4.4). */
  readonly provider: string;
  readonly redirectUri: string;
  /** The secret half of PKCE (RFC 7636), if it is used. */
  readonly codeVerifier: string | null;
  /** Must stand in the ID token of OpenID Connect. */
  readonly nonce: string;
  /** Where to go in the end; a path of ours. */
  readonly next: string;
}

interface KeptFlow extends LoginFlow {
  readonly startedMs: number;
}

const cookieName = "_oauth_flows";
const maxAgeMs = 10 * 60 * 1000;
/** A visitor may have more than one log-in open; a page that opens them without end must not fill the cookies. */
const maxFlows = 3;
/** Browsers keep 4,096 bytes of a cookie; base64 and the signature take a good third. */
const maxKeptLength = 2500;
const maxNextLength = 1000;
const msPerDay = 86_400_000;

/** Begins a log-in: remembers it in a signed cookie, and gives what goes to the provider. */
export function beginLoginFlow(
  handler: RequestHandler,
  options: { readonly provider: string; readonly redirectUri: string; readonly pkce: boolean; readonly next?: string },
): LoginFlow {
  const flow: KeptFlow = {
    state: randomWord(),
    provider: options.provider,
    redirectUri: options.redirectUri,
    codeVerifier: options.pkce ? randomWord() : null,
    nonce: randomWord(),
    next: safeNext(handler, options.next ?? handler.getQueryArgument("next", "/")),
    startedMs: Date.now(),
  };
  keep(handler, [...readFlows(handler), flow].slice(-maxFlows));
  return flow;
}

/**
 * Ends the log-in that an answer belongs to: it counts once.
 *
 * @throws AuthError 403 when this browser has not begun it, or not with this provider, or too long ago.
 */
export function endLoginFlow(handler: RequestHandler, provider: string): LoginFlow {
  const state = Buffer.from(singleArgument(handler, "state") ?? "");
  const flows = readFlows(handler);
  const flow = flows.find((one) => isEqualInConstantTime(Buffer.from(one.state), state));
  if (flow === undefined) {
    throw new AuthError(403, "the state of the answer is of no log-in that this browser has begun in the last minutes");
  }
  keep(
    handler,
    flows.filter((one) => one !== flow),
  );
  if (flow.provider !== provider) throw new AuthError(403, "the answer belongs to a log-in with another provider");
  return { ...flow, next: safeNext(handler, flow.next) };
}

/**
 * Returns an argument of the answer.
 *
 * @throws AuthError 403 when it is given more than once (RFC 6749, section 3.1): which one was checked?
 */
export function singleArgument(handler: RequestHandler, name: string): string | null {
  const values = handler.getQueryArguments(name, { strip: false });
  if (values.length > 1) throw new AuthError(403, `the answer has more than one ${name}`);
  return values[0] ?? null;
}

/** The public half of PKCE. */
export function codeChallenge(codeVerifier: string): string {
  return createHash("sha256").update(codeVerifier).digest("base64url");
}

function randomWord(): string {
  return randomBytes(32).toString("base64url");
}

/** Only a place of ours, and not a novel: `next` comes with the request, and a log-in page is what a fraudster likes to lead away from. */
function safeNext(handler: RequestHandler, next: string): string {
  return next.length <= maxNextLength && isSafeRedirectTarget(next, handler.request.fullUrl()) ? next : "/";
}

function readFlows(handler: RequestHandler): KeptFlow[] {
  const kept = handler.getSignedCookie(cookieName, { maxAgeDays: maxAgeMs / msPerDay, minVersion: 2 });
  if (kept === null) return [];
  // Signed: nobody but us has written it.
  const flows = JSON.parse(kept.toString()) as KeptFlow[];
  return flows.filter(({ startedMs }) => Date.now() - startedMs < maxAgeMs);
}

function keep(handler: RequestHandler, flows: readonly KeptFlow[]): void {
  const attributes = { httpOnly: true, secure: handler.request.protocol === "https" };
  if (flows.length === 0) handler.clearCookie(cookieName, attributes);
  else {
    const expiresDays = maxAgeMs / msPerDay;
    const fitting = flows.filter((_, place) => JSON.stringify(flows.slice(place)).length <= maxKeptLength);
    handler.setSignedCookie(cookieName, JSON.stringify(fitting), { ...attributes, expiresDays });
  }
}
