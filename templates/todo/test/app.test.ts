import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testApp } from "tornado/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeApp } from "../src/app.js";
import { TodoList } from "../src/todo-list.js";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "todo-"));
  process.env.TODO_FILE = join(folder, "deep/todo.json");
});
afterAll(() => rm(folder, { recursive: true }));

const user = testApp(() => makeApp({ debug: false }), { cookies: true });

const post = (path: string, fields: Record<string, string>) =>
  user.fetch(path, { method: "POST", body: new URLSearchParams(fields) });

/** The addresses that the forms of the page lead to. */
async function formsOf(page: string): Promise<string[]> {
  return [...page.matchAll(/action="(\/entries\/[^"]+)"/g)].map(([, address]) => address!);
}

it("takes an entry from the form to done, and away", async () => {
  await user.fetch("/");
  const added = await post("/", { text: "Water the <plants>" });
  const [change = "", remove = ""] = await formsOf((await user.fetch("/")).text());
  const open = (await user.fetch("/")).text();
  await post(change, { done: "yes" });
  const done = (await user.fetch("/")).text();
  await post(remove, {});
  const gone = (await user.fetch("/")).text();

  expect(added.code).toBe(302);
  expect(open).toContain("Water the &lt;plants&gt;");
  expect(open).not.toContain("<h2>Done</h2>");
  expect(done).toContain("<h2>Done</h2>");
  expect(gone).toContain("Nothing is left to do.");
});

it.each(["", " ", "a".repeat(201)])("refuses %j, and keeps the form", async (text) => {
  await user.fetch("/");
  const response = await post("/", { text });

  expect(response.code).toBe(400);
  expect(response.text()).toContain("Say in 1 to 200 characters");
});

it("says 404 of an entry that is gone", async () => {
  await user.fetch("/");
  const response = await post("/entries/none", { done: "yes" });

  expect(response.code).toBe(404);
  expect(response.text()).toContain("404: Not Found");
});

it("keeps the entries in a file, in the order in which they came", async () => {
  const file = join(folder, "kept.json");
  const list = await TodoList.open(file);
  await Promise.all(["one", "two", "three"].map((text) => list.add(text)));

  const again = await TodoList.open(file);

  expect(again.entries.map(({ text }) => text)).toEqual(["one", "two", "three"]);
  expect(await readFile(file, "utf8")).toContain('"one"');
});
