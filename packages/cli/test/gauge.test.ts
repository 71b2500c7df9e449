import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { chart } from "../src/demo/chart.js";
import { Gauge } from "../src/demo/gauge.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("ten minutes of looking keeps a bounded record, and the highest value of it", () => {
  let held = 1;
  const gauge = new Gauge(() => held);
  vi.advanceTimersByTime(1_000);
  held = 99;
  vi.advanceTimersByTime(50);
  held = 1;
  vi.advanceTimersByTime(600_000);
  gauge.stop();
  expect(gauge.samples.length).toBeLessThanOrEqual(800);
  expect(gauge.samples.length).toBeGreaterThan(300);
  expect(Math.max(...gauge.samples.map((s) => s.held))).toBe(99);
  expect(gauge.samples.at(-1)?.at).toBeGreaterThan(590_000);
});

test("a chart shows the budget, both lines and its phases, and escapes what it is told", () => {
  const samples = [
    { at: 0, held: 0, rss: 60 * 2 ** 20 },
    { at: 500, held: 8 * 2 ** 20, rss: 100 * 2 ** 20 },
  ];
  const svg = chart({ samples, budget: 64 * 2 ** 20, phases: [{ name: "a<b", at: 100 }], title: "t" });
  expect(svg.match(/<polyline/g)).toHaveLength(2);
  expect(svg).toContain("a&#60;b");
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
});
