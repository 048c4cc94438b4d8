import { testApp } from "tornado/testing";
import { expect, it } from "vitest";
import { makeApp } from "../src/app.js";

const client = testApp(() => makeApp({ debug: false }));

it("says hello", async () => {
  const response = await client.fetch("/");

  expect(response.code).toBe(200);
  expect(response.text()).toBe("Hello, world\n");
});
