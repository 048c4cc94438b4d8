import { expectLog, testApp } from "tornado/testing";
import { expect, it } from "vitest";
import { makeApp } from "../src/app.js";

const visitor = testApp(() => makeApp({ debug: false }));
const user = testApp(() => makeApp({ debug: false }), { cookies: true });

it("welcomes a visitor", async () => {
  const response = await visitor.fetch("/");

  expect(response.code).toBe(200);
  expect(response.text()).toContain("Your app is running.");
});

it("remembers who signed in, and forgets who signed out", async () => {
  await user.fetch("/sign-in");
  const signedIn = await user.fetch("/sign-in", { method: "POST", body: new URLSearchParams({ name: "Ada" }) });
  const greeted = await user.fetch("/");
  await user.fetch("/sign-out", { method: "POST", body: new URLSearchParams() });
  const forgotten = await user.fetch("/");

  expect(signedIn.code).toBe(302);
  expect(greeted.text()).toContain("Hello, Ada.");
  expect(forgotten.text()).not.toContain("Ada");
});

it("asks again for a name that is missing", async () => {
  await user.fetch("/sign-in");
  const response = await user.fetch("/sign-in", { method: "POST", body: new URLSearchParams({ name: " " }) });

  expect(response.code).toBe(400);
  expect(response.text()).toContain("A name has 1 to 40 characters.");
});

it("refuses a form that was not ours", async () => {
  const response = await expectLog("tornado.general", "'_xsrf' argument missing").during(() =>
    visitor.fetch("/sign-in", { method: "POST", body: new URLSearchParams({ name: "Eve" }) }),
  );

  expect(response.code).toBe(403);
});

it("trusts no cookie that it did not sign", async () => {
  const response = await visitor.fetch("/", { headers: { Cookie: "user=Eve" } });

  expect(response.text()).toContain("Your app is running.");
});

it("greets in JSON", async () => {
  const response = await visitor.fetch("/api/greeting?name=Grace");

  expect(response.headers.get("Content-Type")).toContain("application/json");
  expect(response.json()).toMatchObject({ greeting: "Hello, Grace!" });
});

it("serves its style sheet under a name that changes with it", async () => {
  const page = await visitor.fetch("/");
  const href = /href="(\/static\/app\.css[^"]*)"/.exec(page.text())?.[1] ?? "";
  const sheet = await visitor.fetch(href);

  expect(href).toMatch(/\?v=\w+$/);
  expect(sheet.headers.get("Content-Type")).toContain("text/css");
});

it.each(["/favicon.ico", "/robots.txt"])("serves %s", async (path) => {
  const response = await visitor.fetch(path);

  expect(response.code).toBe(200);
});

it("shows its own page for an error", async () => {
  const response = await visitor.fetch("/nowhere");

  expect(response.code).toBe(404);
  expect(response.text()).toContain("There is no page at <code>/nowhere</code>.");
});
