import { once } from "node:events";
import { existsSync } from "node:fs";
import { chromium as playwright } from "playwright-core";
import { describe, expect, it } from "vitest";
import WebSocket from "ws";
import { chromium, RunningDevServer, smallApp } from "./running-dev-server.js";

const app = `import { Application, RequestHandler } from "tornado/web";
import { WebSocketHandler } from "tornado/websocket";
import { word } from "./word.js";

class Page extends RequestHandler {
  override async get(): Promise<void> {
    await this.render("page.html", { word });
  }
}

class Talk extends WebSocketHandler {
  override open(): void {
    this.writeMessage(word);
  }

  override onMessage(message: string | Buffer): void {
    throw new RangeError("cannot take " + message);
  }
}

export function makeApp({ debug }: { debug: boolean }): Application {
  return new Application([["/", Page], ["/ws", Talk]], { debug, templatePath: "templates" });
}
`;
const talking = {
  ...smallApp,
  "src/app.ts": app,
  "templates/page.html": `<!doctype html><body><h1>{{ word }}</h1>
<script>
  const socket = new WebSocket("ws://" + location.host + "/ws");
  socket.onmessage = () => document.body.append("connected");
</script></body>`,
};

describe("WebSockets of an app in development", () => {
  it("are closed with 1012 at a save, and lead to the new code when they are opened again", async () => {
    await using server = await RunningDevServer.start(talking);
    const before = new WebSocket(server.url("/ws"));
    const [first] = await once(before, "message");

    await server.save("src/word.ts", 'export const word: string = "second";\n');
    const [code] = await once(before, "close");
    const after = new WebSocket(server.url("/ws"));
    const [second] = await once(after, "message");
    after.terminate();

    expect([String(first), code, String(second)]).toEqual(["first", 1012, "second"]);
  });

  it.skipIf(!existsSync(chromium))(
    "show an exception of theirs over the page, and in the terminal (needs Chromium)",
    async () => {
      await using server = await RunningDevServer.start(talking);
      const browser = await playwright.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-gpu"] });
      const page = await browser.newPage();
      const listens = page.waitForRequest((request) => request.url().endsWith("/__tornado/events"));
      await page.goto(server.url("/"));
      await listens;
      await page.waitForSelector("text=connected");

      await page.evaluate("socket.send('this')");
      const overlay = await page.waitForSelector("tornado-overlay [role=alertdialog]");
      const shown = await overlay.textContent();
      await server.program.saw(/RangeError: cannot take this/);
      await browser.close();

      expect(shown).toContain("cannot take this");
      expect(shown).toMatch(/src\/app\.ts:17:11/);
      expect(server.program.stderr).toMatch(/> 17 \| +throw new RangeError/);
    },
  );
});
