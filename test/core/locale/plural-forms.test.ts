import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parsePluralForms } from "../../../src/core/locale/plural-forms.js";

/** Rules in use, from one form to six. */
const rules = {
  Japanese: "nplurals=1; plural=0;",
  German: "nplurals=2; plural=(n != 1);",
  French: "nplurals=2; plural=n>1;",
  Latvian: "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n != 0 ? 1 : 2);",
  Irish: "nplurals=5; plural=n==1 ? 0 : n==2 ? 1 : (n>2 && n<7) ? 2 :(n>6 && n<11) ? 3 : 4;",
  Romanian: "nplurals=3; plural=n==1 ? 0 : (n==0 || (n%100 > 0 && n%100 < 20)) ? 1 : 2;",
  Russian: "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);",
  Polish: "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);",
  Slovenian: "nplurals=4; plural=(n%100==1 ? 0 : n%100==2 ? 1 : n%100==3 || n%100==4 ? 2 : 3);",
  Arabic:
    "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 && n%100<=99 ? 4 : 5);",
  arithmetic: "nplurals=9; plural=(n*2+1-n)/3%4 + (n>5);",
  "how operators bind": "nplurals=9; plural=1+2*n<7==1&&n-1-1>0||n/2*2==n;",
} as const;
const python = "/usr/bin/python3";

describe("parsePluralForms", () => {
  it.each([
    [rules.German, [0, 1, 2], [1, 0, 1]],
    [rules.French, [0, 1, 2], [0, 0, 1]],
    [rules.Russian, [1, 2, 5, 11, 21, 104, 111], [0, 1, 2, 2, 0, 1, 2]],
    [rules.Arabic, [0, 1, 2, 3, 11, 100], [0, 1, 2, 3, 4, 5]],
  ])("reads %j", (header, counts, forms) => {
    const rule = parsePluralForms(header);

    expect(counts.map(rule)).toEqual(forms);
  });

  it.runIf(existsSync(python) && spawnSync(python, ["-c", "0"]).status === 0)("agrees with Python's gettext", () => {
    const expressions = Object.values(rules).map((header) => /plural=(.*);/.exec(header)![1]);
    const program = `import gettext, json, sys\nprint(json.dumps([[int(gettext.c2py(e)(n)) for n in range(300)] for e in json.load(sys.stdin)]))`;
    const answers = JSON.parse(
      execFileSync(python, ["-W", "ignore", "-c", program], { input: JSON.stringify(expressions), encoding: "utf8" }),
    );

    const numbers = Array.from({ length: 300 }, (_, number) => number);
    const ours = Object.values(rules).map((header) => numbers.map(parsePluralForms(header)));
    expect(ours).toEqual(answers);
  });

  it("follows the nearest whole number, and gives the first form where there is no result", () => {
    const rule = parsePluralForms(rules.German);

    expect([1.2, 1.5, -1, 0.4].map(rule)).toEqual([0, 1, 0, 1]);
    expect(parsePluralForms("nplurals=2; plural=n/0")(3)).toBe(0);
    expect(parsePluralForms("nplurals=2; plural=n%0")(3)).toBe(0);
    expect(parsePluralForms("nplurals=2; plural=n")(7)).toBe(0);
    expect(rule(Number.NaN)).toBe(1);
  });

  it.each([
    "",
    "plural=n",
    "nplurals=2",
    "nplurals=2; plural=",
    "nplurals=2; plural=n n",
    "nplurals=2; plural=(n",
    "nplurals=2; plural=n)",
    "nplurals=2; plural=n ? 1",
    "nplurals=2; plural=n = 1",
    "nplurals=2; plural=process.exit()",
    "nplurals=2; plural=constructor",
    "nplurals=2; plural=m",
    "nplurals=2; plural=1 +",
    `nplurals=2; plural=${"(".repeat(5000)}`,
    `nplurals=2; plural=${"!".repeat(5000)}n`,
  ])("refuses %j", (header) => {
    expect(() => parsePluralForms(header)).toThrow(
      expect.objectContaining({
        code: "BAD_TRANSLATIONS",
        message: expect.stringContaining("is no rule of plural forms"),
      }),
    );
  });
});
