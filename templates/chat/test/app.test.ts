import { HTTPClientError } from "tornado/httpclient";
import { expectLog, type TestClient, testApp } from "tornado/testing";
import type { WebSocketClientConnection } from "tornado/websocket";
import { expect, it } from "vitest";
import { makeApp } from "../src/app.js";
import type { ChatMessage } from "../src/message.js";

const ada = testApp(() => makeApp({ debug: false }), { cookies: true });

async function join(client: TestClient, name: string) {
  await client.fetch("/");
  return await client.fetch("/join", { method: "POST", form: { name } });
}

/** Reads events until one has a field. */
async function next<Event>(connection: WebSocketClientConnection, field: string): Promise<Event> {
  for (;;) {
    const event = JSON.parse(String(await connection.readMessage())) as object | null;
    if (event === null) throw new Error(`The WebSocket ended without "${field}".`);
    if (field in event) return event as Event;
  }
}

it("asks for a name before the room", async () => {
  const before = await ada.fetch("/");
  const joined = await join(ada, "Ada");
  const room = await ada.fetch("/");
  await ada.fetch("/leave", { method: "POST", form: {} });
  const left = await ada.fetch("/");

  expect(before.text()).toContain("Come in and talk");
  expect(joined.code).toBe(302);
  expect(room.text()).toContain('data-user="Ada"');
  expect(left.text()).toContain("Come in and talk");
});

it.each(["", " ", "a".repeat(31)])("refuses %j as a name", async (name) => {
  const response = await join(ada, name);

  expect(response.code).toBe(400);
  expect(response.text()).toContain("A name has 1 to 30 characters.");
});

it("carries a message to everybody, and counts them", async () => {
  await join(ada, "Ada");
  await using first = await ada.websocketConnect("/ws/room");
  const alone = await next<{ online: number }>(first, "online");
  await using second = await ada.websocketConnect("/ws/room");
  const together = await next<{ online: number }>(first, "online");

  await second.writeMessage(" Hello <there> ");
  const message = await next<ChatMessage>(first, "text");
  const page = await ada.fetch("/");

  expect(alone).toEqual({ online: 1 });
  expect(together).toEqual({ online: 2 });
  expect(message).toMatchObject({ author: "Ada", text: "Hello <there>" });
  expect(page.text()).toContain("Hello &lt;there&gt;");
});

it("counts out whoever leaves", async () => {
  await join(ada, "Ada");
  await using first = await ada.websocketConnect("/ws/room");
  const second = await ada.websocketConnect("/ws/room");
  while ((await next<{ online: number }>(first, "online")).online !== 2);

  second.close();

  expect(await next(first, "online")).toEqual({ online: 1 });
});

it("gives whoever comes back what was said meanwhile", async () => {
  await join(ada, "Ada");
  await using speaker = await ada.websocketConnect("/ws/room");
  await speaker.writeMessage("one");
  const one = await next<ChatMessage>(speaker, "text");
  await speaker.writeMessage("two");
  const two = await next<ChatMessage>(speaker, "text");

  await using returned = await ada.websocketConnect(`/ws/room?after=${one.id}`);

  expect(await next(returned, "text")).toEqual(two);
});

it("says what is wrong with a message, to its author alone", async () => {
  await join(ada, "Ada");
  await using connection = await ada.websocketConnect("/ws/room");

  await connection.writeMessage("a".repeat(501));

  expect(await next(connection, "problem")).toEqual({ problem: "Say it in 1 to 500 characters." });
});

it("lets in nobody without a name, and no page of another site", async () => {
  using _stranger = expectLog("tornado.general", "No name has been given yet");
  using _elsewhere = expectLog("tornado.general", "may not connect");
  await join(ada, "Ada");

  const stranger = ada.websocketConnect("/ws/room", { headers: { Cookie: "name=Eve" } });
  const elsewhere = ada.websocketConnect("/ws/room", { headers: { Origin: "https://elsewhere.example" } });

  for (const refused of [stranger, elsewhere]) {
    const error = await refused.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HTTPClientError);
    expect((error as HTTPClientError).code).toBe(403);
  }
});

it.each(["/favicon.ico", "/robots.txt"])("serves %s", async (path) => {
  const response = await ada.fetch(path);

  expect(response.code).toBe(200);
});
