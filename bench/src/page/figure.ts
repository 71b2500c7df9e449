import type { Figure } from "../run/result.js";
import type { Unit } from "../table.js";

const BIGGER: Readonly<Record<"ns" | "µs" | "ms", readonly [number, string]>> = {
  ns: [1e6, "ms"],
  µs: [1e3, "ms"],
  ms: [1, "ms"],
};

/** A figure with its unit, in about three digits. */
export function figureText(value: number, unit: Unit): string {
  if (unit === "B") return `${digits(value)} B`;
  if (unit === "turns") return value === 1 ? "1 turn" : `${digits(value)} turns`;
  const [perMs] = BIGGER[unit];
  const ms = value / perMs;
  if (ms >= 1_000) return `${digits(ms / 1_000)} s`;
  if (ms >= 1) return `${digits(ms)} ms`;
  if (ms >= 0.01 && unit !== "ms") return `${digits(ms * 1_000)} µs`;
  return `${digits(value)} ${unit}`;
}

export const ratioText = (ratio: number): string => `${digits(ratio)} ×`;

/** What stands in a cell of the page. */
export function cellText(figure: Figure | undefined, unit: Unit): string {
  if (figure === undefined) return "";
  if ("slowerThanSeconds" in figure) return `> ${figure.slowerThanSeconds} s`;
  if ("failed" in figure) return "–";
  const ratio = figure.ratio === undefined ? "" : ` · ${ratioText(figure.ratio)}`;
  return `${figureText(figure.median, unit)}${ratio}`;
}

function digits(value: number): string {
  const size = Math.abs(value);
  const places = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return value.toLocaleString("en", { maximumFractionDigits: places });
}
