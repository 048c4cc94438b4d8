/** A connection that stays open must not keep what was answered on it. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { HTTPHeaders } from "../../../src/core/http/headers.js";
import type { HTTPServerRequest } from "../../../src/core/http/request.js";
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
