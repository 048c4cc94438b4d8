import { describe, expect, it } from "vitest";
import { callableDelegate } from "../../../src/core/http/callable-delegate.js";
import { fetchFromDelegate } from "../../../src/core/http/fetch-adapter.js";
import { HTTPHeaders } from "../../../src/core/http/headers.js";
import { Application } from "../../../src/core/web/application.js";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import { answer, RecordingDelegate } from "./serve.js";

const address = "http://host.test:81/a?b=c";

describe("fetchFromDelegate", () => {
  it("gives the request to the delegate, and its answer back", async () => {
    const delegate = callableDelegate((request) => {
      const { method, uri, host, protocol, body } = request;
      answer(request.connection, `${method} ${uri} ${host} ${protocol} ${body}`, [
        ["Set-Cookie", "a=1"],
        ["Set-Cookie", "b=2"],
        ["Connection", "close"],
      ]);
    });

    const response = await fetchFromDelegate(delegate, new Request(address, { method: "POST", body: "hello" }));

    expect(response.status).toBe(200);
    expect(await response.text()).toBe("POST /a?b=c host.test:81 http hello");
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(response.headers.has("Connection")).toBe(false);
  });

  it("breaks a response off that is cut", async () => {
    const delegate = new RecordingDelegate({
      finish() {
        delegate.connection.writeHeaders({ code: 200, reason: "OK" }, new HTTPHeaders(), "half of");
        delegate.connection.cut();
      },
    });

    const response = await fetchFromDelegate(delegate, new Request(address));

    await expect(response.text()).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(delegate.calls).toContain("onConnectionClose");
  });

  it("streams a response, each piece when the one before was read", async () => {
    const taken: string[] = [];
    const delegate = new RecordingDelegate({
      finish() {
        const { connection } = delegate;
        connection.writeHeaders({ code: 200, reason: "OK" }, new HTTPHeaders(), "first", () => {
          taken.push("first");
          connection.write("second", () => {
            taken.push("second");
            connection.finish();
          });
        });
      },
    });

    const response = await fetchFromDelegate(delegate, new Request(address));

    expect(await response.text()).toBe("firstsecond");
    expect(taken).toEqual(["first", "second"]);
  });

  it.each([204, 304])("has no body with status %d", async (code) => {
    const delegate = new RecordingDelegate({
      finish() {
        delegate.connection.writeHeaders({ code, reason: "X" }, new HTTPHeaders());
        delegate.connection.finish();
      },
    });

    const response = await fetchFromDelegate(delegate, new Request(address));

    expect([response.status, response.body]).toEqual([code, null]);
  });

  it("tells the delegate once that nobody reads any more", async () => {
    const delegate = new RecordingDelegate({
      finish: () => delegate.connection.writeHeaders({ code: 200, reason: "OK" }, new HTTPHeaders(), "first"),
    });
    const response = await fetchFromDelegate(delegate, new Request(address));

    await response.body?.cancel();
    await delegate.closed;

    expect(delegate.calls).toEqual(["headersReceived GET /a?b=c", "finish", "onConnectionClose"]);
  });

  it("tells the delegate that the request was aborted", async () => {
    const controller = new AbortController();
    const delegate = new RecordingDelegate({ finish: () => controller.abort() });

    const response = fetchFromDelegate(delegate, new Request(address, { signal: controller.signal }));

    await expect(response).rejects.toMatchObject({ name: "AbortError" });
    expect(delegate.calls.at(-1)).toBe("onConnectionClose");
  });

  it("does not begin what was aborted before", async () => {
    const delegate = new RecordingDelegate();

    const response = fetchFromDelegate(delegate, new Request(address, { signal: AbortSignal.abort() }));

    await expect(response).rejects.toMatchObject({ name: "AbortError" });
    expect(delegate.calls).toEqual([]);
  });

  it("breaks off a response whose request is aborted", async () => {
    const controller = new AbortController();
    const delegate = new RecordingDelegate({
      finish: () => delegate.connection.writeHeaders({ code: 200, reason: "OK" }, new HTTPHeaders(), "first"),
    });
    const response = await fetchFromDelegate(delegate, new Request(address, { signal: controller.signal }));

    controller.abort();
    delegate.connection.write("second");
    delegate.connection.finish();

    await expect(response.text()).rejects.toMatchObject({ name: "AbortError" });
  });

  it("answers 500 for a status that a Response cannot have", async () => {
    class Unusual extends RequestHandler {
      get() {
        this.setStatus(682);
      }
    }

    const response = await new Application([["/", Unusual]], { logFunction: () => {} }).fetch(new Request("http://a/"));

    expect(response.status).toBe(500);
  });

  it("refuses a body that is too large, and survives a delegate that throws", async () => {
    const request = () => new Request(address, { method: "POST", body: "hello" });
    const throwing = new RecordingDelegate({
      finish() {
        throw new Error("broken");
      },
    });

    const tooLarge = await fetchFromDelegate(new RecordingDelegate(), request(), { maxBodySize: 4 });
    const broken = await fetchFromDelegate(throwing, request());

    expect([tooLarge.status, broken.status]).toEqual([413, 500]);
  });
});
