/** Which redirects are followed, where to, and what of the request goes along. */

import { describe, expect, it } from "vitest";
import { HTTPHeaders } from "../../../src/core/http/headers.js";
import type { HTTPRequestOptions } from "../../../src/core/httpclient/http-request.js";
import type { HTTPClientError } from "../../../src/core/httpclient/http-response.js";
import { type Echo, echo, failure, makeClient, serve } from "./servers.js";

/** A server that answers `/<code>/…` with a redirect to what comes in the query, and anything else with what was asked. */
function redirecting(): Promise<string> {
  return serve((request, response) => {
    const url = new URL(request.url!, "http://localhost");
    const code = /^\/(3\d\d)$/.exec(url.pathname)?.[1];
    if (code === undefined) void echo(request, response);
    else response.writeHead(Number(code), { Location: url.searchParams.get("to") ?? "/" }).end("moved");
  });
}

describe("a redirect", () => {
  it.each<[number, string, string]>([
    [301, "GET", "GET"],
    [301, "HEAD", "HEAD"],
    [301, "POST", "GET"],
    [301, "PUT", "PUT"],
    [302, "POST", "GET"],
    [302, "DELETE", "DELETE"],
    [303, "POST", "GET"],
    [303, "PUT", "GET"],
    [303, "HEAD", "HEAD"],
    [307, "POST", "POST"],
    [307, "GET", "GET"],
    [308, "PATCH", "PATCH"],
  ])("%i of %s is followed with %s", async (code, method, next) => {
    const hasBody = ["POST", "PUT", "PATCH"].includes(method);
    const headers = { "Content-Type": "text/plain", "Content-Encoding": "identity", "X-Kept": "1" };
    const url = await redirecting();

    const response = await makeClient().fetch(`${url}/${code}?to=/there`, {
      method,
      headers,
      ...(hasBody ? { body: "body" } : {}),
    });

    expect(response.effectiveUrl).toBe(`${url}/there`);
    if (next === "HEAD") return;
    const asked = response.json<Echo>();
    const keepsBody = hasBody && next === method;
    expect(asked).toMatchObject({ method: next, url: "/there", body: keepsBody ? "body" : "" });
    expect(asked.headers["x-kept"]).toBe("1");
    const keepsType = next === method;
    expect(asked.headers["content-type"]).toBe(keepsType ? "text/plain" : undefined);
    expect(asked.headers["content-encoding"]).toBe(keepsType ? "identity" : undefined);
    expect(asked.headers["content-length"]).toBe(keepsBody ? "4" : undefined);
  });

  it.each([
    ["UTF-8", Buffer.from("/\u00e9"), "/%C3%A9"],
    ["Latin-1", Buffer.from("/\u00e9", "latin1"), "/%C3%A9"],
  ])("in bytes of %s leads there", async (_, location, path) => {
    const url = await serve((request, response) => {
      if (request.url === path) response.end("here");
      else response.writeHead(302, { Location: location.toString("latin1") }).end();
    });

    expect((await makeClient().fetch(url)).text()).toBe("here");
  });

  it("calls the bodyProducer again when the body is sent again", async () => {
    const url = await redirecting();
    let calls = 0;

    const response = await makeClient().fetch(`${url}/307?to=/there`, {
      method: "POST",
      bodyProducer: async (write) => {
        calls++;
        await write("part");
      },
    });

    expect(response.json<Echo>().body).toBe("part");
    expect(calls).toBe(2);
  });

  const secrets: HTTPRequestOptions = {
    headers: { Authorization: "Bearer t0ken", Cookie: "session=1", "X-Other": "1", Host: "named.example" },
  };

  it("to the same origin takes the credentials along", async () => {
    const url = await redirecting();

    const { headers } = (await makeClient().fetch(`${url}/302?to=/there`, secrets)).json<Echo>();

    expect(headers).toMatchObject({ authorization: "Bearer t0ken", cookie: "session=1", "x-other": "1" });
    expect(headers.host).toBe(new URL(url).host);
  });

  it.each<[string, HTTPRequestOptions, (url: string) => string]>([
    ["another port", secrets, (url) => url],
    ["another name of the same host", secrets, (url) => url.replace("127.0.0.1", "localhost")],
    ["another origin, of basic credentials", { authUsername: "ada", authPassword: "hunter22" }, (url) => url],
    ["another origin without a scheme", secrets, (url) => url.replace("http:", "")],
    ["another origin with credentials of its own", secrets, (url) => url.replace("//", "//eve:x@")],
  ])("to %s takes no credentials along (CVE-2026-49853)", async (_, options, target) => {
    const [from, to] = [await redirecting(), await serve(echo)];
    const client = makeClient({ defaults: { headers: { "Proxy-Connection": "x" } } });

    const { headers } = (
      await client.fetch(`${from}/302?to=${encodeURIComponent(target(to))}/x`, options)
    ).json<Echo>();

    expect(headers.authorization).toBeUndefined();
    expect(headers.cookie).toBeUndefined();
    expect(headers.host).not.toBe("named.example");
  });

  it("back to the first origin takes none along either: they are forgotten", async () => {
    const [first, second] = [await redirecting(), await redirecting()];
    const back = `${second}/302?to=${encodeURIComponent(`${first}/x`)}`;

    const response = await makeClient().fetch(`${first}/302?to=${encodeURIComponent(back)}`, secrets);

    expect(response.effectiveUrl).toBe(`${first}/x`);
    expect(response.json<Echo>().headers.authorization).toBeUndefined();
  });

  it.each(["file:///etc/passwd", "javascript:alert(1)", "ftp://x/", "http://", "http://[::1"])(
    "to %s is not followed",
    async (target) => {
      const url = await redirecting();

      const error = await failure<HTTPClientError>(makeClient().fetch(`${url}/302?to=${encodeURIComponent(target)}`));

      expect(error).toMatchObject({ code: 302, kind: "too-many-redirects" });
      expect(error.message).toContain("no address of http or https");
    },
  );

  it("that is one too many is the response, and an error", async () => {
    const url = await serve((request, response) => {
      const number = Number(request.url!.slice(1));
      response.writeHead(302, { Location: `/${number + 1}` }).end(`number ${number}`);
    });
    const client = makeClient();

    const byDefault = await failure<HTTPClientError>(client.fetch(`${url}/0`));
    const none = await failure<HTTPClientError>(client.fetch(`${url}/0`, { maxRedirects: 0 }));
    const given = await client.fetch(`${url}/0`, { maxRedirects: 1, raiseError: false });

    expect(byDefault).toMatchObject({ code: 302, kind: "too-many-redirects" });
    expect(byDefault.response!.text()).toBe("number 5");
    expect(none.response!.text()).toBe("number 0");
    expect(given).toMatchObject({ code: 302, error: { kind: "too-many-redirects" } });
    expect(given.error!.response).toBe(given);
  });

  it("is an error of its status with followRedirects off", async () => {
    const url = await redirecting();

    const error = await failure<HTTPClientError>(makeClient().fetch(`${url}/302?to=/x`, { followRedirects: false }));

    expect(error).toMatchObject({ code: 302, kind: "status", message: "HTTP 302: Found" });
    expect(error.response!.headers.get("Location")).toBe("/x");
  });

  it("without a Location is a response of failure", async () => {
    const url = await serve((_, response) => response.writeHead(302).end());

    expect(await failure(makeClient().fetch(url))).toMatchObject({ code: 302, kind: "status" });
  });

  it("keeps the fragment of the first URL, as browsers do", async () => {
    const url = await redirecting();

    const response = await makeClient().fetch(`${url}/302?to=/x#part`);

    expect(response.effectiveUrl).toBe(`${url}/x#part`);
  });

  it("shows its headers and its body to no callback", async () => {
    const url = await redirecting();
    const lines: string[] = [];
    let body = "";

    await makeClient().fetch(`${url}/302?to=/there`, {
      headerCallback: (line) => lines.push(line),
      streamingCallback: (chunk) => {
        body += chunk.toString();
      },
    });

    expect(lines[0]).toBe("HTTP/1.1 200 OK\r\n");
    expect(lines.at(-1)).toBe("\r\n");
    expect(HTTPHeaders.parse(lines.slice(1, -1).join("")).get("Content-Type")).toBe("application/json");
    expect(body).not.toContain("moved");
  });

  it("with an endless body is not read to its end", async () => {
    const url = await serve((request, response) => {
      if (request.url !== "/") return void response.end("there");
      response.writeHead(302, { Location: "/there" });
      const pour = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on("drain", pour);
      pour();
    });

    expect((await makeClient().fetch(url)).text()).toBe("there");
  });
});
