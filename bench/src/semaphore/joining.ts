import { settled } from "../run/clock.js";
import { median } from "../run/median.js";
import { now } from "../run/now.js";
import type { Wait } from "./subject.js";

const MORE = 200;
const SAMPLES = 7;

/**
 * What it costs to wait on a signal that so many others wait on already, in nanoseconds.
 *
 * - **Order:** the others first.
 * - **Abort:** cannot be stopped.
 * - **Errors:** rejects if somebody does not wait.
 */
export async function joining(open: () => Promise<Wait>, others: number): Promise<number> {
  for (let left = SAMPLES; left > 0; left--) await crowd(await open(), new AbortController().signal, 1_000);
  const wait = await open();
  const { signal } = new AbortController();
  await crowd(wait, signal, others);
  const start = now();
  await crowd(wait, signal, MORE);
  return ((now() - start) * 1e6) / MORE;
}

async function crowd(wait: Wait, signal: AbortSignal, count: number): Promise<void> {
  let served = 0;
  const hasServed = () => served++;
  for (let left = count; left > 0; left--) wait(signal).then(hasServed);
  await settled();
  if (served > 0) throw new Error("somebody was served who should have waited");
}

/**
 * What it costs to come into a line, in nanoseconds.
 *
 * - **Order:** as `joining`, each with a signal of its own that is there already.
 * - **Abort:** cannot be stopped.
 * - **Errors:** as `joining`.
 */
export async function coming(open: () => Promise<Wait>, count: number): Promise<number> {
  const samples: number[] = [];
  for (let left = SAMPLES; left > 0; left--) samples.push(await comers(await open(), count));
  return median(samples);
}

async function comers(wait: Wait, count: number): Promise<number> {
  const signals = Array.from({ length: count }, () => new AbortController().signal);
  const start = now();
  for (const signal of signals) void wait(signal);
  return ((now() - start) * 1e6) / count;
}
