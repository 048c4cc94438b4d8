import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { request } from "node:https";
import { describe, expect, it } from "vitest";
import WebSocket from "ws";
import { sendRaw } from "../support/raw-http.js";
import { RunningDevServer, smallApp } from "./running-dev-server.js";

const withSocket = {
  ...smallApp,
  "src/app.ts": smallApp["src/app.ts"]!.replace('["/", Home]', '["/", Home], ["/socket", Echo]')
    .replace(
      "class Home",
      "class Echo extends WebSocketHandler {\n  override onMessage(text: string): void {\n    this.writeMessage(text);\n  }\n}\n\nclass Home",
    )
    .replace("import { word }", 'import { WebSocketHandler } from "tornado/websocket";\nimport { word }'),
};

/** Asks as a client that trusts the certificate, and checks the name. */
async function ask(server: RunningDevServer, path: string): Promise<string> {
  const ca = await readFile(server.path(".tornado/https/cert.pem"));
  const [response] = await once(
    request({ host: "localhost", port: server.port, path, ca, agent: false }).end(),
    "response",
  );
  let body = "";
  for await (const text of response.setEncoding("utf8")) body += text;
  return body;
}

describe("a dev server with --https", () => {
  it("serves the app, its WebSockets and its saves by a certificate that is kept", async () => {
    await using server = await RunningDevServer.start(withSocket, { https: true });
    const ca = await readFile(server.path(".tornado/https/cert.pem"));

    const first = await ask(server, "/");
    const socket = new WebSocket(`wss://localhost:${server.port}/socket`, { ca });
    await once(socket, "open");
    socket.send("over TLS");
    const [echoed] = await once(socket, "message");
    socket.close();
    await server.save("src/word.ts", 'export const word: string = "second";\n');
    await server.saw(/reloaded/);

    expect(first).toBe("first");
    expect(String(echoed)).toBe("over TLS");
    expect(await ask(server, "/")).toBe("second");
    expect((await stat(server.path(".tornado/https/key.pem"))).mode & 0o077).toBe(0);
    expect(server.program.output).toMatch(/local +https:\/\/localhost:/);
    expect(server.program.output).toContain(".tornado/https/cert.pem");
  });

  it("sends whoever speaks plain HTTP to the right address", async () => {
    await using server = await RunningDevServer.start(smallApp, { https: true });

    const answer = await sendRaw(server.port, "GET /page?a=1 HTTP/1.1\r\nHost: localhost:1234\r\n\r\n");
    const nonsense = await sendRaw(server.port, "EHLO mail\r\n");

    expect(answer).toMatch(/^HTTP\/1\.1 307 [\s\S]*\r\nLocation: https:\/\/localhost:1234\/page\?a=1\r\n/);
    expect(nonsense).toMatch(/^HTTP\/1\.1 400 [\s\S]*This port speaks HTTPS/);
    expect(await ask(server, "/")).toBe("first");
  });
});
