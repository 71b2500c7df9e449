import fc from "fast-check";
import { memoryOf, sizeOf } from "./bodies.js";
import { law } from "./law.js";
import { plans } from "./plan.js";
import { type Run, start } from "./run.js";
import type { World } from "./world.js";

/** A window has at most so small a part of a part. */
const WINDOW = 100;

/** Bytes of a run that the store has acknowledged. */
function acknowledged({ requests }: World, key: string): number {
  const arrived = new Map<number, number>();
  for (const { method, target, partNumber = 0, done, bytes } of requests) {
    if (target?.key !== key || (method !== "put" && method !== "putPart")) continue;
    if (done) arrived.set(partNumber, bytes?.length ?? 0);
  }
  return [...arrived.values()].reduce((sum, size) => sum + size, 0);
}

export const U1 = law(
  {
    id: "U1",
    says: "Bytes held never exceed min(budget, slots × part size), at any chunking of the source and any speed ratio.",
    hint: "when a part is paid for, and when its permit goes back",
    sins: [
      "readsAhead",
      "paysAfterReading",
      "freesWhenSent",
      "ignoresTheBudget",
      "sendsViews",
      "freesBetweenTries",
      "paysForEachTry",
    ],
    needs: "budget",
  },
  fc.record({
    all: fc.array(plans(), { minLength: 1, maxLength: 3 }),
    spare: fc.nat({ max: 30 }),
    /** Parts that fail once. */
    failing: fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { maxLength: 2 }),
  }),
  async (open, { all, spare, failing }) => {
    const world = open();
    world.trouble = ({ method, partNumber, tries }) =>
      method === "putPart" && tries === 1 && failing.includes(partNumber!)
        ? { does: "fail", error: () => Object.assign(new Error("reset"), { retryable: true }) }
        : undefined;
    if (failing.length > 0) world.story.push(`part ${failing.join(", ")} fails once`);
    const { minPartSize } = world.store.limits;
    const sizes = all.map(({ extra }) => minPartSize + extra);
    const capacity = Math.max(...sizes) + Math.floor((spare * minPartSize) / 4);
    const slots = all.reduce((sum, plan, i) => sum + plan.slots * sizes[i]!, 0);
    const limit = Math.min(capacity, slots);
    const budget = world.budget(capacity);
    const runs: Run[] = [];
    world.look = () => {
      if (budget.held > limit) world.breach(`${budget.held} bytes of the budget are held`);
      const bodies = [...world.inProgress].map(({ body }) => body);
      const sending = bodies.reduce((sum, body) => sum + sizeOf(body), 0);
      if (sending > budget.held) world.breach(`${sending} bytes are being sent, ${budget.held} are paid for`);
      const memory = memoryOf(bodies);
      if (memory > limit) world.breach(`${memory} bytes of memory are kept by what is being sent`);
      let owned = 0;
      for (const [i, { source, partSize, target }] of runs.entries()) {
        // The last chunk that it gave is still the source's.
        const held = source.given - source.last - acknowledged(world, target.key);
        // What begins a part may lie in a small window, so that a source with nothing to say sits on no budget.
        owned += Math.max(0, held - Math.ceil(partSize / WINDOW));
        if (held > all[i]!.slots * partSize) world.breach(`${held} bytes are held in ${all[i]!.slots} slots`);
      }
      if (owned > budget.held) world.breach(`${owned} bytes were read, ${budget.held} are paid for`);
    };
    for (const [i, plan] of all.entries()) {
      const target = { ...world.target, key: `${world.target.key}/${i}` };
      runs.push(start(world, plan, { budget, target }));
    }
    if (!(await world.drive(() => runs.every(({ outcome }) => outcome.settled()))))
      world.breach("it never ends");
    for (const { bytes, target, outcome } of runs) {
      if (outcome.state === "rejected") world.breach(`it fails with ${String(outcome.reason)}`);
      await world.expect(bytes, target);
    }
    if (budget.held !== 0) world.breach(`${budget.held} bytes of the budget are still held`);
  },
);
