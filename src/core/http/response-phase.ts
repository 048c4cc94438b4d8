/** How far a response is, for all transports, and what cannot be done to it then. */

import { HTTPOutputError } from "./http-input-error.js";

/** `held`: its head has been given, and nothing sent. `given`: it is somebody else's, who has the messages of node:http. */
export type ResponsePhase = "waiting" | "held" | "sending" | "finished" | "given";

/** Makes the error for a call that comes too early, too late, or from somebody whose response it is not any more. */
export function outOfPhase(call: string, phase: ResponsePhase): HTTPOutputError {
  if (phase === "waiting") return new HTTPOutputError(`${call} needs writeHeaders() before it.`);
  if (phase === "given")
    return new HTTPOutputError(`${call} is not for a response that was left to code for node:http.`);
  if (phase === "finished") return new HTTPOutputError("This response has been finished already.");
  return new HTTPOutputError("The headers of this response have been written already.");
}
