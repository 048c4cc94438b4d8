/** Describes an application's routes, for `tornado routes` and for tests. */

import type { HTTPConnection } from "../http/connection.js";
import { HTTPHeaders } from "../http/headers.js";
import { HTTPServerRequest } from "../http/request.js";
import { HostMatches } from "../routing/matchers.js";
import type { Rule } from "../routing/rule.js";
import { RuleRouter } from "../routing/rule-router.js";
import { isHandlerClass } from "./application-router.js";
import type { HandlerApplication } from "./handler-application.js";
import type { HandlerClass } from "./handler-class.js";
import { methodsOf } from "./handler-methods.js";

/** One route, in the order in which routes are tried. */
export interface RouteDescription {
  readonly pattern: string;
  readonly host?: string;
  readonly name?: string;
  /** Name of the handler's class, or what else the route leads to. */
  readonly handler: string;
  /** HTTP methods it answers. */
  readonly methods: readonly string[];
}

/** Lists the routes of a router and of those below it. */
export function describeRouter(router: RuleRouter, application: HandlerApplication, host?: string): RouteDescription[] {
  return router.rules.flatMap((rule) => {
    const nested = router.nestedRouter(rule);
    if (nested instanceof RuleRouter) {
      return describeRouter(nested, application, rule.matcher instanceof HostMatches ? rule.matcher.describe() : host);
    }
    return [describeRule(rule, application, host)];
  });
}

/** Gives the class of every handler that a rule of a router, or of those below it, leads to. */
export function handlerClassesOf(router: RuleRouter): HandlerClass[] {
  return router.rules.flatMap((rule) => {
    const nested = router.nestedRouter(rule);
    if (nested instanceof RuleRouter) return handlerClassesOf(nested);
    return isHandlerClass(rule.target) ? [rule.target] : [];
  });
}

function describeRule(rule: Rule, application: HandlerApplication, host: string | undefined): RouteDescription {
  const { target } = rule;
  return {
    // As people write it: only the source of a RegExp needs a backslash before a slash.
    pattern: rule.matcher.describe().replaceAll("\\/", "/"),
    ...(host === undefined ? {} : { host }),
    ...(rule.name === null ? {} : { name: rule.name }),
    handler: typeof target === "function" ? target.name || "(function)" : target.constructor.name,
    methods: isHandlerClass(target) ? methodsOfClass(target, application) : [],
  };
}

/** Methods may be fields, which only an instance has; a class that cannot be made without a request shows its own alone. */
function methodsOfClass(handlerClass: HandlerClass, application: HandlerApplication): string[] {
  try {
    const startLine = { method: "GET", path: "/", version: "HTTP/1.1" };
    const request = new HTTPServerRequest({} as HTTPConnection, startLine, new HTTPHeaders());
    return methodsOf(new handlerClass(application as never, request));
  } catch {
    return methodsOf(handlerClass.prototype, handlerClass);
  }
}
