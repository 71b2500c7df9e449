import { escaped, px, STYLE } from "../src/page/chart.js";
import type { Sample } from "./group.js";
import type { FloodResult } from "./result.js";
import { TITLES } from "./titles.js";

const WIDTH = 760;
const LEFT = 54;
const TOP = 34;
const PLOT = 190;
const GAP = 16;
const FOOT = 40;
const MIB = 2 ** 20;

const LINES = `
  polyline { fill: none; stroke: #cf222e; stroke-width: 1.5 }
  polyline.ours { fill: none; stroke: #0969da }
  path { fill: none; stroke: #cf222e; stroke-width: 2 }
  .limit { stroke: #24292f; stroke-dasharray: 5 3 }
  @media (prefers-color-scheme: dark) {
    polyline { stroke: #ff7b72 }
    polyline.ours { stroke: #58a6ff }
    path { stroke: #ff7b72 }
    .limit { stroke: #e6edf3 }
  }`;

/** One flood, as a panel of a chart. */
export interface MemoryPanel {
  readonly title: string;
  readonly limitMib: number;
  readonly samples: readonly Sample[];
  readonly exit: number;
  readonly peak: number;
  readonly seconds: number;
}

/** What the group used over time, one panel for each flood; all have the same scale of memory, and each its own of time. */
export function floodChart({ floods, plan: { limitMib } }: FloodResult): string {
  const panels = floods.map((flooded) => ({ ...flooded, limitMib, title: TITLES[flooded.variant] }));
  return memoryChart(panels, limitMib, "Memory of the three servers over time, under the same hard limit");
}

/** Panels of memory over time, so many in a row; each has a line at its own limit. */
export function memoryChart(
  panels: readonly MemoryPanel[],
  most: number,
  title: string,
  inRow = panels.length,
): string {
  const width = (WIDTH - LEFT - GAP * (inRow - 1) - 4) / inRow;
  const height = TOP + PLOT + FOOT;
  const rows = Math.ceil(panels.length / inRow);
  const ticks = [0, 1, 2, 3, 4].map((nth) => (most * nth) / 4);
  const parts = Array.from({ length: rows }, (_, row) => {
    const y = (mib: number): number => row * height + TOP + PLOT * (1 - mib / (most * 1.05));
    return [
      ...ticks.map(
        (mib) =>
          `<text class="scale" x="${LEFT - 6}" y="${px(y(mib) + 3)}" text-anchor="end">${mib}${mib === most ? " MiB" : ""}</text>`,
      ),
      ...panels
        .slice(row * inRow, (row + 1) * inRow)
        .flatMap((one, nth) => panel(one, LEFT + nth * (width + GAP), width, row * height, ticks, y)),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height * rows}" width="${WIDTH}" height="${height * rows}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}${LINES}\n</style>`,
    ...parts.flat(),
    "</svg>\n",
  ].join("\n");
}

function panel(
  { title, limitMib, samples, exit, peak, seconds }: MemoryPanel,
  from: number,
  width: number,
  top: number,
  ticks: readonly number[],
  y: (mib: number) => number,
): string[] {
  const end = Math.max(1, samples.at(-1)?.ms ?? 1);
  const x = (ms: number): number => from + (width * ms) / end;
  const points = samples.map(({ ms, group }) => `${px(x(ms))},${px(y(group / MIB))}`);
  const killed = exit === 137;
  const last = samples.at(-1)?.group ?? 0;
  const cross = `M${px(from + width - 5)} ${px(y(last / MIB) - 5)}l10 10m0 -10l-10 10`;
  return [
    `<text class="title" x="${px(from)}" y="${top + 14}">${escaped(title)}</text>`,
    ...ticks.map((mib) => {
      const line = `x1="${px(from)}" x2="${px(from + width)}" y1="${px(y(mib))}" y2="${px(y(mib))}"`;
      return `<line${mib === limitMib ? ' class="limit"' : ""} ${line}/>`;
    }),
    `<polyline${killed ? "" : ' class="ours"'} points="${points.join(" ")}"/>`,
    ...(killed ? [`<path d="${cross}"/>`] : []),
    `<text class="scale" x="${px(from)}" y="${px(y(0) + 14)}">0</text>`,
    `<text class="scale" x="${px(from + width)}" y="${px(y(0) + 14)}" text-anchor="end">${seconds.toFixed(1)} s</text>`,
    `<text x="${px(from)}" y="${px(y(0) + 32)}">${killed ? "killed" : `peak ${Math.round(peak / MIB)} MiB`}</text>`,
  ];
}
