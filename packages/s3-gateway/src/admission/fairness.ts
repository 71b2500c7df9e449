import type { Identity } from "../identity.js";

export interface FairnessOptions {
  /**
   * Who a request counts as: each such party has a line of its own, and their turns go round. `peer` is the address of
   * the client, where there is one. Left out, it is the owner of the access key, or the key, and among those who are
   * not asked for one, the peer.
   */
  readonly identify?: ((identity: Identity, peer: string | undefined) => string) | undefined;
  /**
   * The part of the budget that one party may hold at the most, even if nobody else wants it; above 0. 1 if left out.
   * Below 1, a party that comes finds room at once. One request is always allowed.
   */
  readonly maxShare?: number | undefined;
}

/** Says who a request counts as. */
export const partyOf =
  ({ identify }: FairnessOptions) =>
  (identity: Identity, peer: string | undefined): string => {
    if (identify !== undefined) return identify(identity, peer);
    const { accessKeyId, owner = accessKeyId } = identity;
    return owner === undefined ? `peer ${peer ?? ""}` : `owner ${owner}`;
  };
