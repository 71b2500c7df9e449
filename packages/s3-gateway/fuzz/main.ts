import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Progress } from "./worker.js";

//  fuzz [--minutes N] [--seed S] [--only TARGET]
//
//  a child works ──tells of each batch──▶ goes on … ──time is over──▶ exit code 0
//                └─throws, or tells nothing for too long──▶ the seed with which it happens again, exit code 1

/** Milliseconds that a batch may take. */
const LONGEST_BATCH = 120_000;

const option = (name: string, otherwise: string | undefined) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1];
};
const minutes = Number(option("minutes", "60"));
const seed = Number(option("seed", String(Date.now() % 2 ** 31)));
const only = option("only", undefined);
if (!(minutes >= 0) || !Number.isSafeInteger(seed)) {
  console.error("fuzz [--minutes N] [--seed S] [--only TARGET]");
  process.exit(1);
}

const until = Date.now() + minutes * 60_000;
const inputs = new Map<string, number>();
let last: Progress | undefined;
let heap = 0;
let peak = 0;
let watchdog: ReturnType<typeof setTimeout>;

const child = fork(
  fileURLToPath(new URL("worker.ts", import.meta.url)),
  [seed, until, ...(only ? [only] : [])].map(String),
  {
    execArgv: [...process.execArgv, "--expose-gc"],
  },
);
const watch = (): void => {
  clearTimeout(watchdog);
  watchdog = setTimeout(() => {
    console.error(`${last?.target} has not gone on for ${LONGEST_BATCH / 1_000} s`);
    child.kill("SIGKILL");
  }, LONGEST_BATCH);
};
watch();
child.on("message", (progress: Progress) => {
  last = progress;
  inputs.set(progress.target, (inputs.get(progress.target) ?? 0) + progress.inputs);
  heap = Math.max(heap, progress.heap);
  peak = Math.max(peak, progress.peak);
  watch();
});
child.on("exit", (code) => {
  clearTimeout(watchdog);
  const total = [...inputs.values()].reduce((sum, count) => sum + count, 0);
  for (const [target, count] of inputs)
    console.log(`${target.padEnd(16)}${String(count).padStart(12)} inputs`);
  const MiB = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  console.log(`${total} inputs, ${MiB(heap)} alive at the most, ${MiB(peak)} of memory at the most`);
  if (code === 0) return;
  console.error(`failed: fuzz --minutes 0 --seed ${last?.seed} --only "${last?.target}"`);
  process.exitCode = 1;
});
