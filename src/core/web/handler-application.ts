/** What a handler may ask of the application it runs in. */

import type { Channel } from "../channels/channel.js";
import type { Publishable } from "../channels/channel-message.js";
import type { HTTPServerRequest } from "../http/request.js";
import type { ReverseArguments } from "../routing/reverse-path.js";
import type { RuleOptions } from "../routing/rule.js";
import type { BaseLoader } from "../template/loader.js";
import type { HandlerSettings } from "./handler-settings.js";
import type { OutputTransformClass } from "./output-transform.js";
import type { ResponsePolicy } from "./response-policy.js";
import type { Sessions } from "./sessions.js";
import type { UIModuleClass } from "./ui-module.js";

/** A handler as the access log sees it. */
export interface LoggedHandler {
  readonly request: HTTPServerRequest;
  getStatus(): number;
}

/** The side of an `Application` that handlers use. */
export interface HandlerApplication {
  readonly settings: HandlerSettings;
  /** Transforms of every response, in order. */
  readonly transforms: readonly OutputTransformClass[];
  /** Finds and keeps sessions; `null` without the `sessions` setting. */
  readonly sessions: Sessions | null;
  /** UI modules by the name that templates use. */
  readonly uiModules: Readonly<Record<string, UIModuleClass>>;
  /** Functions that templates see; each gets the handler first. */
  readonly uiMethods: Readonly<Record<string, (...args: never[]) => unknown>>;

  /** @throws TornadoError `UNKNOWN_ROUTE_NAME`. */
  reverseUrl(name: string, ...args: ReverseArguments): string;
  /** The URL path of a static file, with its version unless told otherwise. */
  makeStaticUrl(path: string, includeVersion?: boolean): string;
  /** The loader of a template folder, made once and kept for the application's life. */
  templateLoader(path: string, create: (path: string) => BaseLoader): BaseLoader;
  /** What the settings add to the responses of a route. */
  responsePolicy(options: RuleOptions): ResponsePolicy | null;
  /** The channel of a name. */
  channel<Message extends Publishable = Publishable>(name: string): Channel<Message>;
  /** Writes the access-log line. */
  logRequest(handler: LoggedHandler): void;
}
