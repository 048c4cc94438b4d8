/** With a Redis that runs for this file, and is stopped and started again. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { Channels } from "../../../src/core/channels/channels.js";
import { redisRelay } from "../../../src/core/channels/redis-relay.js";
import { subscribeToLog } from "../../../src/core/log.js";
import { bindUnusedPort } from "../../../src/core/testing/bind-unused-port.js";

const password = "s3cret-of-redis";
const isThere = spawnSync("redis-server", ["--version"]).status === 0;
if (!isThere && process.env.CI !== undefined) throw new Error("CI must have a redis-server. Install redis-server.");

let port = 0;
let redis: ChildProcess;

describe.skipIf(!isThere)("channels over Redis (needs redis-server)", () => {
  beforeAll(async () => {
    const unused = await bindUnusedPort();
    port = unused.port;
    unused.server.close();
    await startRedis();
  });
  afterAll(() => stopRedis());

  it("carry messages from process to process, in order, and to each once", async () => {
    const [one, two] = [open(), open()];
    const got: unknown[] = [];
    const own: unknown[] = [];
    one.channel("room").subscribe((message) => own.push(message));
    two.channel("room").subscribe((message) => got.push(message));
    await settled(one, two, "room");

    for (let index = 0; index < 1000; index++) one.channel("room").publish(index);
    one.channel("room").publish({ text: "é" });
    one.channel("room").publish(Buffer.from([255]));
    await until(() => got.length === 1002);

    const expected = [...Array.from({ length: 1000 }, (_, index) => index), { text: "é" }, Buffer.from([255])];
    expect(got).toEqual(expected);
    expect(own).toEqual(expected);
  });

  it("count the subscribers of all processes", async () => {
    const [one, two, three] = [open(), open(), open()];
    const ends = [one, two, two].map((channels) => channels.channel("count").subscribe(() => {}));
    await settled(one, two, "count", 3);
    await until(async () => (await three.channel("count").count()) === 3);

    ends.pop()!();
    expect(await one.channel("count").count()).toBe(2);
  });

  it("of another prefix are others", async () => {
    const [one, two] = [open(), open("?prefix=other:")];
    const got: unknown[] = [];
    two.channel("room").subscribe((message) => got.push(message));
    const three = open();
    three.channel("room").subscribe((message) => got.push(message));
    await settled(one, three, "room");
    await until(async () => (await two.channel("room").count()) === 1);

    one.channel("room").publish("x");
    await until(() => got.length > 0);

    expect(got).toEqual(["x"]);
  });

  it("hold messages while Redis is away, and go on when it is back; what the log says holds no password", async () => {
    const log: string[] = [];
    onTestFinished(
      subscribeToLog((record) => {
        log.push(`${record.level} ${record.message} ${record.error ?? ""}`);
        return true;
      }),
    );
    const [one, two] = [open(), open()];
    const got: unknown[] = [];
    two.channel("room").subscribe((message) => got.push(message));
    await settled(one, two, "room");

    await stopRedis();
    one.channel("room").publish("held 1");
    one.channel("room").publish("held 2");
    expect(await one.channel("room").count()).toBe(0);
    await until(() => log.length >= 2);
    // A subscriber must be there before what is published for it: the reader comes back first.
    const held = one.channel("room");
    await startRedis();
    await until(() => log.filter((line) => line.startsWith("info")).length === 2);
    held.publish("after");
    await until(() => got.includes("after"));

    expect(got.filter((message) => message !== "after")).toSatisfy((some: unknown[]) =>
      ["held 1", "held 2"]
        .filter((message) => some.includes(message))
        .every((message, index) => some[index] === message),
    );
    expect(log.filter((line) => line.startsWith("warn"))).toHaveLength(2);
    expect(log.join("\n")).not.toContain(password);
  }, 30_000);

  it("throw nothing when Redis was never there, or the password is wrong", async () => {
    const log: string[] = [];
    onTestFinished(subscribeToLog((record) => log.push(record.message) > 0));
    const channels = [
      new Channels(redisRelay("redis://127.0.0.1:1")),
      new Channels(redisRelay(`redis://:wrong-password@127.0.0.1:${port}`)),
    ];
    onTestFinished(() => Promise.all(channels.map((one) => one.close())).then(() => {}));

    for (const one of channels) {
      one.channel("room").subscribe(() => {});
      one.channel("room").publish("x");
      expect(await one.channel("room").count()).toBe(1);
    }
    await until(() => log.length >= 2);

    expect(log.join("\n")).not.toContain("wrong-password");
  });

  it("send what waits before they close", async () => {
    const [one, two] = [open(), open()];
    const got: unknown[] = [];
    two.channel("room").subscribe((message) => got.push(message));
    await settled(one, two, "room");

    one.channel("room").publish("last words");
    await one.close();
    await until(() => got.length === 1);

    expect(got).toEqual(["last words"]);
  });
});

function open(query = ""): Channels {
  const channels = new Channels(redisRelay(`redis://:${password}@127.0.0.1:${port}/${query}`));
  onTestFinished(() => channels.close());
  return channels;
}

/** Waits until both know each other: to subscribe takes a way to Redis and back. */
async function settled(one: Channels, two: Channels, channel: string, count?: number): Promise<void> {
  const wanted = count ?? one.channel(channel).localCount + two.channel(channel).localCount;
  await until(async () => (await one.channel(channel).count()) >= wanted);
  await until(async () => (await two.channel(channel).count()) >= wanted);
  // The last subscription is answered after the first count that knows it.
  await new Promise((resolve) => setTimeout(resolve, 50));
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

async function startRedis(): Promise<void> {
  const args = [
    "--port",
    String(port),
    "--bind",
    "127.0.0.1",
    "--save",
    "",
    "--appendonly",
    "no",
    "--requirepass",
    password,
  ];
  redis = spawn("redis-server", args, { stdio: "ignore", cwd: "/tmp" });
  await until(async () => {
    const socket = connect(port, "127.0.0.1");
    const isOpen = await Promise.race([
      once(socket, "connect").then(() => true),
      once(socket, "error").then(
        () => false,
        () => false,
      ),
    ]).catch(() => false);
    socket.destroy();
    return isOpen;
  });
}

async function stopRedis(): Promise<void> {
  if (redis.exitCode !== null || redis.signalCode !== null) return;
  const exited = once(redis, "exit");
  redis.kill("SIGKILL");
  await exited;
}
