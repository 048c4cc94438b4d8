/** How errors of templates come through to the development page and the terminal: both are made of this description. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { toError } from "../../../src/core/errors.js";
import { templateFramesOf } from "../../../src/core/template/errors.js";
import { Loader } from "../../../src/core/template/loader.js";
import { describeError } from "../../../src/dev/error-report.js";
import { shownSources } from "../../../src/dev/shown-sources.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const layout = "<main>\n{% block main %}{% end %}</main>";
const page = '{% extends "layout.html" %}\n{% block main %}\n  {% include "parts/card.html" %}{% end %}';

describe("the description of an error in an included template", () => {
  it.each([
    ["that cannot be compiled", "<i>\n\t{{ a b }}", "Unexpected", ["card.html:2:7", "page.html:3:3"]],
    [
      "that uses an unknown name",
      "<i>\n\t{{ titel }}",
      "titel",
      ["card.html:2:5", "page.html:3:3", "layout.html:2:1", "page.html:1:1"],
    ],
    [
      "in which something throws",
      "<i>\n\t{{ title.more.of }}",
      "Cannot read",
      ["card.html:2:5", "page.html:3:3", "layout.html:2:1", "page.html:1:1"],
    ],
  ])("%s has its place, its line and the way there, once each", async (_, card, message, places) => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, "parts"));
    const files = { "layout.html": layout, "page.html": page, "parts/card.html": card };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder.path, name), text);
    let thrown: unknown;
    try {
      new Loader(folder.path).load("page.html").generate({ title: {} });
    } catch (error) {
      thrown = error;
    }

    const options = { appRoot: folder.path, readSource: shownSources(folder.path), templateFrames: templateFramesOf };
    const [described] = describeError(toError(thrown), options);
    const frames = described!.frames.filter(({ owner }) => owner === "template");

    expect(described!.message).toContain(message);
    expect(frames.map(({ file, line, column }) => `${file.split("/").at(-1)}:${line}:${column}`)).toEqual(places);
    expect(JSON.stringify(frames[0]!.excerpt)).toContain(JSON.stringify(card.split("\n")[1]).slice(1, -1));
  });
});
