import { describe, expect, expectTypeOf, it } from "vitest";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import type { StandardSchema } from "../../../src/core/web/standard-schema.js";
import { parseResponse, sendRaw } from "../../support/raw-http.js";
import { serveApp } from "./serve-app.js";

/** A validator as any library would make one. */
const personSchema: StandardSchema<{ name: string }> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => {
      const { name } = value as { name?: unknown };
      if (typeof name === "string") return { value: { name } };
      return { issues: [{ message: "must be text", path: ["name", { key: 0 }] }, { message: "all wrong" }] };
    },
  },
};

class People extends RequestHandler {
  async post(kind: string) {
    if (kind === "plain") {
      this.write({ got: this.getJson() });
      return;
    }
    const person = await (kind === "json" ? this.getJson(personSchema) : this.getArguments(personSchema));
    expectTypeOf(person).toEqualTypeOf<{ name: string }>();
    this.write(person);
  }
}

const rules = [["/(.*)", People]] as const;
const json = "Content-Type: application/json";
const form = "Content-Type: application/x-www-form-urlencoded";

describe("getJson", () => {
  it.each<[string, string[], string, number, string]>([
    ["an object", [json], '{"a":[1,"ä"]}', 200, ""],
    ["a vendor's type", ["Content-Type: application/vnd.api+json; charset=utf-8"], "1", 200, ""],
    ["no type", [], "{}", 415, "not one without a type"],
    ["a form", [form], "a=1", 415, "not application/x-www-form-urlencoded"],
    ["nothing", [json], "", 400, "The body is not JSON"],
    ["half of an object", [json], '{"a":', 400, "The body is not JSON"],
    ["a prototype", [json], '{"a":[{"__proto__":{"x":1}}]}', 400, '"__proto__"'],
    ["a prototype in disguise", [json], '{"\\u005f_proto__":{}}', 400, '"__proto__"'],
    ["a constructor's prototype", [json], '{"constructor":{"prototype":{}}}', 400, "constructor.prototype"],
    ["a harmless constructor", [json], '{"constructor":"Renault"}', 200, ""],
  ])("takes %s", async (_, headers, body, status, message) => {
    await using served = await serveApp(rules);

    const response = await served.request("POST /plain", headers, body);

    expect(response.status).toBe(status);
    expect(served.log.join("\n")).toContain(message);
  });

  it("refuses bytes that are no UTF-8", async () => {
    await using served = await serveApp(rules);
    const head = `POST /plain HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${json}\r\nContent-Length: 3\r\n\r\n`;
    const answer = await sendRaw(served.port, Buffer.concat([Buffer.from(head), Buffer.from([0x22, 0xff, 0x22])]));

    expect(parseResponse(answer).status).toBe(400);
  });
});

describe("a schema", () => {
  it("types and passes what fits", async () => {
    await using served = await serveApp(rules);

    expect((await served.request("POST /json", [json], '{"name":"ada","more":1}')).body).toBe('{"name":"ada"}');
    expect((await served.request("POST /form", [form], "name=ada")).body).toBe('{"name":"ada"}');
  });

  it.each([
    ["/json", json, '{"name":1}'],
    ["/form", form, "name=a&name=b"],
  ])("answers 400 with the issues at %s", async (path, type, body) => {
    await using served = await serveApp(rules);

    const response = await served.request(`POST ${path}`, [type], body);

    expect(response.status).toBe(400);
    expect(response.header("content-type")).toBe("application/json; charset=UTF-8");
    expect(JSON.parse(response.body)).toEqual({
      error: "Bad Request",
      issues: [
        { message: "must be text", path: "name.0" },
        { message: "all wrong", path: "" },
      ],
    });
  });
});
