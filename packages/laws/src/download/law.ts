import fc from "fast-check";
import { hold } from "../hold.js";
import type { Effort, Feature, Law } from "../law.js";
import type { Plan } from "./plan.js";
import { sinner } from "./sinners.js";
import type { Sin } from "./sins.js";
import type { MakeDownload } from "./subject.js";
import { World } from "./world.js";

/** What a law D says, and on whom it is tried. */
interface Sentence {
  readonly id: `D${number}`;
  readonly says: string;
  readonly hint: string;
  readonly sins: readonly Sin[];
  readonly needs?: Feature;
}

/** A law about one trial of whatever `plan` makes up. */
export function law<Case extends { readonly plan: Plan }>(
  { sins, ...sentence }: Sentence,
  plan: fc.Arbitrary<Case>,
  story: (world: World, made: Case) => Promise<void>,
): Law<MakeDownload> {
  const check = (make: MakeDownload, effort: Effort) =>
    hold(
      fc.asyncProperty(fc.scheduler(), plan, async (scheduler, made) => {
        const world = new World(await make(), scheduler, made.plan);
        try {
          await story(world, made);
          world.judge();
        } finally {
          await world.clear();
        }
      }),
      effort,
    );
  return { ...sentence, kind: "must", sinners: sins.map(sinner), check };
}
