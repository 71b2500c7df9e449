import type { Figure, Result } from "../run/result.js";
import type { Column, Section } from "../table.js";
import { ratioText } from "./figure.js";

const WIDTH = 760;
const NAMES = 190;
const PLOT = WIDTH - NAMES - 90;
const ROW = 18;
const BAR = 12;
const HEAD = 38;

// An image in a page follows the colours of the reader's system.
export const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600 }
  .scale { fill: #6e7781; font-size: 10px }
  line { stroke: #d0d7de }
  .one { stroke: #6e7781; stroke-dasharray: 3 2 }
  rect { fill: #afb8c1 }
  .floor { fill: #d8dee4 }
  .ours { fill: #0969da }
  .off { fill-opacity: .45 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .scale { fill: #8b949e }
    line { stroke: #30363d }
    .one { stroke: #8b949e }
    rect { fill: #6e7681 }
    .floor { fill: #484f58 }
    .ours { fill: #58a6ff }
  }`;

interface Bar {
  readonly subject: string;
  /** `undefined` for what took too long: its bar goes to the end. */
  readonly ratio: number | undefined;
  readonly label: string;
}

/** Bars of the ratios to the floor, on one logarithmic scale for all columns of the section. */
export function chartOf({ title, columns }: Section, { figures }: Result): string {
  const panels = columns.map((column) => ({ column, bars: barsOf(column, figures[column.id] ?? {}) }));
  const ratios = panels.flatMap(({ bars }) =>
    bars.flatMap(({ ratio }) => (ratio === undefined ? [] : [ratio])),
  );
  const least = 10 ** Math.floor(Math.log10(Math.min(0.9, ...ratios)));
  const most = 10 ** Math.ceil(Math.log10(Math.max(10, ...ratios)));
  const x = (ratio: number) => NAMES + (PLOT * Math.log10(ratio / least)) / Math.log10(most / least);
  const parts: string[] = [];
  let y = 4;
  for (const { column, bars } of panels) {
    const height = HEAD + bars.length * ROW;
    for (let tick = least; tick <= most * 1.001; tick *= 10) {
      const one = Math.abs(tick - 1) < 1e-9;
      parts.push(
        `<line${one ? ' class="one"' : ""} x1="${px(x(tick))}" x2="${px(x(tick))}" y1="${y + HEAD - 4}" y2="${y + height}"/>`,
        `<text class="scale" x="${px(x(tick))}" y="${y + HEAD - 6}" text-anchor="middle">${ratioText(tick)}</text>`,
      );
    }
    parts.push(`<text class="title" x="0" y="${y + 14}">${escaped(column.title)}</text>`);
    bars.forEach((bar, nth) => {
      parts.push(barOf(bar, column, y + HEAD + nth * ROW, x(least), x(bar.ratio ?? most)));
    });
    y += height + 10;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img">`,
    `<title>${escaped(title)}: ratios to the floor</title>`,
    `<style>${STYLE}\n</style>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

function barsOf({ subjects }: Column, row: Readonly<Record<string, Figure>>): Bar[] {
  return subjects.flatMap((subject): Bar[] => {
    const figure = row[subject];
    if (figure === undefined || "failed" in figure) return [];
    if ("slowerThanSeconds" in figure) {
      return [{ subject, ratio: undefined, label: `> ${figure.slowerThanSeconds} s` }];
    }
    return figure.ratio === undefined
      ? []
      : [{ subject, ratio: figure.ratio, label: ratioText(figure.ratio) }];
  });
}

function barOf(
  { subject, ratio, label }: Bar,
  { floor }: Column,
  y: number,
  from: number,
  to: number,
): string {
  const kind = subject === floor ? "floor" : subject.startsWith("Sluice") ? "ours" : "";
  const names = [kind, ratio === undefined ? "off" : ""].filter((name) => name !== "").join(" ");
  const text = y + BAR - 1.5;
  return [
    `<text x="${NAMES - 8}" y="${text}" text-anchor="end"${kind === "ours" ? ' class="title"' : ""}>${escaped(subject)}</text>`,
    `<rect${names === "" ? "" : ` class="${names}"`} x="${px(from)}" y="${y}" width="${px(Math.max(1, to - from))}" height="${BAR}" rx="2"/>`,
    `<text x="${px(to + 5)}" y="${text}">${escaped(label)}</text>`,
  ].join("\n");
}

export const px = (value: number): string => value.toFixed(1);

export const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
