/** A built app with two workers: channels reach from one to the other, and WebSockets end well with their server. */

import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebSocketClientConnection } from "../../src/core/websocket/client-connection.js";
import { websocketConnect } from "../../src/core/websocket/websocket-connect.js";
import { Program, run } from "../support/program.js";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.js";

const tornado = resolve(import.meta.dirname, "../../bin/tornado.js");

const app = `
import { Application, RequestHandler } from "tornado/web";
import { WebSocketHandler } from "tornado/websocket";

class Room extends WebSocketHandler {
  override get maxQueuedBytes() {
    return 100 * 2 ** 20;
  }
  override async open() {
    this.subscribe("room");
    await this.writeMessage({ pid: process.pid });
  }
  override async onMessage(message: string | Buffer) {
    if (message === "count") await this.writeMessage({ count: await this.application.channel("room").count() });
    else this.application.channel("room").publish(message);
  }
}

export function makeApp({ debug }: { debug: boolean }) {
  return new Application([["/room", Room]], { debug });
}
`;

describe("channels of a built app with two workers", () => {
  let folder: TemporaryFolder;

  beforeAll(async () => {
    folder = await temporaryFolder("tornado-channels");
    await mkdir(join(folder.path, "src"));
    await writeFile(join(folder.path, "package.json"), '{ "name": "room", "type": "module", "private": true }');
    await writeFile(join(folder.path, "src/app.ts"), app);
    const built = await run(process.execPath, [tornado, "build"], { cwd: folder.path });
    expect(built.code, built.stderr).toBe(0);
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  it("carry messages in order, count, survive a worker's end, and close with 1001 at the end", async () => {
    await using server = new Program(process.execPath, [tornado, "start", "--port", "0", "--fork", "2"], {
      cwd: folder.path,
    });
    const [url] = await server.saw(/http:\/\/127\.0\.0\.1:\d+/);
    const members = new Map<number, WebSocketClientConnection>();
    const join = async () => {
      const connection = await websocketConnect(`${url}/room`);
      const { pid } = JSON.parse((await connection.readMessage()) as string) as { pid: number };
      if (members.has(pid)) {
        connection.close();
        await connection.closed;
      } else {
        members.set(pid, connection);
      }
    };
    while (members.size < 2) await join();
    const [[victim, one], [, two]] = [...members] as [
      [number, WebSocketClientConnection],
      [number, WebSocketClientConnection],
    ];
    const count = async () => {
      await two.writeMessage("count");
      return (JSON.parse((await two.readMessage()) as string) as { count: number }).count;
    };
    while ((await count()) !== 2);

    for (let index = 0; index < 500; index++) void one.writeMessage(`${index}`);
    const read: unknown[] = [];
    for (let index = 0; index < 500; index++) read.push(await two.readMessage());
    expect(read).toEqual(Array.from({ length: 500 }, (_, index) => `${index}`));

    process.kill(victim, "SIGKILL");
    while ((await count()) !== 1);
    members.delete(victim);
    while (members.size < 2) await join();
    const three = [...members.values()].at(-1)!;
    while ((await count()) !== 2);
    void three.writeMessage("from the new one");
    expect(await two.readMessage()).toBe("from the new one");

    server.kill("SIGTERM");
    expect(await two.readMessage()).toBe(null);
    const ended = await server.ended;
    expect([two.closeCode, ended.code]).toEqual([1001, 0]);
  });

  it("hold no more than a bound for a worker that has stopped to read, and say what it missed", async () => {
    await using server = new Program(process.execPath, [tornado, "start", "--port", "0", "--fork", "2"], {
      cwd: folder.path,
    });
    const [url] = await server.saw(/http:\/\/127\.0\.0\.1:\d+/);
    const members = new Map<number, WebSocketClientConnection>();
    while (members.size < 2) {
      const connection = await websocketConnect(`${url}/room`);
      const { pid } = JSON.parse((await connection.readMessage()) as string) as { pid: number };
      if (members.has(pid)) await connection[Symbol.asyncDispose]();
      else members.set(pid, connection);
    }
    const [[, speaker], [stopped, reader]] = [...members] as [
      [number, WebSocketClientConnection],
      [number, WebSocketClientConnection],
    ];
    await speaker.writeMessage("count");
    while ((await speaker.readMessage()) !== '{"count":2}') await speaker.writeMessage("count");

    process.kill(stopped, "SIGSTOP");
    const large = "x".repeat(2 ** 20);
    for (let index = 0; index < 50; index++) {
      await speaker.writeMessage(large);
      await speaker.readMessage();
    }
    await server.saw(/is behind with messages of channels/);
    process.kill(stopped, "SIGCONT");
    for (let received = 0; received < 20; received++) expect(await reader.readMessage()).toHaveLength(large.length);
    await server.saw(/missed \d+ messages of channels/);

    server.kill("SIGTERM");
    for (const connection of members.values()) while ((await connection.readMessage()) !== null);
  });

  it("do not start with a CHANNELS_URL that is none, and show no password of it", async () => {
    const env = { ...process.env, CHANNELS_URL: "redis:/user:secret-of-redis@host" };

    const ended = await run(process.execPath, [tornado, "start", "--port", "0"], { cwd: folder.path, env });

    expect([ended.code, ended.stderr + ended.stdout]).toEqual([
      1,
      expect.stringContaining("CHANNELS_URL is no address"),
    ]);
    expect(ended.stderr + ended.stdout).not.toContain("secret-of-redis");
  });
});
