import { testApp } from "tornado/testing";
import { expect, it } from "vitest";
import { makeApp } from "../src/app.js";

const client = testApp(() => makeApp({ debug: false }));

const json = (method: string, value: unknown) => ({
  method,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(value),
});

it("keeps a note, changes it, and forgets it", async () => {
  const made = await client.fetch("/notes", json("POST", { text: "Buy milk" }));
  const path = made.headers.get("Location") ?? "";
  const changed = await client.fetch(path, json("PUT", { text: "Buy milk", isDone: true }));
  const listed = await client.fetch("/notes");
  const removed = await client.fetch(path, { method: "DELETE" });
  const gone = await client.fetch(path);

  expect(made.code).toBe(201);
  expect(made.json()).toMatchObject({ text: "Buy milk", isDone: false });
  expect(changed.json()).toMatchObject({ isDone: true });
  expect(listed.json()).toMatchObject({ notes: [{ text: "Buy milk", isDone: true }] });
  expect(removed.code).toBe(204);
  expect(gone.code).toBe(404);
});

it.each([
  [{}, '"text" must be a string of 1 to 1000 characters.'],
  [{ text: " " }, '"text" must be a string of 1 to 1000 characters.'],
  [{ text: "a", isDone: "yes" }, '"isDone" must be true or false.'],
])("refuses %j, and says why", async (note, reason) => {
  const response = await client.fetch("/notes", json("POST", note));

  expect(response.code).toBe(400);
  expect(response.json()).toEqual({ error: reason });
});

it("refuses what is not JSON", async () => {
  const form = await client.fetch("/notes", { method: "POST", body: new URLSearchParams({ text: "a" }) });
  const broken = await client.fetch("/notes", { ...json("POST", ""), body: "{" });

  expect(form.code).toBe(415);
  expect(broken.code).toBe(400);
});

it("answers errors as JSON", async () => {
  const nowhere = await client.fetch("/nowhere");
  const method = await client.fetch("/health", { method: "POST" });

  expect(nowhere.code).toBe(404);
  expect(nowhere.json()).toEqual({ error: "There is nothing at /nowhere." });
  expect(method.code).toBe(405);
  expect(method.headers.get("Allow")).toContain("GET");
});

it("tells that it is well", async () => {
  const response = await client.fetch("/health");

  expect(response.json()).toEqual({ status: "ok" });
});
