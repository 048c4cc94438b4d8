/** Routers made of rules: the first rule that takes a request, and whose target takes it too, wins. */

import { TornadoError } from "../errors.js";
import { callableDelegate, type RequestCallback } from "../http/callable-delegate.js";
import type { HTTPMessageDelegate, HTTPServerConnectionDelegate } from "../http/connection.js";
import type { HTTPServerRequest } from "../http/request.js";
import { generalLog } from "../log.js";
import { MATCHED, PathMatches, type RouteMatch } from "./matchers.js";
import type { ReverseArguments } from "./reverse-path.js";
import { type ReversibleRouter, Router } from "./router.js";
import { type Rule, type RuleList, type RuleTarget, toRule } from "./rule.js";

/** A router over a list of rules. */
export class RuleRouter extends Router {
  readonly #rules: Rule[] = [];
  /** Rules for exactly one path that no earlier rule could take: found without a walk. */
  readonly #rulesByPath = new Map<string, Rule>();
  /** The rules that must be tried one by one. */
  readonly #walkedRules: Rule[] = [];
  /** Of these, the ones that may take a path by its first segment, such as `/users/`; see `firstSegment`. */
  readonly #walkedBySegment = new Map<string, Rule[]>();
  /** Of these, the ones that may take a path of any other first segment. */
  readonly #walkedElsewhere: Rule[] = [];
  /** Routers made from targets that are lists. */
  readonly #nestedRouters = new Map<Rule, Router>();

  constructor(rules: RuleList = []) {
    super();
    this.addRules(rules);
  }

  /** The rules in order. */
  get rules(): readonly Rule[] {
    return this.#rules;
  }

  /** Appends rules. */
  addRules(rules: RuleList): void {
    for (const entry of rules) {
      const rule = this.processRule(toRule(entry));
      if (isRuleList(rule.target)) this.#nestedRouters.set(rule, this.createNestedRouter(rule.target));
      else this.checkTarget(rule);
      this.#rules.push(rule);
      this.#index(rule);
    }
  }

  /** Override point: sees every rule that is added, and may give another in its place. */
  processRule(rule: Rule): Rule {
    return rule;
  }

  override findHandler(request: HTTPServerRequest): HTTPMessageDelegate | null {
    const direct = this.#rulesByPath.get(request.path);
    if (direct !== undefined) {
      const delegate = this.#delegateOf(direct, request, MATCHED);
      if (delegate !== null) return delegate;
    }
    for (const rule of this.#candidates(request.path)) {
      const match = rule.matcher.match(request);
      if (match === null) continue;
      const delegate = this.#delegateOf(rule, request, match);
      if (delegate !== null) return delegate;
    }
    return null;
  }

  /**
   * Override point: makes the delegate for the target of a rule that took the request.
   *
   * @returns `null` when the target does not take it, which lets the search go on.
   */
  getTargetDelegate(rule: Rule, request: HTTPServerRequest, _match: RouteMatch): HTTPMessageDelegate | null {
    const target = rule.target as HTTPServerConnectionDelegate | RequestCallback;
    const delegate = typeof target === "function" ? callableDelegate(target) : target;
    return delegate.startRequest(request.connection);
  }

  /** Override point: refuses a target that could not answer a request, when the routes are made. */
  protected checkTarget(rule: Rule): void {
    const { target } = rule;
    if (isConnectionDelegate(target) || (typeof target === "function" && !isClass(target))) return;
    throw new TornadoError(
      "BAD_ROUTE",
      `Route "${rule.matcher.describe()}" leads to ${describeTarget(target)}, which answers no requests. Give it a handler class, a list of routes or a router.`,
    );
  }

  /** Override point: makes the router for a target that is a list of rules. */
  protected createNestedRouter(rules: RuleList): Router {
    return new RuleRouter(rules);
  }

  /** The router that a rule leads to, if it does. */
  nestedRouter(rule: Rule): Router | null {
    return this.#nestedRouters.get(rule) ?? (rule.target instanceof Router ? rule.target : null);
  }

  #delegateOf(rule: Rule, request: HTTPServerRequest, match: RouteMatch): HTTPMessageDelegate | null {
    const nested = this.nestedRouter(rule);
    return nested !== null ? nested.findHandler(request) : this.getTargetDelegate(rule, request, match);
  }

  /** Puts the rule where `findHandler` looks for it; order decides, so a shortcut must not overtake a rule before it. */
  #index(rule: Rule): void {
    const path = rule.matcher instanceof PathMatches ? rule.matcher.pattern.exactPath : null;
    // A subclass of PathMatches may ask more than the path.
    const isPlain = path !== null && rule.matcher.constructor === PathMatches && this.nestedRouter(rule) === null;
    if (isPlain && !this.#walkedRules.some((earlier) => mayMatch(earlier, path))) {
      // The same path a second time is never reached, as in a walk.
      if (!this.#rulesByPath.has(path)) this.#rulesByPath.set(path, rule);
      return;
    }
    this.#walkedRules.push(rule);
    const segment =
      rule.matcher.constructor === PathMatches ? firstSegment((rule.matcher as PathMatches).pattern.prefix) : null;
    if (segment === null) {
      this.#walkedElsewhere.push(rule);
      for (const rules of this.#walkedBySegment.values()) rules.push(rule);
      return;
    }
    const rules = this.#walkedBySegment.get(segment) ?? [...this.#walkedElsewhere];
    rules.push(rule);
    this.#walkedBySegment.set(segment, rules);
  }

  /** The rules that are to be tried for a path, in their order. */
  #candidates(path: string): readonly Rule[] {
    if (this.#walkedBySegment.size === 0) return this.#walkedElsewhere;
    const segment = firstSegment(path);
    return (segment === null ? undefined : this.#walkedBySegment.get(segment)) ?? this.#walkedElsewhere;
  }
}

/** A router over rules that can be reversed by name, nested routers included. */
export class ReversibleRuleRouter extends RuleRouter implements ReversibleRouter {
  readonly #named = new Map<string, Rule>();

  constructor(rules: RuleList = []) {
    super();
    // Not through super(): the names below do not exist yet when it runs.
    this.addRules(rules);
  }

  override processRule(given: Rule): Rule {
    const rule = super.processRule(given);
    if (rule.name !== null) {
      if (this.#named.has(rule.name)) {
        generalLog.warn(`Two routes are named "${rule.name}"; the later one counts. Give each its own name.`);
      }
      this.#named.set(rule.name, rule);
    }
    return rule;
  }

  reverseUrl(name: string, ...args: ReverseArguments): string | null {
    const rule = this.#named.get(name);
    if (rule !== undefined) return rule.reverse(...args);
    for (const candidate of this.rules) {
      const nested = this.nestedRouter(candidate);
      const path =
        nested !== null && "reverseUrl" in nested ? (nested as ReversibleRouter).reverseUrl(name, ...args) : null;
      if (path !== null) return path;
    }
    return null;
  }

  protected override createNestedRouter(rules: RuleList): Router {
    return new ReversibleRuleRouter(rules);
  }
}

function isRuleList(target: RuleTarget): target is RuleList {
  return Array.isArray(target);
}

function isConnectionDelegate(target: RuleTarget): target is HTTPServerConnectionDelegate {
  return typeof target === "object" && "startRequest" in target && typeof target.startRequest === "function";
}

function isClass(target: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(target));
}

function describeTarget(target: RuleTarget): string {
  if (typeof target === "function") return `the class ${target.name}`;
  return typeof target === "object" ? "an object" : JSON.stringify(target);
}

/** A path up to its second slash, this included; `null` if it has none. */
function firstSegment(path: string): string | null {
  const end = path.indexOf("/", 1);
  return end === -1 ? null : path.slice(0, end + 1);
}

/** Whether an earlier rule could take a request for exactly this path. */
function mayMatch(earlier: Rule, path: string): boolean {
  if (earlier.matcher.constructor !== PathMatches) return true;
  const { prefix, expression } = (earlier.matcher as PathMatches).pattern;
  return path.startsWith(prefix) && expression.test(path);
}
