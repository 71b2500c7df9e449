import { escaped, px, STYLE } from "../src/page/chart.js";
import { FLOOR } from "./goals.js";
import { ratioOf, type UploadResult } from "./result.js";
import { isOurs, NAMES, type Name } from "./subjects.js";

const WIDTH = 760;
const NAMES_WIDTH = 170;
const PLOT = WIDTH - NAMES_WIDTH - 80;
const ROW = 18;
const BAR = 12;
const HEAD = 30;

interface Panel {
  readonly title: string;
  /** What is marked by a line: the floor, or what was allowed. */
  readonly ratio: (subject: Name) => number | undefined;
}

/** Bars on linear scales: processor time and peak RSS of the floor's, live bytes of what was allowed. */
export function uploadChart(result: UploadResult): string {
  const allowed = result.plan.slots * result.plan.partSize;
  const alive = (subject: Name, chunking: "blocks" | "views"): number | undefined => {
    const bytes = result.alive.find((one) => one.subject === subject)?.[chunking];
    return bytes === undefined ? undefined : bytes / allowed;
  };
  const panels: readonly Panel[] = [
    {
      title: "Processor time, of the floor's with CRC32",
      ratio: (name) => ratioOf(result, name, FLOOR, "http", "cpuPerGib"),
    },
    { title: "The same over TLS", ratio: (name) => ratioOf(result, name, FLOOR, "https", "cpuPerGib") },
    {
      title: "Peak RSS over TLS, of the floor's with CRC32",
      ratio: (name) => ratioOf(result, name, FLOOR, "https", "peak"),
    },
    { title: "Bytes alive, of slots × part size", ratio: (name) => alive(name, "blocks") },
    { title: "The same, small views on large slabs", ratio: (name) => alive(name, "views") },
  ];
  const parts: string[] = [];
  let y = 4;
  for (const panel of panels) {
    parts.push(...barsOf(panel, y));
    y += HEAD + NAMES.length * ROW + 10;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img">`,
    "<title>What an upload costs, beside a floor and beside what was allowed</title>",
    `<style>${STYLE}\n</style>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

function barsOf({ title, ratio }: Panel, y: number): string[] {
  const bars = NAMES.map((subject) => ({ subject, value: ratio(subject) }));
  const most = Math.max(1.2, ...bars.map(({ value }) => value ?? 0));
  const x = (value: number): number => NAMES_WIDTH + (PLOT * value) / most;
  const height = HEAD + bars.length * ROW;
  return [
    `<text class="title" x="0" y="${y + 14}">${escaped(title)}</text>`,
    `<line class="one" x1="${px(x(1))}" x2="${px(x(1))}" y1="${y + HEAD - 6}" y2="${y + height}"/>`,
    ...bars.flatMap(({ subject, value }, nth) => {
      const top = y + HEAD + nth * ROW;
      const text = top + BAR - 1.5;
      const kind = isOurs(subject) ? ' class="ours"' : subject.startsWith("floor") ? ' class="floor"' : "";
      return [
        `<text x="${NAMES_WIDTH - 8}" y="${text}" text-anchor="end"${isOurs(subject) ? ' class="title"' : ""}>${escaped(subject)}</text>`,
        ...(value === undefined
          ? []
          : [
              `<rect${kind} x="${NAMES_WIDTH}" y="${top}" width="${px(x(value) - NAMES_WIDTH)}" height="${BAR}" rx="2"/>`,
              `<text x="${px(x(value) + 5)}" y="${text}">${value.toFixed(2)} ×</text>`,
            ]),
      ];
    }),
  ];
}
