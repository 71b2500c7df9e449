// node --expose-gc bounded-program.mjs WHAT: what a process in a container sees of its memory, as JSON.
import { totalmem } from "node:os";
import { setInterval } from "node:timers/promises"; // real time: the kernel's count changes when it does
import { budgetFromContainer, watchPressure } from "@sluice/semaphore/node";

const MIB = 2 ** 20;

const programs = {
  budget: () => ({
    capacity: budgetFromContainer().capacity,
    quarter: budgetFromContainer({ share: 0.25 }).capacity,
    floored: budgetFromContainer({ share: 0.001, floor: "16MiB" }).capacity,
    total: totalmem(),
    constrained: process.constrainedMemory?.(),
  }),

  /** Allocates until the budget has shrunk to its floor, and lets go until it has grown back. */
  async pressure() {
    const budget = budgetFromContainer({ share: 0.25 });
    const first = budget.capacity;
    const floor = 16 * MIB;
    const watch = watchPressure(budget, { floor, high: 0.6, low: 0.45, every: 5 });
    /** @type {Buffer[]} */
    let ballast = [];
    const seen = [first];
    for await (const _ of changes(budget, seen, () => budget.capacity === floor)) {
      // Enough to be above `high`, and not so much that the kernel would end it all.
      if (ballast.length * 4 < 150) ballast.push(Buffer.alloc(4 * MIB, 1));
    }
    ballast = [];
    for await (const _ of changes(budget, seen, () => budget.capacity === first)) globalThis.gc?.();
    watch[Symbol.dispose]();
    return { first, floor, seen, ballast: ballast.length };
  },
};

/** Notes each capacity that the budget takes on, until it is as it should be, or has had enough turns to become so. */
async function* changes(budget, seen, done, turns = 2_000) {
  for await (const _ of setInterval(5)) {
    if (budget.capacity !== seen.at(-1)) seen.push(budget.capacity);
    if (done() || turns-- === 0) return;
    yield;
  }
}

console.log(JSON.stringify(await programs[process.argv[2]]()));
