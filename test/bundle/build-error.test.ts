import type { Message } from "esbuild";
import { describe, expect, it } from "vitest";
import { problemOf } from "../../src/bundle/build-error.js";

function messageOf(text: string): Message {
  return { id: "", pluginName: "", text, location: null, notes: [], detail: undefined };
}

describe("a problem of a build", () => {
  it.each([
    ['Could not resolve "/home/ada/shop/src/app.ts"', /^There is no src\/app\.ts\. Put it back/],
    ['Could not resolve "C:\\shop\\src\\app.ts"', /^There is no src\/app\.ts\. Put it back/],
    ['Could not resolve "left-pad"', /^Could not resolve "left-pad"$/],
  ])("says of %s what is missing", (text, shown) => {
    expect(problemOf(messageOf(text)).message).toMatch(shown);
  });
});
