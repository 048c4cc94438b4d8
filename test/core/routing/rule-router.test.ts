import { describe, expect, it } from "vitest";
import type { HTTPConnection, HTTPMessageDelegate } from "../../../src/core/http/connection.js";
import { HTTPHeaders } from "../../../src/core/http/headers.js";
import { HTTPServerRequest } from "../../../src/core/http/request.js";
import { subscribeToLog } from "../../../src/core/log.js";
import { AnyMatches, DefaultHostMatches, HostMatches, Matcher } from "../../../src/core/routing/matchers.js";
import { Router } from "../../../src/core/routing/router.js";
import { Rule, type RuleList, type RuleTarget, url } from "../../../src/core/routing/rule.js";
import { ReversibleRuleRouter, RuleRouter } from "../../../src/core/routing/rule-router.js";

/** A delegate that does nothing but tell which one it is. */
class Marker implements HTTPMessageDelegate {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  headersReceived(): void {}
  dataReceived(): void {}
  finish(): void {}
  onConnectionClose(): void {}
}

const target = (name: string): RuleTarget => ({ startRequest: () => new Marker(name) });

class Nothing extends Router {
  override findHandler() {
    return null;
  }
}

function find(router: Router, path: string, headers: Record<string, string> = { Host: "example.com" }) {
  const startLine = { method: "GET", path, version: "HTTP/1.1" };
  // Routing asks the connection for nothing.
  const request = new HTTPServerRequest({} as HTTPConnection, startLine, new HTTPHeaders(headers));
  return (router.findHandler(request) as Marker | null)?.name ?? null;
}

describe("RuleRouter", () => {
  it.each<[string, RuleList, string, string | null]>([
    [
      "the first rule that fits",
      [
        ["/a", target("one")],
        ["/a", target("two")],
      ],
      "/a",
      "one",
    ],
    [
      "a wide rule before an exact one",
      [
        ["/.*", target("wide")],
        ["/a", target("exact")],
      ],
      "/a",
      "wide",
    ],
    [
      "an exact rule before a wide one",
      [
        ["/a", target("exact")],
        ["/.*", target("wide")],
      ],
      "/a",
      "exact",
    ],
    [
      "a wide rule for another path",
      [
        ["/a", target("exact")],
        ["/.*", target("wide")],
      ],
      "/b",
      "wide",
    ],
    [
      "an exact rule behind a wide one that cannot fit",
      [
        ["/x/.*", target("x")],
        ["/a", target("a")],
      ],
      "/a",
      "a",
    ],
    ["nothing", [["/a", target("a")]], "/b", null],
    ["a path without its query", [["/a", target("a")]], "/a?b=/c", "a"],
    [
      "a list of rules",
      [
        [
          "/in/.*",
          [
            ["/in/a", target("in a")],
            ["/in/b", target("in b")],
          ],
        ],
      ],
      "/in/b",
      "in b",
    ],
    [
      "the next rule when a router finds nothing",
      [
        ["/a", new Nothing()],
        ["/a", target("next")],
      ],
      "/a",
      "next",
    ],
    [
      "the next rule when a list finds nothing",
      [
        ["/a", [["/b", target("b")]]],
        ["/a", target("next")],
      ],
      "/a",
      "next",
    ],
    ["any request", [[new AnyMatches(), target("any")]], "/whatever", "any"],
    [
      "a rule by host before its path",
      [
        [new HostMatches("example\\.com"), [["/a", target("by host")]]],
        ["/a", target("by path")],
      ],
      "/a",
      "by host",
    ],
    [
      "no rule of another host",
      [
        [new HostMatches("other\\.com"), [["/a", target("by host")]]],
        ["/a", target("by path")],
      ],
      "/a",
      "by path",
    ],
  ])("finds %s", (_, rules, path, name) => {
    expect(find(new RuleRouter(rules), path)).toBe(name);
  });

  it.each([
    ["example.com", true],
    ["EXAMPLE.com:8888", true],
    ["example.com.evil.test", false],
    ["sub.example.com", false],
  ])("matches the host %s as a whole, without its port: %s", (host, isFound) => {
    const router = new RuleRouter([[new HostMatches("example\\.com"), target("found")]]);

    expect(find(router, "/", { Host: host })).toBe(isFound ? "found" : null);
  });

  it("matches the default host only for requests that no proxy relayed", () => {
    const router = new RuleRouter([[new DefaultHostMatches({ defaultHost: "main" }, "main"), target("found")]]);

    expect(find(router, "/", { Host: "other" })).toBe("found");
    expect(find(router, "/", { Host: "other", "X-Real-Ip": "192.0.2.1" })).toBeNull();
  });

  it("asks a matcher of one's own", () => {
    class HasHeader extends Matcher {
      override match(request: HTTPServerRequest) {
        return request.headers.has("X-Api") ? { pathArgs: [], pathKwargs: null } : null;
      }
    }
    const router = new RuleRouter([new Rule(new HasHeader(), target("api"))]);

    expect(find(router, "/", { Host: "x", "X-Api": "1" })).toBe("api");
    expect(find(router, "/")).toBeNull();
  });

  it.each<[string, unknown, RegExp]>([
    ["a target that is missing", ["/a", undefined], /Route "\/a" leads to undefined.*import cycle/],
    ["a tuple that is too short", ["/a"], /A route is \[pattern, handler\]/],
    ["a class that handles nothing", ["/a", class Strange {}], /leads to the class Strange/],
    ["an object that handles nothing", ["/a", {}], /leads to an object/],
    ["a body limit that is none", ["/a", target("a"), {}, { maxBodySize: -1 }], /maxBodySize -1/],
  ])("refuses %s", (_, rule, message) => {
    expect(() => new RuleRouter([rule] as unknown as RuleList)).toThrow(message);
  });
});

describe("the index of a RuleRouter", () => {
  const patterns = [
    "/users/:id",
    "/(\\w+)/new",
    "/users/(\\d+)/posts",
    "/users",
    "/users/",
    "/users/new",
    "(?i)/USERS/:id/posts",
    "/posts/:id",
    "/(users|posts)/.*",
    "/users/:id/posts",
    "/(?:users/)?list",
    "/x.*",
    "/xyz/:id",
    ".*/end",
  ];
  const paths = ["/users/7", "/users", "/users/", "/users/new", "/users/7/posts", "/users/list", "/list", "/posts/1/2"];
  const morePaths = [
    "/xyz/1",
    "/x",
    "/USERS/7",
    "/users/7/end",
    "/",
    "//",
    "/a/new",
    "/posts/new",
    "/users/a/posts",
    "*",
  ];

  it("finds what a walk through the rules in their order would find", () => {
    const shuffles = Array.from({ length: 60 }, (_, seed) =>
      patterns.map((pattern, index) => ({ pattern, key: (index * 7919 + seed * 104_729) % 1009 })),
    ).map((keyed) => keyed.sort((left, right) => left.key - right.key).map(({ pattern }) => pattern));

    const alone = new Map(patterns.map((pattern) => [pattern, new RuleRouter([[pattern, target("found")]])]));

    for (const order of shuffles) {
      const router = new RuleRouter(order.map((pattern) => [pattern, target(pattern)]));
      for (const path of [...paths, ...morePaths]) {
        const walked = order.find((pattern) => find(alone.get(pattern)!, path) !== null);
        expect(find(router, path), `${path} in ${order.join(" ")}`).toBe(walked ?? null);
      }
    }
  });
});

describe("ReversibleRuleRouter", () => {
  const router = new ReversibleRuleRouter([
    ["/stories/:id", target("story"), {}, "story"],
    url("/", target("home"), {}, { name: "home" }),
    [new HostMatches("api"), [["/v1/(\\d+)", target("api"), {}, "api"]]],
  ]);

  it("reverses names, those of nested rules too", () => {
    expect(router.reverseUrl("story", "a/b c")).toBe("/stories/a/b%20c");
    expect(router.reverseUrl("home")).toBe("/");
    expect(router.reverseUrl("api", 3)).toBe("/v1/3");
    expect(router.reverseUrl("nowhere")).toBeNull();
  });

  it("warns of a name that is used twice, and takes the later", () => {
    const warnings: string[] = [];
    const unsubscribe = subscribeToLog(({ message }) => {
      warnings.push(message);
      return true;
    });
    const twice = new ReversibleRuleRouter([
      ["/1", target("1"), {}, "a"],
      ["/2", target("2"), {}, "a"],
    ]);

    unsubscribe();
    expect(twice.reverseUrl("a")).toBe("/2");
    expect(warnings).toEqual([expect.stringContaining('Two routes are named "a"')]);
  });
});
