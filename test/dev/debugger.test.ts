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

interface Script {
  readonly scriptId: string;
  readonly url: string;
  readonly sourceMapURL: string;
}

/** Attaches as a debugger does: it asks the port which process is there. */
async function attach(port: number) {
  const [target] = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
    webSocketDebuggerUrl: string;
  }[];
  const socket = new WebSocket(target!.webSocketDebuggerUrl);
  await once(socket, "open");
  const answers = new Map<number, (result: unknown) => void>();
  let count = 0;
  let tellPaused: (line: string) => void = () => {};
  const paused = new Promise<string>((resolve) => {
    tellPaused = resolve;
  });
  const bundle = new Promise<Script>((resolve) => {
    socket.on("message", (data) => {
      const { id, method, params, result } = JSON.parse(String(data));
      if (id !== undefined) answers.get(id)?.(result);
      else if (method === "Debugger.paused") tellPaused(params.callFrames[0].functionName);
      else if (method === "Debugger.scriptParsed" && /\.tornado\/dev\/.*app-/.test(params.url)) resolve(params);
    });
  });
  const send = (method: string, params: object = {}) =>
    new Promise<unknown>((resolve) => {
      count += 1;
      answers.set(count, resolve);
      socket.send(JSON.stringify({ id: count, method, params }));
    });
  await send("Debugger.enable");
  return { url: target!.webSocketDebuggerUrl, bundle: await bundle, closed: once(socket, "close"), paused, send };
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

    const { scriptId, url } = second.bundle;
    const { scriptSource } = (await second.send("Debugger.getScriptSource", { scriptId })) as { scriptSource: string };
    const lineNumber = scriptSource.split("\n").findIndex((line) => line.includes("this.write(word)"));
    await second.send("Debugger.setBreakpointByUrl", { url, lineNumber });
    const answer = server.get("/");
    const functionName = await second.paused;
    await second.send("Debugger.resume");

    expect(functionName).toBe("get");
    expect((await answer).body).toBe("second");
    expect(server.program.output).toContain(`127.0.0.1:${port}`);
    expect(server.program.output).not.toMatch(/Debugger listening|For help, see/);
    expect(second.url).not.toBe(first.url);
    for (const { sourceMapURL } of [first.bundle, second.bundle]) {
      const map = await (await fetch(sourceMapURL)).json();
      expect((map as { sources: string[] }).sources).toContain("../../../src/word.ts");
    }
  });
});
