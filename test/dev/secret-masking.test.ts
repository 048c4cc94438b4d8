import { describe, expect, it } from "vitest";
import { reportSettings } from "../../src/dev/request-report.js";
import { maskSecrets, secretsOfApp } from "../../src/dev/secret-masking.js";
import { RunningDevServer, smallApp } from "./running-dev-server.js";

const address = "postgres://shop:open-sesame@db.example/shop";

describe("the settings that a page shows", () => {
  it.each([
    ["uiModules", { Entry: class Entry {}, link: class Anchor {} }, "Entry, link (Anchor)"],
    ["transforms", [class Shout {}, class Whisper {}], "Shout, Whisper"],
    ["database", address, "postgres://shop:[redacted]@db.example/shop"],
    ["databaseUrl", address, "[redacted]"],
    ["mail", { host: "mail", pass: "hunter2" }, '{\n  "host": "mail",\n  "pass": "[redacted]"\n}'],
    ["limit", { bytes: 10n, check: function check() {} }, '{\n  "bytes": "10n",\n  "check": "[check]"\n}'],
    ["title", "A site", "A site"],
  ])("shows %s by what it says", (name, value, shown) => {
    expect(reportSettings({ [name]: value })).toEqual([[name, shown]]);
  });

  it("leaves out what says nothing", () => {
    expect(reportSettings({ uiModules: {}, list: [], map: new Map(), missing: undefined })).toEqual([]);
    expect(reportSettings({ retries: 0, title: "", logFunction: null })).toHaveLength(3);
  });
});

describe("secrets in a text", () => {
  it.each([
    ["the password of an address in a setting of any name", { site: address }, {}, "wrong: open-sesame"],
    ["the same of the environment", {}, { SITE: address }, "wrong: open-sesame"],
    ["a setting with a secret's name", { apiToken: "open-sesame" }, {}, "wrong: open-sesame"],
    ["an address that nobody knew", {}, {}, `wrong: ${address}`],
  ])("are masked: %s", (_, settings, environment, message) => {
    const masked = maskSecrets({ errors: [{ message }] }, secretsOfApp(settings, environment));

    expect(JSON.stringify(masked)).not.toContain("open-sesame");
    expect(masked.errors[0]!.message).toMatch(/^wrong: .*\[redacted\]/);
  });

  it("are left alone where there are none", () => {
    const text = "see https://example.test:8080/a@b, ada@example.test, http://[::1]:80/ and C:\\dir";

    expect(maskSecrets(text, secretsOfApp({ port: "8080", word: "see https" }, {}))).toBe(text);
  });
});

describe("a line of code", () => {
  it.each([
    ['cookieSecret: "0123456789abc",', 'cookieSecret: "[redacted]",'],
    [
      'const api_key: string = process.env.KEY ?? "0123456789abc";',
      'const api_key: string = process.env.KEY ?? "[redacted]";',
    ],
    [`{ "password": "0123456789abc", 'user': "ada lovelace" }`, `{ "password": "[redacted]", 'user': "ada lovelace" }`],
    ['headers["Authorization"] = `Bearer abc`;', 'headers["Authorization"] = `[redacted]`;'],
    ['connect("postgres://shop:open@db/shop")', 'connect("postgres://shop:[redacted]@db/shop")'],
    ['cookieSecret: requireSetting("COOKIE_SECRET")', 'cookieSecret: requireSetting("COOKIE_SECRET")'],
    ['password: "short", title: "A long title"', 'password: "short", title: "A long title"'],
    ['type="password" placeholder="Your password"', 'type="password" placeholder="Your password"'],
  ])("%s is shown as %s", (code, shown) => {
    const excerpt = { lines: [{ number: 1, text: code, isMarked: false }], column: 1, length: 1 };

    expect(maskSecrets({ excerpt }, new Set()).excerpt.lines[0]!.text).toBe(shown);
  });

  it("has its caret under the same word when a secret before it is gone", () => {
    const text = 'login({ token: "0123456789abcdefghij" }).boom();';
    const excerpt = { lines: [{ number: 1, text, isMarked: true }], column: text.indexOf("boom") + 1, length: 4 };

    const masked = maskSecrets(excerpt, new Set());

    expect(masked.lines[0]!.text.slice(masked.column - 1, masked.column - 1 + masked.length)).toBe("boom");
  });
});

describe("a terminal of the dev server", () => {
  it("sees no secret of an exception, nor of an app that does not start", async () => {
    const failing = smallApp["src/app.ts"]!.replace(
      /throw new TypeError\(.*/,
      'throw new Error("no " + process.env.DSN);',
    );
    const environment = { DSN: address, GREETING: "the greeting that is no secret" };
    await using server = await RunningDevServer.start({ ...smallApp, "src/app.ts": failing }, {}, environment);

    const { body } = await server.get("/boom?access_token=one-two-three&code=four-five-six");
    await server.saw(/Uncaught exception[\s\S]*Error: no/);
    const secretLine = 'export const apiKey = "seven-eight-nine";\n';
    await server.save(
      "src/word.ts",
      `${secretLine}throw new Error("never " + process.env.DSN);\nexport const word = 1;\n`,
    );
    await server.saw(/Error: never/);
    const { body: notStarted } = await server.get("/");
    await server.save("src/word.ts", `${secretLine}export const word = = 1;\n`);
    await server.saw(/Unexpected "="/);
    const { body: notBuilt } = await server.get("/");

    for (const text of [body, notStarted, notBuilt, server.program.output]) {
      expect(text).toContain("[redacted]");
      expect(text).not.toMatch(/open-sesame|one-two-three|four-five-six|seven-eight-nine/);
    }
    expect(body).toContain("greeting: the greeting that is no secret");
    expect(body).not.toContain("uiModules");
  });
});
