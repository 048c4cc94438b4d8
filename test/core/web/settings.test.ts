import { describe, expect, it } from "vitest";
import { subscribeToLog } from "../../../src/core/log.js";
import { type ApplicationSettings, completeSettings } from "../../../src/core/web/settings.js";

/** What is logged while settings are completed. */
function warningsOf(settings: ApplicationSettings): string[] {
  const warnings: string[] = [];
  const unsubscribe = subscribeToLog(({ message }) => {
    warnings.push(message);
    return true;
  });
  completeSettings(settings);
  unsubscribe();
  return warnings;
}

const strongSecret = "fJ2p9-vQ8xZ0aLs7wK4tYr1nMe6uHb3d";

describe("completeSettings", () => {
  it("fills in what debug implies, only where nothing else is said", () => {
    const settings = completeSettings({ debug: true, serveTraceback: false });

    expect(settings).toMatchObject({ serveTraceback: false, compiledTemplateCache: false, staticHashCache: false });
  });

  it("keeps settings that it does not know", () => {
    expect(completeSettings({ googleOauth: { key: "k" } })).toEqual({ googleOauth: { key: "k" } });
  });

  it.each([
    ["templatPath", 'There is no setting "templatPath". Did you mean "templatePath"?'],
    ["StaticPath", 'Did you mean "staticPath"?'],
    ["session", 'Did you mean "sessions"?'],
    ["xsrfCookie", 'Did you mean "xsrfCookies"?'],
  ])("warns of %s, which looks mistyped", (key, message) => {
    const warnings = warningsOf({ [key]: true });

    expect(warnings).toEqual([expect.stringContaining(message)]);
  });

  it.each(["database", "template", "static", "googleOauth", "db", "stripeKey", "siteName"])(
    "takes %s for a setting of the app's own",
    (key) => {
      expect(warningsOf({ [key]: true })).toEqual([]);
    },
  );

  it("says nothing of what ownSettings lists", () => {
    expect(warningsOf({ session: {}, ownSettings: ["session"] })).toEqual([]);
  });

  it.each<[string, unknown]>([
    ["debug", "yes"],
    ["xsrfCookies", "on"],
    ["xsrfCookieVersion", 3],
    ["templateWhitespace", "none"],
    ["templatePath", ""],
    ["staticUrlPrefix", "static"],
    ["logFunction", {}],
    ["websocketMaxMessageSize", 0],
    ["websocketPingInterval", Number.NaN],
    ["transforms", {}],
    ["cookieSecret", 5],
    ["trustedOrigins", ["admin.example.com"]],
    ["trustedOrigins", "https://admin.example.com"],
    ["xsrfCookieName", "a b"],
    ["xsrfCookieKwargs", { httponly: true }],
    ["xsrfCookieKwargs", { path: "/\r\nX: 1" }],
  ])("refuses the setting %s: %j, and names it", (key, value) => {
    expect(() => completeSettings({ [key]: value } as ApplicationSettings)).toThrow(`The setting "${key}" must be`);
  });

  it.each([
    ["autoreload", '"tornado dev" reloads the app'],
    ["gzip", '"compressResponse" has taken its place'],
  ])("refuses Tornado's setting %s, which would have no effect", (key, remedy) => {
    expect(() => completeSettings({ [key]: true })).toThrow(`There is no setting "${key}": ${remedy}`);
  });

  it("tells a porter how Tornado's spelling is written here", () => {
    expect(() => completeSettings({ template_path: "templates" })).toThrow(
      'The setting "template_path" is written "templatePath" here',
    );
  });

  it.each<[string, string, string]>([
    ["short", "short", "is shorter than 32 bytes"],
    ["empty", "", "is empty"],
    ["Tornado's own placeholder", "__TODO:_GENERATE_YOUR_OWN_RANDOM_VALUE_HERE__", "is still a placeholder"],
    ["monotonous", "abababababababababababababababababab", "repeats a few characters"],
  ])("refuses a cookie secret that is %s, outside debug", (_, cookieSecret, message) => {
    expect(() => completeSettings({ cookieSecret })).toThrow(message);
    expect(() => completeSettings({ cookieSecret, debug: true })).not.toThrow();
  });

  it("wants a key version that is there when there are several secrets", () => {
    const cookieSecret = { 1: strongSecret, 2: `${strongSecret}x` };

    expect(() => completeSettings({ cookieSecret })).toThrow(/"keyVersion" must name one of the keys .*\(1, 2\)/);
    expect(() => completeSettings({ cookieSecret, keyVersion: 3 })).toThrow(/keyVersion/);
    expect(completeSettings({ cookieSecret, keyVersion: 2 }).keyVersion).toBe(2);
  });
});
