import type { PermitLike, SemaphoreLike } from "../semaphore/subject.js";
import { ReferenceChannel } from "./reference.js";
import type { ChannelLikeOptions } from "./subject.js";
import { type Move, SlowChannel } from "./twin.js";

interface Claim {
  readonly id: number;
  readonly stop: AbortController;
  permit?: PermitLike;
}

/** The twin beside a budget: an item is accepted when its permit has come. */
export class SharingTwin extends SlowChannel {
  budget: SemaphoreLike | undefined;
  onGrant: () => void = () => undefined;
  readonly permits = new Map<number, PermitLike>();
  claim: Claim | undefined;

  override settle(awake?: boolean): Move[] {
    const moves = super.settle(awake);
    if (this.claim && this.claim.id !== this.head?.id) this.unclaim(this.claim);
    for (const [id, permit] of this.permits)
      if (!this.line.some((offer) => offer.id === id)) this.giveBack(id, permit);
    return moves;
  }

  /** What the item leaves of its seat goes back to the budget. */
  override use(seat: number, id: number, weight: number): Move[] {
    const permit = this.permits.get(seat);
    if (permit) {
      this.permits.delete(seat);
      this.permits.set(id, permit);
      this.keep(permit, weight);
    }
    return super.use(seat, id, weight);
  }

  keep(permit: PermitLike, weight: number): void {
    permit.shrink?.(weight);
  }

  get head(): { readonly id: number; readonly weight: number } | undefined {
    return this.line.find(({ accepted }) => !accepted);
  }

  override fits(weight: number): boolean {
    const { budget, head } = this;
    if (!super.fits(weight) || !head) return false;
    if (!budget) return true;
    if (this.claim && this.claim.id !== head.id) this.unclaim(this.claim);
    const permit = this.claim ? this.claim.permit : budget.tryAcquire(weight);
    if (permit) {
      this.claim = undefined;
      this.permits.set(head.id, permit);
    } else if (!this.claim) this.ask(budget, head);
    return permit !== undefined;
  }

  ask(budget: SemaphoreLike, { id, weight }: { readonly id: number; readonly weight: number }): void {
    const claim: Claim = { id, stop: new AbortController() };
    this.claim = claim;
    budget.acquire(weight, { signal: claim.stop.signal }).then(
      (permit) => {
        claim.permit = permit;
        if (this.claim === claim) this.onGrant();
        else permit.release();
      },
      () => undefined,
    );
  }

  unclaim({ stop, permit }: Claim): void {
    this.claim = undefined;
    stop.abort();
    permit?.release();
  }

  giveBack(id: number, permit: PermitLike): void {
    this.permits.delete(id);
    permit.release();
  }
}

/** A lawful channel that shares a budget, if there is one. */
export class ReferenceSharer<T> extends ReferenceChannel<T> {
  constructor(options: ChannelLikeOptions<T>, Twin: typeof SharingTwin = SharingTwin) {
    super(options, Twin);
    const twin = this.twin as SharingTwin;
    twin.budget = options.budget;
    twin.onGrant = () => this.apply(twin.settle());
  }
}
