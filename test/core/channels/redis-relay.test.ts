/** With a Redis that runs for this file, and is stopped and started again. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { Channels } from "../../../src/core/channels/channels.js";
import { type RedisTiming, usualTiming } from "../../../src/core/channels/redis-line.js";
import { redisRelay } from "../../../src/core/channels/redis-relay.js";
import { subscribeToLog } from "../../../src/core/log.js";
import { bindUnusedPort } from "../../../src/core/testing/bind-unused-port.js";

/** Tells a test that a subscription stands. */
const probe = "probe";
const password = "s3cret-of-redis";
/** Long enough for a machine under load, and short enough to wait for. */
const quick: RedisTiming = { watchIntervalMs: 50, answerTimeoutMs: 300 };
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
    one.channel("room").subscribe((message) => message !== probe && own.push(message));
    two.channel("room").subscribe((message) => message !== probe && got.push(message));
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
    await settled(one, two, "count");
    await until(async () => (await three.channel("count").count()) === 3);

    ends.pop()!();
    expect(await one.channel("count").count()).toBe(2);
  });

  it("of another prefix are others", async () => {
    const [one, two] = [open(), open("?prefix=other:")];
    const got: unknown[] = [];
    two.channel("room").subscribe((message) => message !== probe && got.push(message));
    const three = open();
    three.channel("room").subscribe((message) => message !== probe && got.push(message));
    await settled(one, three, "room");
    await until(async () => (await two.channel("room").count()) === 1);

    one.channel("room").publish("x");
    await until(() => got.length > 0);

    expect(got).toEqual(["x"]);
  });

  it("hold messages while Redis is away, and send them when all that listened are back; no log line holds the password", async () => {
    const log = logged();
    const [one, two] = [open("", quick), open("", quick)];
    const got: unknown[] = [];
    two.channel("room").subscribe((message) => message !== probe && got.push(message));
    await settled(one, two, "room");
    // Whoever has counted knows how many are to be there again.
    await until(async () => (await one.channel("room").count()) === 1);

    await stopRedis();
    const held = Array.from({ length: 500 }, (_, index) => `held ${index}`);
    for (const message of held) one.channel("room").publish(message);
    expect(await one.channel("room").count()).toBe(0);
    await until(() => log.length >= 2);
    await startRedis();
    await until(() => got.length >= held.length);
    one.channel("room").publish("after");
    await until(() => got.includes("after"));

    expect(got).toEqual([...held, "after"]);
    await until(() => log.length >= 4);
    expect(log.map((line) => line.split(" ")[0]).sort()).toEqual(["info", "info", "warn", "warn"]);
    expect(log.join("\n")).not.toContain(password);
  }, 30_000);

  it("notice a Redis that stops to answer, and go on when it does again", async () => {
    const log = logged();
    const [one, two] = [open("", quick), open("", quick)];
    const got: unknown[] = [];
    two.channel("room").subscribe((message) => message !== probe && got.push(message));
    await settled(one, two, "room");
    await until(async () => (await one.channel("room").count()) === 1);

    redis.kill("SIGSTOP");
    onTestFinished(() => void redis.kill("SIGCONT"));
    await until(() => log.length >= 2);
    one.channel("room").publish("held");
    redis.kill("SIGCONT");
    await until(() => got.includes("held"));

    expect(log[0]).toMatch(/^warn Redis at .* is not there for channels: .*not answered for 0\.3 s/);
  }, 30_000);

  it("give up an address that accepts and says nothing", async () => {
    const log = logged();
    const silent = createServer(() => {});
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const channels = new Channels(redisRelay(`redis://127.0.0.1:${(silent.address() as AddressInfo).port}`, quick));
    onTestFinished(async () => {
      await channels.close();
      silent.close();
    });

    channels.channel("room").publish("x");
    await until(() => log.length > 0);

    expect(log[0]).toMatch(/not answered/);
  });

  it("hear a room that is left and joined again at once", async () => {
    const [one, two] = [open(), open()];
    const got: unknown[] = [];
    const leave = two.channel("room").subscribe(() => {});
    await settled(one, two, "room");

    leave();
    two.channel("room").subscribe(() => {})();
    two.channel("room").subscribe((message) => message !== probe && got.push(message));
    await settled(one, two, "room");
    one.channel("room").publish("x");
    await until(() => got.length > 0);

    expect(got).toEqual(["x"]);
  });

  it("say it once when Redis refuses a channel, and go on with the others", async () => {
    command(
      "ACL",
      "SETUSER",
      "limited",
      "on",
      ">limited-password",
      "+@all",
      "resetchannels",
      "&tornado:c*",
      "&tornado:channel:mine",
    );
    const log = logged();
    const one = new Channels(redisRelay(`redis://limited:limited-password@127.0.0.1:${port}`));
    onTestFinished(() => one.close());
    const two = open();
    const got: unknown[] = [];
    two.channel("mine").subscribe((message) => message !== probe && got.push(message));
    command("ACL", "SETUSER", "limited", "resetchannels", "&tornado:count*", "&tornado:channel:mine");
    one.channel("mine").subscribe(() => {});
    await settled(one, two, "mine");

    for (let index = 0; index < 3; index++) one.channel("theirs").publish(index);
    one.channel("mine").publish("x");
    await until(() => got.length > 0);

    expect(log).toEqual([expect.stringMatching(/^error Redis at .* refuses messages of channels: NOPERM/)]);
  });

  it("take up work when the password that was wrong is right", async () => {
    const log = logged();
    const late = new Channels(redisRelay(`redis://late:late-password@127.0.0.1:${port}`, quick));
    onTestFinished(() => late.close());
    const two = open();
    const got: unknown[] = [];
    late.channel("room").subscribe((message) => message !== probe && got.push(message));
    await until(() => log.length > 0);

    command("ACL", "SETUSER", "late", "on", ">late-password", "+@all", "allchannels", "allkeys");
    await settled(late, two, "room");
    two.channel("room").publish("x");
    await until(() => got.length > 0);

    expect(log.join("\n")).not.toContain("late-password");
  });

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
    two.channel("room").subscribe((message) => message !== probe && got.push(message));
    await settled(one, two, "room");

    one.channel("room").publish("last words");
    await one.close();
    await until(() => got.length === 1);

    expect(got).toEqual(["last words"]);
  });
});

/** Everything that is logged during a test. */
function logged(): string[] {
  const log: string[] = [];
  onTestFinished(subscribeToLog((record) => log.push(`${record.level} ${record.message} ${record.error ?? ""}`) > 0));
  return log;
}

/** Has Redis do something. */
function command(...words: string[]): void {
  const done = spawnSync("redis-cli", ["-p", String(port), "-a", password, "--no-auth-warning", ...words]);
  expect(done.stdout.toString()).toBe("OK\n");
}

function open(query = "", timing: RedisTiming = usualTiming): Channels {
  const channels = new Channels(redisRelay(`redis://:${password}@127.0.0.1:${port}/${query}`, timing));
  onTestFinished(() => channels.close());
  return channels;
}

/** Waits until each gets what the other publishes: to subscribe takes a way to Redis and back. */
async function settled(one: Channels, two: Channels, channel: string): Promise<void> {
  for (const [from, to] of [
    [one, two],
    [two, one],
  ] as const) {
    let hasArrived = false;
    const end = to.channel(channel).subscribe((message) => {
      hasArrived ||= message === probe;
    });
    await until(() => {
      from.channel(channel).publish(probe);
      return hasArrived;
    });
    end();
  }
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
