import { describe, expect, it } from "vitest";
import { deserializeError, serializeError } from "../../src/core/error-serialization.js";
import { TornadoError } from "../../src/core/errors.js";

const throughJson = (error: unknown) => deserializeError(JSON.parse(JSON.stringify(serializeError(error))));

describe("an error sent to another process", () => {
  it("keeps its name, message, stack and code", () => {
    const original = Object.assign(new TypeError("wrong"), { code: "EWRONG" });

    const arrived = throughJson(original);

    expect(arrived).toMatchObject({ name: "TypeError", message: "wrong", code: "EWRONG", stack: original.stack });
  });

  it("stays a TornadoError, so that it is printed in one line", () => {
    const arrived = throughJson(new TornadoError("PORT_IN_USE", "Port 1 is in use."));

    expect(arrived).toBeInstanceOf(TornadoError);
    expect(arrived).toMatchObject({ code: "PORT_IN_USE" });
  });

  it("keeps causes and the errors of an AggregateError", () => {
    const original = new AggregateError([new Error("one"), "two"], "both", { cause: new Error("why") });

    const arrived = throughJson(original) as AggregateError;

    expect(arrived.errors.map((error: Error) => error.message)).toEqual([
      "one",
      "A value that is not an Error was thrown: two",
    ]);
    expect(arrived.cause).toMatchObject({ message: "why" });
  });

  it("ends with a cause that goes in a circle", () => {
    const original = new Error("round");
    original.cause = original;

    expect(throughJson(original)).toMatchObject({ message: "round", cause: { message: "round" } });
  });

  it("leaves out what does not survive, and keeps the rest", () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const original = Object.assign(new Error("full"), {
      file: "home.html",
      chain: [{ file: "base.html", line: 3 }],
      circular,
      run: () => {},
      huge: "x".repeat(100_000),
    });
    Object.defineProperty(original, "trap", {
      enumerable: true,
      get() {
        throw new Error("trap");
      },
    });

    const arrived = throughJson(original);

    expect(arrived).toMatchObject({ file: "home.html", chain: [{ file: "base.html", line: 3 }] });
    expect(Object.keys(arrived)).toEqual(["file", "chain"]);
  });

  it("takes anything that can be thrown", () => {
    for (const thrown of [undefined, null, 7, "text", { message: "not an Error" }, Symbol("s")]) {
      expect(throughJson(thrown)).toBeInstanceOf(Error);
    }
  });
});
