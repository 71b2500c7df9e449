import type { Sample } from "./gauge.js";

// Written out by hand: the chart libraries that run without a browser bring more code than this whole command has.

export interface Chart {
  readonly samples: readonly Sample[];
  /** Bytes. */
  readonly budget: number;
  /** When each phase began, in milliseconds, in order. */
  readonly phases: readonly { readonly name: string; readonly at: number }[];
  readonly title: string;
}

const WIDTH = 960;
const HEIGHT = 420;
const PLOT = { left: 64, right: WIDTH - 24, top: 56, bottom: HEIGHT - 48 };
const MiB = 2 ** 20;

/** An SVG picture of held bytes and RSS over time. */
export function chart({ samples, budget, phases, title }: Chart): string {
  const end = Math.max(1, ...samples.map((s) => s.at));
  const highest = Math.max(budget, ...samples.map((s) => Math.max(s.rss, s.held))) / MiB;
  const step = niceStep(highest / 6);
  const top = Math.ceil(highest / step) * step;
  const x = (ms: number) => round(PLOT.left + (ms / end) * (PLOT.right - PLOT.left));
  const y = (bytes: number) => round(PLOT.bottom - (bytes / MiB / top) * (PLOT.bottom - PLOT.top));
  const line = (value: (s: Sample) => number) => samples.map((s) => `${x(s.at)},${y(value(s))}`).join(" ");

  const grid = marks(top, step).map(
    (mib) =>
      `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(mib * MiB)}" y2="${y(mib * MiB)}" stroke="#e4e4e7"/>` +
      `<text x="${PLOT.left - 8}" y="${y(mib * MiB) + 4}" text-anchor="end">${mib}</text>`,
  );
  const seconds = end / 1000;
  const times = marks(seconds, niceStep(seconds / 8)).map(
    (s) => `<text x="${x(s * 1000)}" y="${PLOT.bottom + 20}" text-anchor="middle">${s} s</text>`,
  );
  const begun = phases.map(
    ({ name, at }) =>
      `<line x1="${x(at)}" x2="${x(at)}" y1="${PLOT.top}" y2="${PLOT.bottom}" stroke="#a1a1aa" stroke-dasharray="2 4"/>` +
      `<text x="${x(at) + 6}" y="${PLOT.top + 14}">${escaped(name)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="#3f3f46">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${PLOT.left}" y="24" font-size="15">${escaped(title)}</text>
${grid.join("\n")}
${times.join("\n")}
${begun.join("\n")}
<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(budget)}" y2="${y(budget)}" stroke="#dc2626" stroke-dasharray="6 4"/>
<polyline fill="none" stroke="#2563eb" stroke-width="1.5" points="${line((s) => s.rss)}"/>
<polyline fill="none" stroke="#059669" stroke-width="1.5" points="${line((s) => s.held)}"/>
<text x="${PLOT.left}" y="44">MiB: <tspan fill="#2563eb">memory of the process (RSS)</tspan> · <tspan fill="#059669">bytes held</tspan> · <tspan fill="#dc2626">budget</tspan></text>
</svg>
`;
}

function marks(top: number, step: number): number[] {
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, i) =>
    Number((i * step).toPrecision(6)),
  );
}

// 1, 2 or 5 times a power of ten.
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5].find((n) => n * power >= rough) ?? 10) * power;
}

const round = (n: number) => Math.round(n * 10) / 10;
const escaped = (text: string) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
