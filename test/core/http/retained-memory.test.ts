/** Neither a connection that stays open, nor what is remembered beyond it, must keep what was answered. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { HTTPHeaders } from "../../../src/core/http/headers.js";
import type { HTTPServerRequest } from "../../../src/core/http/request.js";
import { bodyTag } from "../../../src/core/web/body-tag.js";
import { Conversation, serve } from "./serve.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

describe("a connection that stays open", () => {
  it("lets go of exchanges whose callbacks have been called", async () => {
    const exchanges: WeakRef<object>[] = [];
    let delivered = 0;
    const server = await serve((request: HTTPServerRequest) => {
      const { connection } = request;
      exchanges.push(new WeakRef(connection));
      connection.writeHeaders({ code: 200, reason: "OK" }, new HTTPHeaders({ "Content-Length": "5" }), "hello");
      connection.finish(() => {
        delivered += 1;
      });
    });
    const conversation = await Conversation.open(server);
    for (let count = 1; count <= 50; count += 1) {
      conversation.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
      while (delivered < count) await new Promise(setImmediate);
    }

    collectGarbage();

    const kept = exchanges.filter((exchange) => exchange.deref() !== undefined).length;
    expect(kept).toBeLessThan(10);
  });
});

describe("what is remembered of an answer, to be quicker with the next", () => {
  const used = () => {
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const megabyte = 2 ** 20;
  class Answering {}

  it.each<[string, (text: string) => void]>([
    ["a header", (text) => new HTTPHeaders().set("X-Cut-Out", text)],
    ["a short body", (text) => void bodyTag(text, Answering)],
  ])("does not keep the long text that it was cut out of: %s", async (_what, answer) => {
    const before = used();

    setImmediate(() => answer(JSON.stringify("a".repeat(20 * megabyte)).slice(100, 200)));
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    // The engine keeps the text that was matched last.
    /a/.test("a");

    expect(used() - before).toBeLessThan(10 * megabyte);
  });
});
