import { CLIENTS, END, type Run } from "./simulation.js";

const WIDTH = 760;
const HEIGHT = 300;
const LEFT = 34;
const RIGHT = 20;
const BOTTOM = 270;
const TOP = 34;

// An image in a page follows the colours of the reader's system.
const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .scale { fill: #6e7781; font-size: 10px }
  .grid { stroke: #d0d7de }
  path { fill: none; stroke-linejoin: round }
  .capacity { stroke: #6e7781; stroke-width: 2; stroke-dasharray: 5 3 }
  .sum { stroke: #0969da; stroke-width: 1.5 }
  .one { stroke: #0969da; stroke-opacity: .35 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .scale { fill: #8b949e }
    .grid { stroke: #30363d }
    .capacity { stroke: #8b949e }
    .sum, .one { stroke: #58a6ff }
  }`;

/** The capacity of the server, the sum of the limits, and each of them, over time. */
export function chartOf({ samples }: Run): string {
  const sum = (limits: readonly number[]) => limits.reduce((a, b) => a + b, 0);
  const most = 10 * Math.ceil(Math.max(...samples.map(({ limits }) => sum(limits))) / 10);
  const x = (at: number) => LEFT + ((WIDTH - LEFT - RIGHT) * at) / END;
  const y = (limit: number) => BOTTOM - ((BOTTOM - TOP) * limit) / most;
  const line = (name: string, of: (sample: Run["samples"][number]) => number) => {
    const points = samples.map((sample) => `${x(sample.at).toFixed(1)},${y(of(sample)).toFixed(1)}`);
    return `<path class="${name}" d="M${points.join("L")}"/>`;
  };
  const parts: string[] = [];
  for (let tick = 0; tick <= most; tick += 10) {
    parts.push(
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick)}" y2="${y(tick)}"/>`,
      `<text class="scale" x="${LEFT - 6}" y="${y(tick) + 3}" text-anchor="end">${tick}</text>`,
    );
  }
  for (let tick = 0; tick <= END; tick += 20_000) {
    parts.push(
      `<text class="scale" x="${x(tick)}" y="${BOTTOM + 16}" text-anchor="middle">${tick / 1_000} s</text>`,
    );
  }
  for (let client = 0; client < CLIENTS; client++) parts.push(line("one", ({ limits }) => limits[client]!));
  parts.push(
    line("sum", ({ limits }) => sum(limits)),
    line("capacity", ({ capacity }) => capacity),
    ...legend(),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">`,
    "<title>Adaptive limits of four clients, and the capacity of the server that they share</title>",
    `<style>${STYLE}\n</style>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

const legend = (): string[] =>
  [
    ["capacity", "what the server takes at once"],
    ["sum", "sum of the four limits"],
    ["one", "each limit"],
  ].flatMap(([name, says], n) => {
    const at = LEFT + n * 230;
    return [`<path class="${name}" d="M${at},14h24"/>`, `<text x="${at + 30}" y="18">${says}</text>`];
  });
