/** Where a channel, and each half of it, keeps what they have in common. */
export const CORE = Symbol();

/** Who has the core of a channel. */
export interface Inner {
  readonly [CORE]: object;
}
