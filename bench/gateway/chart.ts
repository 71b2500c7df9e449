import { type MemoryPanel, memoryChart } from "../flood/chart.js";
import type { FloodResult } from "./result.js";

const SHORT: Readonly<Record<string, string>> = {
  gets: "180 GETs",
  mix: "GETs and PUTs",
  parts: "192 UploadParts",
  thousand: "1,000 clients",
};

/** What the gateway's group used over time, one panel for each flood. */
export function gatewayChart({ floods }: FloodResult): string {
  const panels: readonly MemoryPanel[] = floods.map((one) => ({
    ...one,
    title: `${SHORT[one.crowd] ?? one.crowd}${one.governed ? "" : ", ungoverned"}`,
  }));
  const limitMib = Math.max(...floods.map((one) => one.limitMib));
  return memoryChart(panels, limitMib, "Memory of the gateway over time, under a hard limit", 4);
}
