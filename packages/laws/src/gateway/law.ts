import fc from "fast-check";
import { hold } from "../hold.js";
import type { Effort, Law } from "../law.js";
import { sinner } from "./sinners.js";
import type { Sin } from "./sins.js";
import type { MakeGateway } from "./subject.js";
import { World } from "./world.js";

/** What a law G says, and on whom it is tried. */
interface Sentence {
  readonly id: `G${number}`;
  readonly says: string;
  readonly hint: string;
  readonly sins: readonly Sin[];
}

/** The least and the most bytes that the store gives at a time. */
const CHUNKS = { min: 1, max: 250 };

/** A law about one trial of whatever `plan` makes up. */
export function law<Plan>(
  { sins, ...sentence }: Sentence,
  plan: fc.Arbitrary<Plan>,
  story: (world: World, plan: Plan) => Promise<void>,
  chunks = CHUNKS,
): Law<MakeGateway> {
  const sizes = fc.array(fc.integer(chunks), { minLength: 1, maxLength: 4 });
  const check = (make: MakeGateway, effort: Effort) =>
    hold(
      fc.asyncProperty(fc.scheduler(), sizes, plan, async (scheduler, cuts, made) => {
        const world = new World(await make(), scheduler, cuts);
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
