/** A fenced block of a page. */
export interface Fence {
  /** What follows the opening backticks, such as `"ts run"`. */
  readonly info: string;
  readonly code: string;
  /** The line of the page on which the code begins. */
  readonly line: number;
  readonly closed: boolean;
}

export interface Link {
  readonly target: string;
  readonly line: number;
}

const FENCE = /^(\s*)(`{3,}|~{3,})\s*([^`]*)$/;

interface Block extends Fence {
  readonly until: number;
}

export const fencesOf = (markdown: string): Fence[] => blocksOf(markdown.split("\n"));

function blocksOf(lines: readonly string[]): Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at++) {
    const [, indent = "", marks, info = ""] = FENCE.exec(lines[at]!) ?? [];
    if (!marks) continue;
    const end = lines.findIndex((line, i) => i > at && line.trim().startsWith(marks) && isOnlyMarks(line));
    const until = end < 0 ? lines.length : end;
    const code = lines.slice(at + 1, until).map((line) => withoutIndent(line, indent.length));
    blocks.push({ info: info.trim(), code: code.join("\n"), line: at + 2, closed: end >= 0, until });
    at = until;
  }
  return blocks;
}

const isOnlyMarks = (line: string) => /^\s*(`+|~+)\s*$/.test(line);

const withoutIndent = (line: string, width: number) =>
  line.slice(0, width).trim() === "" ? line.slice(width) : line;

/** The lines of a page with its fenced blocks blanked out, so that code is not read as prose. */
export function proseOf(markdown: string): string[] {
  const lines = markdown.split("\n");
  for (const { line, until } of blocksOf([...lines])) lines.fill("", line - 2, until + 1);
  return lines;
}

export const headingsOf = (markdown: string, level: number): string[] =>
  proseOf(markdown).flatMap((line) => {
    const [, marks, title] = /^(#+)\s+(.*?)\s*$/.exec(line) ?? [];
    return marks?.length === level && title ? [title] : [];
  });

/** The targets of links and images, written inline or as references. */
export function linksOf(markdown: string): Link[] {
  return proseOf(markdown).flatMap((prose, i) => {
    const text = prose.replace(/`[^`]*`/g, "");
    const targets = [
      ...text.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g),
      ...text.matchAll(/^\s*\[[^\]]+\]:\s*<?([^\s>]+)/g),
    ];
    return targets.map(([, target = ""]) => ({ target, line: i + 1 }));
  });
}

export const lengthOf = (text: string): number => text.replace(/\n$/, "").split("\n").length;
