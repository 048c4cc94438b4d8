/** Exchanges that are left to code written for node:http: what holds for it as for any handler. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, it, vi } from "vitest";
import type { HTTPConnection } from "../../../src/core/http/connection.js";
import { HTTPHeaders } from "../../../src/core/http/headers.js";
import type { HTTPServer, HTTPServerOptions } from "../../../src/core/http/server.js";
import { Conversation, RecordingDelegate, serve } from "./serve.js";

const post = (...lines: string[]) => ["POST / HTTP/1.1", "Host: a", ...lines, "\r\n"].join("\r\n");
const turn = () => new Promise(setImmediate);

interface Left {
  readonly server: HTTPServer;
  readonly delegate: RecordingDelegate;
  /** What has come of the body, and how it ended. */
  readonly seen: string[];
}

/** Leaves each request to a listener that reads its body and answers with its length. */
async function leave(
  options: HTTPServerOptions,
  prepare: (delegate: RecordingDelegate) => void = () => {},
): Promise<Left> {
  const seen: string[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    seen.push("called");
    let length = 0;
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
    });
    request.on("error", () => seen.push(`broken off at ${length}`));
    request.on("end", () => response.end(`${length} bytes.`));
  };
  const delegate = new RecordingDelegate({
    headersReceived() {
      prepare(delegate);
      const { request, response } = delegate.connection.takeNodeMessages!();
      listener(request, response);
    },
  });
  return { server: await serve(delegate, options), delegate, seen };
}

describe.each(["sockets", "node"] as const)("over the transport %s, a body that a listener reads", (transport) => {
  it("is served up to the limit, by its length and in chunks", async () => {
    const { server } = await leave({ transport, maxBodySize: 10 });
    const conversation = await Conversation.open(server);

    conversation.send(`${post("Content-Length: 10")}0123456789`);
    await conversation.until("10 bytes.");
    conversation.send(
      `${post("Transfer-Encoding: chunked", "Connection: close")}5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n`,
    );

    expect((await conversation.end()).match(/10 bytes\./g)).toHaveLength(2);
  });

  it("is refused before the listener is called if it says that it is longer", async () => {
    const { server, seen } = await leave({ transport, maxBodySize: 10 });
    const conversation = await Conversation.open(server);

    conversation.send(post("Content-Length: 11"));

    expect(await conversation.end()).toMatch(/^HTTP\/1\.1 413 /);
    expect(seen).toEqual([]);
  });

  it("is cut off when its chunks pass the limit", async () => {
    const { server, delegate, seen } = await leave({ transport, maxBodySize: 10 });
    const conversation = await Conversation.open(server);

    conversation.send(`${post("Transfer-Encoding: chunked")}5\r\n01234\r\n`);
    while (seen.length === 0) await turn();
    conversation.send("6\r\n012345\r\n0\r\n\r\n");

    expect(await conversation.end()).toBe("");
    await delegate.closed;
    while (seen.length < 2) await turn();
    expect(seen).toEqual(["called", "broken off at 5"]);
  });

  it.each([
    ["lower", 100, 10],
    ["higher", 10, 100],
  ])("is held to the limit of its handler, which is %s", async (_what, ofServer, ofHandler) => {
    const { server, seen } = await leave({ transport, maxBodySize: ofServer }, (delegate) =>
      delegate.connection.setMaxBodySize(ofHandler),
    );
    const fitting = await Conversation.open(server);
    const tooLong = await Conversation.open(server);
    const chunk = (size: number) => `${size.toString(16)}\r\n${"x".repeat(size)}\r\n0\r\n\r\n`;

    fitting.send(post("Transfer-Encoding: chunked", "Connection: close") + chunk(ofHandler));
    await fitting.until(`${ofHandler} bytes.`);
    tooLong.send(post("Transfer-Encoding: chunked") + chunk(ofHandler + 1));

    expect(await tooLong.end()).toBe("");
    while (seen.length < 3) await turn();
    expect(seen.at(-1)).toMatch(/^broken off/);
  });

  it("must have arrived in time, if there is a limit", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "setTimeout", "clearTimeout"] });
    try {
      const { server, seen } = await leave({ transport, bodyTimeout: 5 });
      const conversation = await Conversation.open(server);
      conversation.send(`${post("Content-Length: 5")}012`);
      while (seen.length === 0) await turn();

      for (let second = 0; second < 7; second++) {
        vi.advanceTimersByTime(1000);
        await turn();
      }

      expect(await conversation.end()).toBe("");
      while (seen.length < 2) await turn();
      expect(seen.at(-1)).toBe("broken off at 3");
    } finally {
      vi.useRealTimers();
    }
  });

  it.each<[string, (connection: HTTPConnection) => unknown]>([
    ["detach", (connection) => connection.detach()],
    ["writeHeaders", (connection) => connection.writeHeaders({ code: 200, reason: "OK" }, new HTTPHeaders())],
    ["write", (connection) => connection.write("in between")],
    ["finish", (connection) => connection.finish()],
    ["takeNodeMessages", (connection) => connection.takeNodeMessages!()],
  ])("is alone to answer: %s is refused", async (_what, meddle) => {
    let thrown: unknown;
    const delegate = new RecordingDelegate({
      headersReceived() {
        const { response } = delegate.connection.takeNodeMessages!();
        try {
          meddle(delegate.connection);
        } catch (error) {
          thrown = error;
        }
        response.end("still whole");
      },
    });
    const server = await serve(delegate, { transport });
    const conversation = await Conversation.open(server);

    conversation.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await conversation.until("still whole");

    expect(thrown).toMatchObject({ name: "HTTPOutputError" });
    expect(conversation.received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });
});

describe.each(["sockets", "node"] as const)(
  "over the transport %s, a request that is left to a listener",
  (transport) => {
    const upgrade = ["Connection: Upgrade", "Upgrade: h2c"];

    it.each([
      ["an expectation that nobody knows", "GET / HTTP/1.1", ["Expect: magic"], ""],
      ["an upgrade that nobody takes", "GET / HTTP/1.1", upgrade, ""],
      ["such an upgrade with a body", "POST / HTTP/1.1", [...upgrade, "Content-Length: 5"], "hello"],
      [
        "such an upgrade with chunks",
        "POST / HTTP/1.1",
        [...upgrade, "Transfer-Encoding: chunked"],
        "5\r\nhello\r\n0\r\n\r\n",
      ],
    ])("is answered once, and its body read: %s", async (_what, line, fields, body) => {
      const { server } = await leave({ transport });
      const conversation = await Conversation.open(server);

      conversation.send(`${[line, "Host: a", ...fields].join("\r\n")}\r\n\r\n${body}`);
      await conversation.until(body === "" ? "0 bytes." : "5 bytes.");

      expect(conversation.received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(conversation.received.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    });

    it("is refused once if node:http does not know its method", async () => {
      const { server, seen } = await leave({ transport });
      const conversation = await Conversation.open(server);

      conversation.send("MKTEA / HTTP/1.1\r\nHost: a\r\n\r\n");

      const text = await conversation.end();
      expect(text).toMatch(transport === "sockets" ? /^HTTP\/1\.1 501 / : /^HTTP\/1\.1 400 /);
      expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
      expect(seen).toEqual([]);
    });
  },
);
