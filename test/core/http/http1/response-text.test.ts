import { describe, expect, it } from "vitest";
import { headText } from "../../../../src/core/http/http1/response-text.js";
import { statusLine } from "../../../../src/core/http/status-line.js";

/** What a head is, without anything that is remembered. */
function plainHead(line: string, fields: readonly string[]): string {
  let text = line;
  for (let i = 0; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`;
  return `${text}\r\n`;
}

describe("headText", () => {
  it("writes each head as if it were the first, whatever began the one before", () => {
    const ok = statusLine(200, "OK");
    const common = ["Server", "S", "Content-Type", "text/html", "Date", "now"];
    const heads: [string, string[]][] = [
      [ok, []],
      [ok, ["A", "1"]],
      [ok, common],
      [ok, common],
      [ok, [...common, "Etag", '"x"', "Content-Length", "3"]],
      [statusLine(404, "Not Found"), common],
      [ok, ["Server", "S", "Content-Type", "text/html", "Date", "then"]],
      [ok, ["Server", "S", "Content-Type", "text/html", "date", "then"]],
      [ok, ["Server", "S", "Content-Type", "text/html", "X", "then", "Date", "then"]],
      [ok, ["Server", "S", "Content-Type", "text/html"]],
      [ok, ["A", "\xe4", "B", "\xff", "C", "c"]],
      [ok, ["A", "\xe4", "B", "\xff", "C", "c", "D", "d"]],
    ];

    for (const [line, fields] of [...heads, ...heads.toReversed()]) {
      expect(headText(line, fields)).toBe(plainHead(line, fields));
    }
  });

  it("does not follow a list that is changed later", () => {
    const fields = ["A", "1", "B", "2", "C", "3"];
    const first = headText(statusLine(200, "OK"), fields);
    fields[1] = "x";

    expect(headText(statusLine(200, "OK"), fields)).toBe(first.replace("A: 1", "A: x"));
  });
});
