/** What a connection owes to its callbacks, and they to it: who waits for whom, and who learns of the end. */

import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { HTTPServer } from "../../../src/core/http/server.js";
import { Application } from "../../../src/core/web/application.js";
import { websocketConnect } from "../../../src/core/websocket/websocket-connect.js";
import { WebSocketHandler } from "../../../src/core/websocket/websocket-handler.js";
import { certificateIn } from "../../../src/dev/certificate.js";
import { openSocket } from "../../support/raw-http.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { Conversation } from "../http/serve.js";
import { serveApp } from "../web/serve-app.js";
import { close, frame, handshakeLines, RawWebSocket, text } from "./raw-websocket.js";

/** A promise that a test settles when it likes. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

async function serving(Handler: new (...args: never[]) => WebSocketHandler, settings = {}) {
  const served = await serveApp([["/ws", Handler as never]], settings);
  onTestFinished(async () => {
    await served.app.shutdown();
    await served[Symbol.asyncDispose]();
  });
  return served;
}

describe("while a callback works", () => {
  it.each<[string, (websocket: RawWebSocket) => unknown]>([
    ["ends without a word", (websocket) => websocket.socket.end()],
    ["is reset", (websocket) => websocket.socket.resetAndDestroy()],
    ["says goodbye and leaves", (websocket) => websocket.send(close(1000)) ?? websocket.socket.end()],
  ])("a client that %s aborts request.signal at once", async (_, leave) => {
    const calls: string[] = [];
    const [working, left] = [gate(), gate()];
    class Working extends WebSocketHandler {
      override async onMessage() {
        working.open();
        await new Promise((resolve) => this.request.signal.addEventListener("abort", resolve));
        calls.push("aborted");
      }
      override onClose() {
        calls.push("onClose");
        left.open();
      }
    }
    const { port } = await serving(Working);
    const websocket = await RawWebSocket.open(port);

    websocket.send(text("x"));
    await working.opened;
    leave(websocket);
    await left.opened;

    expect(calls).toEqual(["aborted", "onClose"]);
  });

  it("nothing more is read than one piece, however much is sent", async () => {
    const [working, done] = [gate(), gate()];
    class Working extends WebSocketHandler {
      override onMessage() {
        working.open();
        return done.opened;
      }
    }
    const { port } = await serving(Working);
    const websocket = await RawWebSocket.open(port);
    const hundredMegabytes = Array.from({ length: 100 }, () => frame(2, Buffer.alloc(2 ** 20 - 1)));

    websocket.send(...hundredMegabytes.slice(0, 1));
    await working.opened;
    websocket.send(...hundredMegabytes);
    // What the systems on both sides hold is read by nobody.
    let waiting = 0;
    while (waiting !== websocket.socket.writableLength) {
      waiting = websocket.socket.writableLength;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    done.open();

    expect(waiting).toBeGreaterThan(50 * 2 ** 20);
  });
});

describe("a client that asks and does not read", () => {
  it("cannot fill the memory with the answers to its pings", async () => {
    let handler!: WebSocketHandler;
    const left = gate();
    class Quiet extends WebSocketHandler {
      override open() {
        handler = this;
      }
      override onMessage() {}
      override onClose() {
        left.open();
      }
    }
    const { port } = await serving(Quiet, { websocketMaxQueuedBytes: 100_000 });
    const websocket = await RawWebSocket.open(port);
    websocket.socket.pause();
    const pings = Buffer.concat(Array.from({ length: 10_000 }, () => frame(9, Buffer.alloc(125))));

    let most = 0;
    while (handler.isOpen) {
      websocket.socket.write(pings);
      await new Promise(setImmediate);
      most = Math.max(most, handler.bufferedAmount);
    }
    websocket.socket.resume();
    await left.opened;

    expect(most).toBeLessThan(500_000);
  });
});

describe("after a callback has failed", () => {
  it("no other is called but onClose", async () => {
    const calls: string[] = [];
    const left = gate();
    class Failing extends WebSocketHandler {
      override onMessage() {
        throw new Error("broken");
      }
      override onPing() {
        calls.push("onPing");
      }
      override onClose() {
        calls.push("onClose");
        left.open();
      }
    }
    const { port } = await serving(Failing);
    const websocket = await RawWebSocket.open(port);

    websocket.send(text("x"), frame(9), text("y"));
    await websocket.transcript();
    await left.opened;

    expect(calls).toEqual(["onClose"]);
  });
});

describe("the end of a server", () => {
  const serve = async (app: Application) => {
    const server = new HTTPServer(app);
    await server.listen(0, "127.0.0.1");
    return server;
  };

  it("waits for what onClose does", async () => {
    const saving = gate();
    const calls: string[] = [];
    class Saving extends WebSocketHandler {
      override onMessage() {}
      override async onClose() {
        await saving.opened;
        calls.push("saved");
      }
    }
    const app = new Application([["/ws", Saving]]);
    app.onShutdown(() => void calls.push("shut down"));
    const server = await serve(app);
    const connection = await websocketConnect(`ws://127.0.0.1:${server.port}/ws`);

    const drained = server.drain({ lingerMs: 0 });
    await connection.closed;
    saving.open();

    expect(await drained).toEqual({ cut: 0 });
    await app.shutdown();
    expect(calls).toEqual(["saved", "shut down"]);
  });

  it("does not wait beyond the deadline for a callback that never ends", async () => {
    const working = gate();
    class Stuck extends WebSocketHandler {
      override onMessage() {
        working.open();
        return new Promise<void>(() => {});
      }
    }
    const app = new Application([["/ws", Stuck]]);
    const server = await serve(app);
    const connection = await websocketConnect(`ws://127.0.0.1:${server.port}/ws`);
    await connection.writeMessage("x");
    await working.opened;

    expect(await server.drain({ lingerMs: 0, deadlineMs: 100 })).toEqual({ cut: 1 });
    await app.shutdown();
  });

  it("refuses a WebSocket on a connection that lingers", async () => {
    class Echo extends WebSocketHandler {
      override onMessage() {}
    }
    const app = new Application([["/ws", Echo]]);
    const server = await serve(app);
    const conversation = new Conversation(await openSocket(server.port));
    conversation.send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
    await conversation.until("</html>");

    const drained = server.drain({ lingerMs: 10_000 });
    // The drain of the WebSockets, of which there are none, is over by then.
    await new Promise((resolve) => setTimeout(resolve, 20));
    conversation.send(handshakeLines());

    expect(await conversation.until("503: Service Unavailable</body>")).toMatch(/HTTP\/1\.1 503 /);
    expect(await drained).toEqual({ cut: 0 });
    await app.shutdown();
  });
});

describe("by TLS", () => {
  let certFile: string;
  let keyFile: string;
  beforeAll(async () => {
    const folder = await temporaryFolder("tornado-wss");
    await certificateIn(folder.path, []);
    [certFile, keyFile] = [join(folder.path, "cert.pem"), join(folder.path, "key.pem")];
    return () => folder[Symbol.asyncDispose]();
  });

  it.each(["sockets", "node"] as const)(
    "a WebSocket works as it does without, over the transport %s",
    async (transport) => {
      class Echo extends WebSocketHandler {
        override open() {
          return this.writeMessage(this.request.protocol);
        }
        override onMessage(message: string | Buffer) {
          return this.writeMessage(message);
        }
      }
      const app = new Application([["/ws", Echo]]);
      const server = await app.listen(0, { address: "127.0.0.1", transport, sslOptions: { certFile, keyFile } });
      const url = `wss://localhost:${server.port}/ws`;

      await expect(websocketConnect(url)).rejects.toMatchObject({ code: 599 });
      const options = { caCerts: certFile, headers: { Origin: `https://localhost:${server.port}` } };
      const connection = await websocketConnect(url, options);
      const large = "x".repeat(500_000);
      await connection.writeMessage(large);

      expect([await connection.readMessage(), await connection.readMessage()]).toEqual(["https", large]);
      const insecure = { ...options, headers: { Origin: `http://localhost:${server.port}` } };
      await expect(websocketConnect(url, insecure)).rejects.toMatchObject({ code: 403 });
      expect(await server.drain({ lingerMs: 0 })).toEqual({ cut: 0 });
      await connection.closed;
      expect(connection.closeCode).toBe(1001);
      await app.shutdown();
    },
  );
});
