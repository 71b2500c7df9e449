import fc from "fast-check";
import { hop, settle } from "../settle.js";
import { Breach } from "../verdicts.js";
import type { ReleaseSubject } from "./subject.js";
import { plans } from "./telling.js";

/** Readers, a source and whoever leaves, in every order that the scheduler finds: released once, whoever wins. */
export const raced = ({ kinds, releaseOnEnd }: ReleaseSubject) =>
  fc.asyncProperty(fc.scheduler(), plans(kinds), fc.integer({ min: 1, max: 2 }), async (s, plan, readers) => {
    let releases = 0;
    let turns = 0;
    const pace = () => s.schedule(Promise.resolve(), `the source answers (${++turns})`);
    const { stream } = plan.kind.open({ ...plan, eager: false, ending: endingOf(plan), pace });
    const wrapped = releaseOnEnd(stream, () => {
      releases++;
    });
    const consumer = plan.kind.consume(wrapped);
    let over = false;
    const reads = async () => {
      try {
        while ((await consumer.read()) !== "end") await s.schedule(Promise.resolve(), "asks again");
      } catch {
        // Its end as well.
      }
      over = true;
    };
    const leaves = async () => {
      await s.schedule(Promise.resolve(), "leaves");
      await consumer.leave(plan.failure);
      over = true;
    };
    const all = Promise.allSettled([...Array.from({ length: readers }, reads), leaves()]);
    let done = false;
    void all.then(() => {
      done = true;
    });
    while (s.count() > 0) {
      await s.waitOne();
      await settle(() => true);
      if (plan.kind.tellsLate) await hop();
    }
    await settle(() => done);
    const story = [
      `${plan.kind.name}, ${plan.chunks} chunks, then ${endingOf(plan)}; ${readers} readers`,
      s.toString(),
    ];
    if (!over) throw new Breach("nobody heard of the end", story);
    if (releases !== 1) throw new Breach(`it was released ${releases} times`, story);
  });

// Somebody leaves in any case, and a generator that stalls cannot be left.
const endingOf = ({ ending }: { ending: "end" | "error" | "stall" }) => (ending === "stall" ? "end" : ending);
