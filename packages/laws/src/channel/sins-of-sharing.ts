import type { Sinner } from "../law.js";
import type { PermitLike, SemaphoreLike } from "../semaphore/subject.js";
import { ReferenceChannel } from "./reference.js";
import { ReferenceSharer, SharingTwin } from "./reference-sharing.js";
import type { MakeChannel } from "./subject.js";

const shares = (sin: string, Twin: typeof SharingTwin): Sinner<MakeChannel> => ({
  sin,
  make: (options) => new ReferenceSharer(options, Twin),
});

export const C13_SINNERS: readonly Sinner<MakeChannel>[] = [
  { sin: "counts per channel", make: (options) => new ReferenceChannel(options) },
  shares(
    "keeps its share when it is cancelled",
    class extends SharingTwin {
      override giveBack(id: number, permit: PermitLike) {
        if (this.end !== "cancel") super.giveBack(id, permit);
      }
    },
  ),
  shares(
    "gives nothing back as long as it is open",
    class extends SharingTwin {
      override giveBack(id: number, permit: PermitLike) {
        if (this.end) super.giveBack(id, permit);
      }
    },
  ),
  shares(
    "gives back what it holds as soon as it is closed, and not when it is received",
    class extends SharingTwin {
      override finish(end: "close" | "fail" | "cancel") {
        const moves = super.finish(end);
        for (const [id, permit] of this.permits) this.giveBack(id, permit);
        return moves;
      }
    },
  ),
  shares(
    "stays in the line of the budget for a sender that has left",
    class extends SharingTwin {
      override unclaim() {
        this.claim = undefined;
      }
    },
  ),
  shares(
    "keeps what the budget grants to a sender that has left",
    class extends SharingTwin {
      override unclaim({ permit }: Parameters<SharingTwin["unclaim"]>[0]) {
        this.claim = undefined;
        void permit;
      }
      override ask(budget: SemaphoreLike, head: { readonly id: number; readonly weight: number }) {
        budget.acquire(head.weight).then(() => undefined);
        super.ask(budget, head);
      }
    },
  ),
  shares(
    "keeps what an item leaves of its seat",
    class extends SharingTwin {
      override keep() {}
    },
  ),
  shares(
    "asks the budget even for what goes from hand to hand, and so stands still when others have used it up",
    class extends SharingTwin {
      override next() {
        const [first] = this.line;
        return first && !first.accepted && !this.fits(first.weight) ? undefined : super.next();
      }
    },
  ),
];
