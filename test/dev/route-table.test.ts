import { describe, expect, it } from "vitest";
import { nearestRoute, routeTable } from "../../src/dev/route-table.js";

const route = (pattern: string) => ({ pattern, handler: "Handler", methods: ["GET"] });
const routes = ["/", "/about", "/users/:user/posts", "/story/([0-9]+)", "/static/(.*)"].map(route);

describe("the route that an address was meant for", () => {
  it.each([
    ["/abuot", "/about"],
    ["/about/", "/about"],
    ["/user/42/posts", "/users/:user/posts"],
    ["/users/a-very-long-name/post", "/users/:user/posts"],
    ["/storys/7", "/story/([0-9]+)"],
  ])("%s is %s", (path, pattern) => {
    expect(nearestRoute(path, routes)?.pattern).toBe(pattern);
  });

  it("is none where nothing is near", () => {
    expect(nearestRoute("/something/else/entirely", routes)).toBeUndefined();
  });
});

describe("the route table", () => {
  it("escapes patterns, hosts and names", () => {
    const attack = "<script>alert(1)</script>";

    const table = routeTable([{ pattern: attack, handler: attack, methods: [attack], host: attack, name: attack }]);

    expect(table).not.toContain("<script>");
  });
});
