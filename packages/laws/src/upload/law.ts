import fc from "fast-check";
import { hold } from "../hold.js";
import type { Effort, Feature, Law } from "../law.js";
import { sinner } from "./sinners.js";
import type { Sin } from "./sins.js";
import type { MakeUpload, UploadSubject } from "./subject.js";
import { World } from "./world.js";

/** What a law U says, and on whom it is tried. */
interface Sentence {
  readonly id: `U${number}`;
  readonly says: string;
  readonly hint: string;
  readonly sins: readonly Sin[];
  readonly needs?: Feature;
}

/** A law about one trial of whatever `plan` makes up. */
export function law<Plan>(
  { sins, ...sentence }: Sentence,
  plan: fc.Arbitrary<Plan>,
  story: (open: OpenWorld, plan: Plan) => Promise<void>,
): Law<MakeUpload> {
  const check = (make: MakeUpload, effort: Effort) =>
    hold(
      fc.asyncProperty(fc.scheduler(), plan, async (scheduler, made) => {
        const subject: UploadSubject = await make();
        const worlds: World[] = [];
        try {
          await story((limits) => {
            const world = new World(subject, scheduler, limits);
            worlds.push(world);
            return world;
          }, made);
          for (const world of worlds) world.judge();
        } finally {
          for (const world of worlds) await world.clear();
        }
      }),
      effort,
    );
  return { ...sentence, kind: "must", sinners: sins.map(sinner), check };
}

/** Opens the world of a trial, with other limits than the store's if need be. */
export type OpenWorld = (limits?: ConstructorParameters<typeof World>[2]) => World;
