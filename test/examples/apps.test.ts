import { once } from "node:events";
import { watch } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { type WebSocketClientConnection, websocketConnect } from "../../src/core/websocket/index.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { serveExample } from "./running-example.js";

async function connect(url: string): Promise<WebSocketClientConnection> {
  const connection = await websocketConnect(url);
  onTestFinished(() => connection[Symbol.asyncDispose]());
  return connection;
}

it("chat-long-polling answers when there is something to answer", async () => {
  const { url } = await serveExample("chat-long-polling");
  const post = (text: string, headers = {}) =>
    fetch(`${url}/messages`, { method: "POST", body: new URLSearchParams({ text }), headers });

  const page = await (await fetch(url)).text();
  const waiting = fetch(`${url}/messages?after=0`).then((response) => response.json());
  const posted = await post("<hello>");
  const first = await waiting;
  await post("two");
  const second = await (await fetch(`${url}/messages?after=1`)).json();
  const wrong = await Promise.all([post(""), fetch(`${url}/messages?after=x`)]);
  const foreign = await post("spam", { "Sec-Fetch-Site": "cross-site", Origin: "https://elsewhere.example" });

  expect(page).toContain('data-address="/messages"');
  expect(posted.status).toBe(201);
  expect(first).toEqual({ messages: [{ id: 1, text: "<hello>" }] });
  expect(second).toEqual({ messages: [{ id: 2, text: "two" }] });
  expect(wrong.map(({ status }) => status)).toEqual([400, 400]);
  expect(foreign.status).toBe(403);
});

it("chat-websocket carries messages between two workers", async () => {
  const { server, url } = await serveExample("chat-websocket", ["--fork", "2"]);
  const people = await Promise.all(Array.from({ length: 4 }, () => connect(`${url}/ws`)));
  await untilCount(4);

  for (const [index, person] of people.entries()) await person.writeMessage(`from ${index}`);
  const heard = await Promise.all(people.map((person) => read(person, 4)));
  people[0]!.close();
  await untilCount(3);

  for (const messages of heard) expect(messages.sort()).toEqual(["from 0", "from 1", "from 2", "from 3"]);
  expect(server.output).toContain("with 2 workers");

  async function untilCount(count: number) {
    const current = async () => (await (await fetch(`${url}/count`)).json()) as { count: number };
    while ((await current()).count !== count);
  }
});

it("sse-clock gives a client that comes back the seconds that it has missed", async () => {
  const { url } = await serveExample("sse-clock");
  const now = Math.floor(Date.now() / 1000);

  const events = await readEvents(`${url}/clock`, 3, { "Last-Event-ID": String(now - 3) });
  const longGone = await readEvents(`${url}/clock`, 1, { "Last-Event-ID": "5" });
  const fromTomorrow = await readEvents(`${url}/clock`, 1, { "Last-Event-ID": String(now + 86_400) });

  expect(events.map(({ id }) => id)).toEqual([now - 2, now - 1, now]);
  expect(events[0]!.data).toBe(new Date((now - 2) * 1000).toISOString());
  expect(longGone[0]!.id).toBeGreaterThan(now - 70);
  expect(fromTomorrow[0]!.id).toBeLessThan(now + 70);
});

it("file-upload writes files as they arrive, and leaves no half of one", async () => {
  await using folder = await temporaryFolder("uploads");
  const { url } = await serveExample("file-upload", [], { UPLOAD_FOLDER: folder.path });
  const content = Buffer.alloc(3_000_000, "0123456789");
  const form = new FormData();
  form.append("note", "not a file");
  form.append("file", new Blob([content]), "../../etc/passwd");
  form.append("file", new Blob(["small"]), "two.txt");

  const response = await fetch(`${url}/upload`, { method: "POST", body: form });
  const { saved } = (await response.json()) as { saved: { name: string; id: string; size: number }[] };
  const files = (await readdir(folder.path)).sort();
  await sendHalfOfAFile(url, folder.path);

  expect(response.status).toBe(201);
  expect(saved).toMatchObject([
    { name: "passwd", size: content.length },
    { name: "two.txt", size: 5 },
  ]);
  expect(files).toEqual(saved.map(({ id }) => id).sort());
  expect((await readFile(join(folder.path, saved[0]!.id))).equals(content)).toBe(true);
  expect((await readdir(folder.path)).sort()).toEqual(files);
});

it("prime-websocket computes in threads, and answers others meanwhile", async () => {
  const { url } = await serveExample("prime-websocket");
  const patient = await connect(`${url}/ws`);
  const other = await connect(`${url}/ws`);
  const order: string[] = [];
  const largestPrime = 9_007_199_254_740_881;

  const slowAnswer = ask(patient, String(largestPrime)).finally(() => order.push("slow"));
  const page = fetch(url).finally(() => order.push("page"));
  const answers = await Promise.all([slowAnswer, ask(other, "91"), ask(other, "1"), ask(other, "x"), page]);

  expect(order).toEqual(["page", "slow"]);
  expect(answers[0]).toEqual({ number: largestPrime, isPrime: true, factor: largestPrime });
  expect(answers[1]).toEqual({ number: 91, isPrime: false, factor: 7 });
  for (const refused of [answers[2], answers[3]]) expect(refused.problem).toContain("Send a whole number");

  async function ask(connection: WebSocketClientConnection, number: string) {
    void connection.writeMessage(number);
    return JSON.parse(String(await connection.readMessage()));
  }
});

async function read(connection: WebSocketClientConnection, count: number): Promise<string[]> {
  const messages: string[] = [];
  while (messages.length < count) messages.push(String(await connection.readMessage()));
  return messages;
}

async function readEvents(url: string, count: number, headers: Record<string, string>) {
  const leaving = new AbortController();
  const response = await fetch(url, { headers, signal: leaving.signal });
  expect(response.headers.get("Content-Type")).toContain("text/event-stream");
  const events: { id: number; data: string }[] = [];
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf("\n\n"); end !== -1; end = text.indexOf("\n\n")) {
      const match = /^id: (\d+)\ndata: (.*)/.exec(text.slice(0, end));
      if (match !== null) events.push({ id: Number(match[1]), data: match[2]! });
      text = text.slice(end + 2);
    }
    if (events.length >= count) break;
  }
  leaving.abort();
  return events.slice(0, count);
}

/** Begins to send a file, leaves when it is being written, and waits until it is gone. */
async function sendHalfOfAFile(url: string, folder: string): Promise<void> {
  const watcher = watch(folder);
  onTestFinished(() => watcher.close());
  const untilUnfinished = async (wanted: boolean) => {
    for (;;) {
      const changed = once(watcher, "change");
      if ((await readdir(folder)).some((name) => name.endsWith(".part")) === wanted) return;
      await changed;
    }
  };
  const upload = request(`${url}/upload`, {
    method: "POST",
    headers: { "Content-Type": "multipart/form-data; boundary=b", "Content-Length": 1_000_000 },
  });
  upload.on("error", () => {});
  upload.write('--b\r\nContent-Disposition: form-data; name="file"; filename="half"\r\n\r\n');
  upload.write(Buffer.alloc(100_000));
  await untilUnfinished(true);
  upload.destroy();
  await untilUnfinished(false);
}
