import { describe, expect, it, onTestFinished } from "vitest";
import { Channels } from "../../../src/core/channels/channels.js";
import { Outbox } from "../../../src/core/channels/outbox.js";
import { subscribeToLog } from "../../../src/core/log.js";
import { testApp } from "../../../src/core/testing/test-app.js";
import { Application } from "../../../src/core/web/application.js";
import { WebSocketHandler } from "../../../src/core/websocket/websocket-handler.js";

const channelsAlone = () => new Channels(null);

describe("a channel", () => {
  it.each([["text"], [{ a: [1] }], [[1, 2]], [0], [true], [null], [Buffer.from([255])]])(
    "gives %j to every subscriber as it is",
    (message) => {
      const channels = channelsAlone();
      const got: unknown[] = [];
      channels.channel("room").subscribe((one) => got.push(one));
      channels.channel("room").subscribe((one) => got.push(one));
      channels.channel("other").subscribe((one) => got.push(one));

      channels.channel("room").publish(message);

      expect(got).toEqual([message, message]);
    },
  );

  it("counts its subscribers, and forgets those that end", async () => {
    const channel = channelsAlone().channel("room");
    const same = () => {};
    const first = channel.subscribe(same);
    const second = channel.subscribe(same);

    first();
    first();
    expect([channel.localCount, await channel.count()]).toEqual([1, 1]);

    second();
    expect(await channel.count()).toBe(0);
  });

  it("goes on when a subscriber throws, and logs it", () => {
    const log: string[] = [];
    onTestFinished(subscribeToLog((record) => log.push(record.message) > 0));
    const channel = channelsAlone().channel("room");
    const got: unknown[] = [];
    channel.subscribe(() => {
      throw new Error("broken");
    });
    channel.subscribe((message) => got.push(message));

    channel.publish("x");

    expect([got, log]).toEqual([["x"], ['Uncaught exception in a subscriber of the channel "room"']]);
  });

  it("lets subscribers come and go while a message is delivered", () => {
    const channel = channelsAlone().channel<string>("room");
    const got: string[] = [];
    channel.subscribe(() => {
      second();
      channel.subscribe((message) => got.push(`third ${message}`));
    });
    const second = channel.subscribe((message) => got.push(`second ${message}`));

    channel.publish("1");
    expect(got).toEqual([]);
  });

  it.each([[undefined], [() => {}], [Symbol("x")], [new ArrayBuffer(1)], [Float64Array.of(1)]])(
    "refuses to publish %s",
    (message) => {
      expect(() =>
        channelsAlone()
          .channel("room")
          .publish(message as never),
      ).toThrow(/publish\(\) takes/);
    },
  );

  it.each(["", "x".repeat(201), 7])("cannot be called %j", (name) => {
    expect(() => channelsAlone().channel(name as string)).toThrow(expect.objectContaining({ code: "BAD_ARGUMENT" }));
  });

  it.each(["nonsense", "http://127.0.0.1", "redis://:secret@"])(
    "is not made with CHANNELS_URL=%s, which no error shows",
    (url) => {
      process.env.CHANNELS_URL = url;
      onTestFinished(() => void delete process.env.CHANNELS_URL);

      expect(() => new Application().channel("x")).toThrow(expect.objectContaining({ code: "BAD_CHANNELS_URL" }));
      expect(() => new Application().channel("x")).not.toThrow(/secret/);
    },
  );
});

describe("an outbox", () => {
  const texts = (outbox: Outbox, count: number) => outbox.first(count).entries.map(({ text }) => text);

  it("keeps order, and drops the oldest beyond its bounds", () => {
    const outbox = new Outbox();
    for (let index = 0; index < 10_002; index++) outbox.add({ channel: "c", text: String(index) });

    expect([outbox.size, outbox.takeDropped(), outbox.takeDropped()]).toEqual([10_000, 2, 0]);
    expect(texts(outbox, 2)).toEqual(["2", "3"]);
    outbox.removeBefore(10_001);
    expect(texts(outbox, 5)).toEqual(["10001"]);
  });

  it("does not take those that came later for those that gave way while they were sent", () => {
    const outbox = new Outbox();
    for (let index = 0; index < 10_000; index++) outbox.add({ channel: "c", text: String(index) });
    const sent = outbox.first(200);

    for (let index = 0; index < 5000; index++) outbox.add({ channel: "c", text: `late ${index}` });
    outbox.removeBefore(sent.position + sent.entries.length);

    expect([outbox.size, texts(outbox, 1)]).toEqual([10_000, ["5000"]]);
  });

  it("counts bytes, and keeps one message however large it is", () => {
    const outbox = new Outbox();
    for (let index = 0; index < 3; index++) outbox.add({ channel: "c", text: "x".repeat(20 * 2 ** 20) });

    expect([outbox.size, outbox.takeDropped()]).toEqual([1, 2]);
  });
});

describe("a WebSocket handler's subscription", () => {
  class Chat extends WebSocketHandler {
    override open(room: string) {
      this.subscribe(room);
      this.subscribe("private", (message) => {
        if (message === "fail") throw new Error("broken");
        return this.writeMessage(`for me: ${message}`);
      });
    }
    override onMessage(message: string) {
      this.application.channel("room").publish({ said: message });
    }
  }
  const client = testApp(() => new Application([["/(\\w+)", Chat]]));

  it("sends what is published to every client, until it leaves", async () => {
    const [one, two, other] = await Promise.all(
      ["/room", "/room", "/other"].map((path) => client.websocketConnect(path)),
    );

    await one!.writeMessage("hello");
    expect([await one!.readMessage(), await two!.readMessage()]).toEqual(['{"said":"hello"}', '{"said":"hello"}']);

    client.app.channel("other").publish(Buffer.from([1]));
    expect(await other!.readMessage()).toEqual(Buffer.from([1]));

    const channel = client.app.channel("room");
    expect(await channel.count()).toBe(2);
    one!.close();
    await one!.closed;
    while (channel.localCount > 1) await new Promise(setImmediate);
    channel.publish("left");
    expect(await two!.readMessage()).toBe("left");
    for (const connection of [two, other]) connection!.close();
    await Promise.all([two!.closed, other!.closed]);
  });

  it("can be taken by a function, whose failure is a callback's", async () => {
    const log: string[] = [];
    onTestFinished(subscribeToLog((record) => log.push(record.message) > 0));
    await using connection = await client.websocketConnect("/room");

    client.app.channel("private").publish("x");
    expect(await connection.readMessage()).toBe("for me: x");
    client.app.channel("private").publish("fail");

    expect(await connection.readMessage()).toBe(null);
    expect([connection.closeCode, log.filter((line) => line.startsWith("Uncaught"))]).toEqual([
      1011,
      ["Uncaught exception GET /room (127.0.0.1)"],
    ]);
  });
});
