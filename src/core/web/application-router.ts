/** Routers that know handler classes as targets of their rules. */

import { TornadoError } from "../errors.js";
import type { HTTPMessageDelegate } from "../http/connection.js";
import type { HTTPServerRequest } from "../http/request.js";
import { MATCHED, type RouteMatch } from "../routing/matchers.js";
import type { Router } from "../routing/router.js";
import type { Rule, RuleList } from "../routing/rule.js";
import { ReversibleRuleRouter } from "../routing/rule-router.js";
import type { HandlerApplication } from "./handler-application.js";
import type { HandlerClass } from "./handler-class.js";
import { HandlerDelegate, type HandlerTarget, StreamingDelegate } from "./handler-delegate.js";
import { RequestHandler } from "./request-handler.js";

/** A rule router whose rules lead to handlers of one application. */
export class ApplicationRouter extends ReversibleRuleRouter {
  readonly #application: HandlerApplication;
  readonly #targets = new Map<Rule, HandlerTarget>();

  constructor(application: HandlerApplication, rules: RuleList) {
    super();
    this.#application = application;
    this.addRules(rules);
  }

  override processRule(given: Rule): Rule {
    const rule = super.processRule(given);
    if (isHandlerClass(rule.target)) {
      this.#targets.set(rule, {
        application: this.#application,
        handlerClass: rule.target,
        kwargs: rule.kwargs,
        streamsBody: rule.target.streamsRequestBodyWith(rule.kwargs),
        maxBodySize: rule.options.maxBodySize,
        policy: this.#application.responsePolicy(rule.options),
      });
    } else if (rule.options.maxBodySize !== undefined || rule.options.cors !== undefined) {
      throw new TornadoError(
        "BAD_ROUTE",
        `Route "${rule.matcher.describe()}" has maxBodySize or cors, but leads to no handler. Set them on the routes of the handlers.`,
      );
    }
    return rule;
  }

  override getTargetDelegate(rule: Rule, request: HTTPServerRequest, match: RouteMatch): HTTPMessageDelegate | null {
    const target = this.#targets.get(rule);
    return target === undefined
      ? super.getTargetDelegate(rule, request, match)
      : createHandlerDelegate(target, request, match);
  }

  protected override checkTarget(rule: Rule): void {
    if (!isHandlerClass(rule.target)) super.checkTarget(rule);
  }

  protected override createNestedRouter(rules: RuleList): Router {
    return new ApplicationRouter(this.#application, rules);
  }
}

/** Makes what takes the message of a request that goes to a handler. */
export function createHandlerDelegate(
  target: HandlerTarget,
  request: HTTPServerRequest,
  match: RouteMatch = MATCHED,
): HTTPMessageDelegate {
  return target.streamsBody
    ? new StreamingDelegate(target, request, match)
    : new HandlerDelegate(target, request, match);
}

/** Whether a rule's target is a class of handlers. */
export function isHandlerClass(target: unknown): target is HandlerClass {
  return typeof target === "function" && (target === RequestHandler || target.prototype instanceof RequestHandler);
}
