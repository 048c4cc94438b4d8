import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import WebSocket from "ws";
import { RunningDevServer, smallApp } from "./running-dev-server.js";

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** Attaches as a debugger does: it asks the port which process is there. */
async function attach(port: number) {
  const [target] = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
    webSocketDebuggerUrl: string;
  }[];
  const socket = new WebSocket(target!.webSocketDebuggerUrl);
  await once(socket, "open");
  const bundle = new Promise<{ sourceMapURL: string }>((resolve) => {
    socket.on("message", (data) => {
      const { method, params } = JSON.parse(String(data)) as { method?: string; params: Record<string, string> };
      const isBundle = method === "Debugger.scriptParsed" && /\.tornado\/dev\/.*app-/.test(params.url ?? "");
      if (isBundle) resolve(params as { sourceMapURL: string });
    });
  });
  socket.send(JSON.stringify({ id: 1, method: "Debugger.enable" }));
  return { url: target!.webSocketDebuggerUrl, bundle: await bundle, closed: once(socket, "close") };
}

describe("a debugger at the dev server", () => {
  it("sees the TypeScript of the app, and finds the next worker on the same port after a save", async () => {
    const port = await freePort();
    await using server = await RunningDevServer.start(smallApp, { inspect: port });
    await server.get("/");

    const first = await attach(port);
    await server.save("src/word.ts", 'export const word: string = "second";\n');
    await first.closed;
    await server.until("/", ({ body }) => body === "second");
    const second = await attach(port);

    expect(second.url).not.toBe(first.url);
    for (const { sourceMapURL } of [first.bundle, second.bundle]) {
      const map = await (await fetch(sourceMapURL)).json();
      expect((map as { sources: string[] }).sources).toContain("../../../src/word.ts");
    }
  });
});
