/** The front door of `tornado/routing`. */

export {
  AnyMatches,
  DefaultHostMatches,
  HostMatches,
  MATCHED,
  Matcher,
  type PathArgument,
  PathMatches,
  type RouteMatch,
} from "./matchers.js";
export type { ReverseArgument, ReverseArguments } from "./reverse-path.js";
export { ReversibleRouter, Router } from "./router.js";
export {
  checkedRoutes,
  type HandlerKwargs,
  type KwargsOf,
  type PathArguments,
  Rule,
  type RuleList,
  type RuleOptions,
  type RuleTarget,
  type RuleTuple,
  URLSpec,
  url,
} from "./rule.js";
export { ReversibleRuleRouter, RuleRouter } from "./rule-router.js";
