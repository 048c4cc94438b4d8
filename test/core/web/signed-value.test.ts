import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { expectLog } from "../../../src/core/testing/expect-log.js";
import {
  type CookieSecret,
  createSignedValue,
  decodeSignedValue,
  getSignatureKeyVersion,
} from "../../../src/core/web/signed-value.js";

const secret = "It's a secret to everybody";
const past = () => 1_300_000_000;
const present = () => 1_300_000_000 + 86_400;
const v1 = "dmFsdWU=|1300000000|31c934969f53e48164c50768b40cbd7e2daaaa4f";
const v2 = "2|1:0|10:1300000000|3:key|8:dmFsdWU=|3d4e60b996ff9c5d5788e333a0cba6f238a22c6c0f94788870e1a9ecd482e152";

const text = (value: Buffer | null) => value?.toString() ?? null;
const decode = (value: string | Buffer | null, options = {}) =>
  text(decodeSignedValue(secret, "key", value, { clock: present, ...options }));

describe("Tornado's vectors", () => {
  it("are what is made", () => {
    expect(createSignedValue(secret, "key", "value", { version: 1, clock: past })).toBe(v1);
    expect(createSignedValue(secret, "key", "value", { version: 2, clock: past })).toBe(v2);
    expect(createSignedValue(secret, "key", "value", { clock: past })).toBe(v2);
  });

  it("are what is read", () => {
    expect(decode(v1)).toBe("value");
    expect(decode(v2)).toBe("value");
    expect(decode(Buffer.from(v2))).toBe("value");
  });
});

describe("version 2", () => {
  it.each([
    ["nothing", ""],
    ["null", null],
    ["another signature", `${v2.slice(0, -1)}0`],
    ["a shorter signature", v2.slice(0, -1)],
    ["a longer signature", `${v2}0`],
    ["no signature", v2.slice(0, v2.lastIndexOf("|") + 1)],
    ["another value", v2.replace("dmFsdWU=", "dmFsdWV=")],
    ["another time", v2.replace("1300000000", "1300000001")],
    ["another name", v2.replace("3:key", "3:kex")],
    ["a field too short", v2.replace("8:dmFs", "7:dmFs")],
    ["a length with a sign", v2.replace("|1:0", "|+1:0")],
    ["a length with a blank", v2.replace("|1:0", "| 1:0")],
    ["a length with an underscore", v2.replace("|10:", "|1_0:")],
    ["a huge length", v2.replace("|1:0", "|99999:0")],
    ["a negative length", v2.replace("|1:0", "|-1:0")],
    ["version 3", v2.replace("2|", "3|")],
    ["no fields", "2|"],
    ["half a field", "2|1:0|10:13"],
    ["bytes that are no text", Buffer.from([0x32, 0x7c, 0xff, 0x80])],
    ["pipes", "|".repeat(1000)],
  ])("gives null for %s", (_, value) => {
    expect(decode(value)).toBeNull();
  });

  it("is valid for exactly the days given, and not a second longer", () => {
    const at = (seconds: number) => decode(v2, { clock: () => 1_300_000_000 + seconds });

    expect(at(31 * 86_400)).toBe("value");
    expect(at(31 * 86_400 + 1)).toBeNull();
    expect(decode(v2, { maxAgeDays: 0.5 })).toBeNull();
  });

  it("accepts a time in the future, as Tornado does", () => {
    expect(decode(v2, { clock: () => 1_000_000_000 })).toBe("value");
  });

  it("is bound to its name: a name that begins like it does not do", () => {
    const value = createSignedValue(secret, "user", "id", { clock: past });

    expect(decodeSignedValue(secret, "use", value, { clock: present })).toBeNull();
    expect(decodeSignedValue(secret, "user2", value, { clock: present })).toBeNull();
  });

  it("carries any bytes and any names", () => {
    const bytes = Buffer.from([0, 1, 0xff, 0x7c, 0x3a]);
    const value = createSignedValue(secret, "naïve|3:x", bytes);

    expect(decodeSignedValue(secret, "naïve|3:x", value)?.equals(bytes)).toBe(true);
    expect(text(decodeSignedValue(secret, "k", createSignedValue(secret, "k", "")))).toBe("");
  });
});

describe("version 1", () => {
  it("refuses a prefix of the name together with moved characters", () => {
    using _ = expectLog("tornado.general", "signature is wrong");
    const value = createSignedValue(secret, "sess", "x", { version: 1, clock: past });

    expect(decodeSignedValue(secret, "ses", value, { clock: present })).toBeNull();
  });

  it("refuses a value that has expired, and says so without showing it", () => {
    using expected = expectLog("tornado.general", "expired", { level: "warn" });

    expect(decode(v1, { clock: () => 1_300_000_000 + 31 * 86_400 + 1 })).toBeNull();
    expect(expected.matched[0]!.message).not.toContain("dmFsdWU");
  });

  it("refuses a time in the future: digits could have been moved from the value", () => {
    using _ = expectLog("tornado.general", "future");

    expect(decode(v1, { clock: () => 1_000_000_000 })).toBeNull();
  });

  it("refuses digits shifted from the value into the time", () => {
    // The MAC runs over name, value and time without separators, so that this forgery has a right signature.
    const value = createSignedValue(secret, "key", Buffer.from("12345678", "base64"), { version: 1, clock: past });
    const [encoded, timestamp, signature] = value.split("|") as [string, string, string];
    using _ = expectLog("tornado.general", "future");

    expect(decode(`${encoded.slice(0, 4)}|${encoded.slice(4)}${timestamp}|${signature}`)).toBeNull();
  });

  it("refuses several keys, which it has no place for", () => {
    expect(() => createSignedValue({ 1: secret }, "key", "value", { version: 1 })).toThrow(/version 1/);
    expect(decodeSignedValue({ 0: secret }, "key", v1, { clock: present })).toBeNull();
  });

  it("is not read when a newer version is the least", () => {
    expect(decode(v1, { minVersion: 2 })).toBeNull();
    expect(decode(v2, { minVersion: 2 })).toBe("value");
    expect(() => decode(v2, { minVersion: 3 })).toThrow(expect.objectContaining({ code: "BAD_SIGNED_VALUE_VERSION" }));
  });
});

describe("key versions", () => {
  const secrets: CookieSecret = { 0: "ajklasdf0ojaisdf", 1: "aslkjasaolwkjsdf" };

  it("are found in the value", () => {
    const value = createSignedValue(secrets, "key", "value", { keyVersion: 1 });

    expect(getSignatureKeyVersion(value)).toBe(1);
    expect(text(decodeSignedValue(secrets, "key", value))).toBe("value");
    expect(decodeSignedValue({ 0: "ajklasdf0ojaisdf" }, "key", value)).toBeNull();
  });

  it("do not reach the prototype", () => {
    const forged = createSignedValue(secret, "key", "value").replace("1:0", "9:__proto__");

    expect(decodeSignedValue(secrets, "key", forged)).toBeNull();
    expect(getSignatureKeyVersion(v1)).toBeNull();
    expect(getSignatureKeyVersion("2|x")).toBeNull();
  });

  it("must be chosen, and must exist, to sign", () => {
    expect(() => createSignedValue(secrets, "key", "value")).toThrow(
      expect.objectContaining({ code: "BAD_SIGNING_KEY" }),
    );
    expect(() => createSignedValue(secrets, "key", "value", { keyVersion: 7 })).toThrow(/0, 1/);
  });
});

const python = spawnSync("/usr/bin/python3", ["-c", "import tornado"]);
// Never skipped in CI, which installs it.
const hasTornado = python.status === 0 || process.env.CI !== undefined;

describe.skipIf(!hasTornado)("beside Python's Tornado (skipped where it is not installed)", () => {
  /** Runs an expression of Python with `web` at hand. */
  function inPython(expression: string): string {
    const program = `from tornado import web\nsecret = "It's a secret to everybody"\nkeys = {3: "three", 4: "four"}\nprint(${expression}.decode())`;
    return spawnSync("/usr/bin/python3", ["-c", program], { encoding: "utf8" }).stdout.trim();
  }

  it.each([1, 2])("reads what the other has signed in version %i", (version) => {
    const theirs = inPython(`web.create_signed_value(secret, "sess", "välue", version=${version})`);
    const ours = createSignedValue(secret, "sess", "välue", { version });

    expect(text(decodeSignedValue(secret, "sess", theirs))).toBe("välue");
    expect(inPython(`web.decode_signed_value(secret, "sess", ${JSON.stringify(ours)})`)).toBe("välue");
  });

  it("reads what the other has signed with one of several keys", () => {
    const theirs = inPython(`web.create_signed_value(keys, "sess", "value", key_version=4)`);
    const ours = createSignedValue({ 3: "three", 4: "four" }, "sess", "value", { keyVersion: 3 });

    expect(text(decodeSignedValue({ 3: "three", 4: "four" }, "sess", theirs))).toBe("value");
    expect(inPython(`web.decode_signed_value(keys, "sess", ${JSON.stringify(ours)})`)).toBe("value");
  });
});
