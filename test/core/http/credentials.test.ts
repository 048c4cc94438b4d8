import { expect, it } from "vitest";
import { encodeUsernamePassword } from "../../../src/core/http/credentials.js";

it("writes credentials as composed UTF-8, as RFC 7617 asks", () => {
  expect(encodeUsernamePassword("user", "pa:ss")).toEqual(Buffer.from("user:pa:ss"));
  expect(encodeUsernamePassword("e\u0301", "")).toEqual(Buffer.from("\u00e9:"));
});
