/** Reads our Markdown pages as far as tests need it: headings, links, code blocks, tables, words in code. */

import { readFileSync } from "node:fs";

export interface Heading {
  readonly level: number;
  /** Without the marks of code and emphasis. */
  readonly text: string;
  /** The anchor that GitHub gives it. */
  readonly anchor: string;
  readonly line: number;
}

export interface Link {
  readonly target: string;
  readonly line: number;
}

export interface CodeBlock {
  /** First word behind the fence. */
  readonly language: string;
  /** The words behind it. */
  readonly info: string;
  readonly code: string;
  /** Line of the fence, from 1. */
  readonly line: number;
}

/** A page, taken apart once. */
export class MarkdownPage {
  readonly path: string;
  readonly headings: readonly Heading[];
  readonly links: readonly Link[];
  readonly blocks: readonly CodeBlock[];
  /** Lines outside code blocks; those inside are empty, so that numbers stay. */
  readonly prose: readonly string[];

  constructor(path: string, text: string) {
    this.path = path;
    const { prose, blocks } = splitCode(text);
    this.prose = prose;
    this.blocks = blocks;
    this.headings = headingsOf(prose);
    this.links = linksOf(prose);
  }

  static read(path: string): MarkdownPage {
    return new MarkdownPage(path, readFileSync(path, "utf8"));
  }

  /** The lines below a heading, up to the next one of its level or above; fails when there is no such heading. */
  section(title: string): readonly string[] {
    const index = this.headings.findIndex(({ text }) => text === title);
    const heading = this.headings[index];
    if (heading === undefined) throw new Error(`${this.path} has no heading "${title}". Add one.`);
    const next = this.headings.slice(index + 1).find(({ level }) => level <= heading.level);
    return this.prose.slice(heading.line, next === undefined ? undefined : next.line - 1);
  }

  /** Everything that stands in code: between backticks, and in blocks. */
  get code(): string {
    const spans = this.prose.flatMap((line) => [...line.matchAll(/`([^`]+)`/g)].map((match) => match[1]!));
    return [...spans, ...this.blocks.map(({ code }) => code)].join("\n");
  }
}

/** The first cell of every table row that begins with code, without the backticks. */
export function firstCells(lines: readonly string[]): string[] {
  return lines.flatMap((line) => /^\| `([^`]+)`/.exec(line)?.[1] ?? []);
}

function splitCode(text: string): { prose: string[]; blocks: CodeBlock[] } {
  const prose: string[] = [];
  const blocks: CodeBlock[] = [];
  let open: { language: string; info: string; line: number; code: string[] } | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const fence = /^```(\S*)\s*(.*)$/.exec(line);
    prose.push(fence !== null || open !== undefined ? "" : line);
    if (fence === null) open?.code.push(line);
    else if (open === undefined) open = { language: fence[1]!, info: fence[2]!.trim(), line: index + 1, code: [] };
    else {
      blocks.push({ ...open, code: open.code.join("\n") });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`The code block of line ${open.line} is not closed.`);
  return { prose, blocks };
}

function headingsOf(prose: readonly string[]): Heading[] {
  const seen = new Map<string, number>();
  return prose.flatMap((line, index) => {
    const match = /^(#{1,6}) (.+)$/.exec(line);
    if (match === null) return [];
    const text = match[2]!.replace(/[`*]/g, "").trim();
    const plain = text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-");
    const count = seen.get(plain) ?? 0;
    seen.set(plain, count + 1);
    return [{ level: match[1]!.length, text, anchor: count === 0 ? plain : `${plain}-${count}`, line: index + 1 }];
  });
}

function linksOf(prose: readonly string[]): Link[] {
  return prose.flatMap((line, index) => {
    const withoutCode = line.replace(/`[^`]*`/g, "");
    return [...withoutCode.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => ({ target: match[1]!, line: index + 1 }));
  });
}
