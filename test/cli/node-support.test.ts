import { expect, it } from "vitest";
import { nodeSupportNote } from "../../src/cli/node-support.js";

it.each([
  [
    "20.20.2",
    "2026-05-01",
    "Node.js 20.20.2 gets no security fixes since 2026-04-30. Move to a supported version when you can.",
  ],
  ["20.20.2", "2026-04-30", undefined],
  ["22.1.0", "2026-11-21", undefined],
  ["24.21.0", "2026-11-21", undefined],
  ["23.0.0", "2026-11-21", expect.stringContaining("2025-06-01")],
  ["40.0.0", "2040-01-01", undefined],
])("says of %s on %s: %j", (version, today, note) => {
  expect(nodeSupportNote(version, new Date(today))).toEqual(note);
});
