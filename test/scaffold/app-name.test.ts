import { expect, it } from "vitest";
import { judgeAppName } from "../../src/scaffold/app-name.js";

it.each(["shop", "my-shop", "shop2", "a.b", "a_b", "x", "a".repeat(214)])("takes %s", (name) => {
  expect(judgeAppName(name)).toEqual({ faults: [], corrected: name });
});

it.each([
  ["", "it is empty", "tornado-app"],
  ["My Bad App", "it has capital letters; it has spaces", "my-bad-app"],
  [".hidden", "it begins with a dot", "hidden"],
  [
    "a\u001b[1mb",
    "it has control characters; only the letters a to z, digits, hyphens, dots and underscores may stand in it",
    "a-1mb",
  ],
  ["_private", "it begins with an underscore", "private"],
  ["-flag", "it begins with a hyphen", "flag"],
  ["dot.", "it ends with a dot", "dot"],
  [
    "Café",
    "it has capital letters; only the letters a to z, digits, hyphens, dots and underscores may stand in it",
    "cafe",
  ],
  [
    "a;rm -rf",
    "it has spaces; only the letters a to z, digits, hyphens, dots and underscores may stand in it",
    "a-rm-rf",
  ],
  ["日本", "only the letters a to z, digits, hyphens, dots and underscores may stand in it", "tornado-app"],
  ["http", "it is the name of a Node.js module", "http-app"],
  ["tornado", "it is a package that the app depends on", "tornado-app"],
  ["node_modules", "it is a reserved name", "node-modules-app"],
  ["con", "it is a reserved name", "con-app"],
  ["b".repeat(215), "it is longer than 214 characters", "b".repeat(214)],
])("refuses %j and offers another", (name, faults, corrected) => {
  expect(judgeAppName(name)).toEqual({ faults: faults.split("; "), corrected });
});

it.each(["My Bad App", ".x", "http", "CON", "日本", "a..", "Tornado", "--"])(
  "offers a name for %j that is itself good",
  (name) => {
    const { corrected } = judgeAppName(name);

    expect(judgeAppName(corrected).faults).toEqual([]);
  },
);
