/** Our application in somebody else's server, and somebody else's `(request, response)` handler in our application. */

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { requestContext } from "../../../src/core/request-context.js";
import { Application } from "../../../src/core/web/application.js";
import { FallbackHandler } from "../../../src/core/web/plain-handlers.js";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import { openSocket, parseResponse, request, sendRaw } from "../../support/raw-http.js";
import { serveApp } from "./serve-app.js";

class Echo extends RequestHandler {
  post() {
    this.write(`${this.getBodyArgument("name")} ${this.request.path}`);
  }
}

describe("Application.listener", () => {
  it("serves an app in a server of node:http, started by the first request", async () => {
    const app = new Application([["/echo", Echo]], { logFunction: () => {} });
    let starts = 0;
    app.onStart(() => void starts++);
    const server = createServer(app.listener());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const headers = ["Content-Type: application/x-www-form-urlencoded"];

    const [first, second] = await Promise.all([
      request(port, "POST /echo", headers, "name=Ada"),
      request(port, "POST /echo", headers, "name=Grace"),
    ]);

    expect([first.body, second.body]).toEqual(["Ada /echo", "Grace /echo"]);
    expect(starts).toBe(1);
  });
});

describe("Application.upgradeListener", () => {
  class Chat extends RequestHandler {
    get() {
      const socket = this.detach();
      socket.end("HTTP/1.1 101 Switching Protocols\r\n\r\nhello");
    }
  }
  const handshake = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n`;

  it("gives handlers of the app the handshakes of somebody else's server", async () => {
    const app = new Application([["/chat", Chat]], { logFunction: () => {} });
    const server = createServer(app.listener()).on("upgrade", app.upgradeListener());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;

    expect(await sendRaw(port, handshake("/chat"))).toBe("HTTP/1.1 101 Switching Protocols\r\n\r\nhello");
    expect(await sendRaw(port, handshake("/nowhere"))).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
  });
});

describe("FallbackHandler with a listener of node:http", () => {
  const echo = async (incoming: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    response.setHeader("X-Type", String(incoming.headers["content-type"]));
    response.end(`${incoming.method} ${incoming.url} ${Buffer.concat(chunks)}`);
  };

  it("hands over the messages untouched, the body unread, whatever the method", async () => {
    await using served = await serveApp([["/old/.*", FallbackHandler, { listener: echo }]], { xsrfCookies: true });

    const posted = await served.request("POST /old/a?b=c", ["Content-Type: text/x-own"], "the body");
    const found = await served.request("PROPFIND /old/");

    expect(posted.body).toContain("POST /old/a?b=c the body");
    expect(posted.header("x-type")).toBe("text/x-own");
    expect(posted.header("server")).toBeUndefined();
    expect(found.body).toContain("PROPFIND /old/ ");
    expect(served.log).toEqual([]);
  });

  it("sends what the settings add to every answer, and lets the listener change it", async () => {
    const changing = (_: IncomingMessage, response: ServerResponse) => {
      response.setHeader("X-Frame-Options", "SAMEORIGIN");
      response.end();
    };
    await using served = await serveApp([["/old/.*", FallbackHandler, { listener: changing }]], {
      requestId: { generate: () => "the-id" },
      securityHeaders: true,
    });

    const response = await served.request("GET /old/");

    expect(response.header("x-request-id")).toBe("the-id");
    expect(response.header("x-content-type-options")).toBe("nosniff");
    expect(response.header("x-frame-options")).toBe("SAMEORIGIN");
  });

  it("goes on with the connection afterwards, in order", async () => {
    await using served = await serveApp([
      ["/old", FallbackHandler, { listener: echo }],
      ["/echo", Echo],
    ]);

    const answers = await sendRaw(
      served.port,
      "POST /old HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none" +
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 8\r\n\r\nname=two" +
        "GET /old HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    );

    const places = ["POST /old one", "two /echo", "GET /old "].map((text) => answers.indexOf(text));
    expect(places.every((place, index) => place > (places[index - 1] ?? 0))).toBe(true);
  });

  it("is told to go on by a client that waits for it", async () => {
    await using served = await serveApp([["/old", FallbackHandler, { listener: echo }]]);
    const socket = await openSocket(served.port);
    let received = "";
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString();
    });

    socket.write(
      "POST /old HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
    );
    while (!received.includes("100 Continue")) await once(socket, "data");
    socket.write("ok");
    await once(socket, "close");

    expect(received).toContain("POST /old ok");
  });

  it.each<[string, (incoming: IncomingMessage, response: ServerResponse) => unknown]>([
    [
      "at once",
      () => {
        throw new Error("broken");
      },
    ],
    [
      "later",
      async () => {
        throw new Error("broken");
      },
    ],
  ])("answers 500 when the listener fails %s", async (_, listener) => {
    await using served = await serveApp([["/", FallbackHandler, { listener }]]);

    const response = parseResponse(
      await sendRaw(served.port, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
    );

    expect(response.status).toBe(500);
    expect(served.log.join()).toContain("Uncaught exception");
  });

  it("aborts the request's signal when the client leaves, and lets the server end", async () => {
    let incoming!: IncomingMessage;
    let resolveCalled!: () => void;
    const called = new Promise<void>((resolve) => {
      resolveCalled = resolve;
    });
    const listener = (given: IncomingMessage) => {
      incoming = given;
      resolveCalled();
    };
    await using served = await serveApp([["/", FallbackHandler, { listener }]]);
    const socket = await openSocket(served.port);

    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await called;
    const closed = once(incoming.socket, "close");
    socket.destroy();
    await closed;

    expect(incoming.destroyed).toBe(true);
  });

  it("needs messages of node:http, and says so", async () => {
    const app = new Application([["/", FallbackHandler, { listener: echo }]], { logFunction: () => {} });
    await using served = await serveApp(app);

    const response = await app.fetch(new Request("http://localhost/"));

    expect(response.status).toBe(500);
    expect(served.log.join()).toContain("GET / (0.0.0.0)");
  });

  it("runs in the context of the request", async () => {
    const listener = (_: IncomingMessage, response: ServerResponse) => response.end(requestContext()?.id);
    await using served = await serveApp([["/", FallbackHandler, { listener }]], { requestId: true });

    expect((await served.request("GET /")).body).toMatch(/^[\w-]{16}$/);
  });
});
