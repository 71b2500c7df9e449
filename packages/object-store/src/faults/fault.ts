import type { ObjectStore } from "../store.js";

export type StoreMethod = Exclude<keyof ObjectStore, "limits" | "buckets" | "tags">;

/** One call of a store's method. */
export interface StoreCall {
  readonly method: StoreMethod;
  readonly args: readonly unknown[];
  /** Which call of this fault's methods it is, from 1. */
  readonly nth: number;
}

export interface FaultWhen {
  /** The methods that it strikes; `"*"` for all. */
  readonly on: StoreMethod | readonly StoreMethod[] | "*";
  /** Strikes only this call of these methods, from 1, or only those of which the function says so. */
  readonly when?: number | ((call: StoreCall) => boolean) | undefined;
}

/** What goes wrong, and when. The functions beside make the usual ones; `faulty` checks what it is given. */
export type Fault = FaultWhen &
  (
    | { readonly do: "fail"; readonly error: () => unknown }
    | { readonly do: "hang" }
    | { readonly do: "lose-answer"; readonly error: () => unknown }
    | { readonly do: "delay"; readonly until: (call: StoreCall) => PromiseLike<unknown> }
    | { readonly do: "truncate"; readonly after: number; readonly ending: "error" | "end" }
    | { readonly do: "flip-bit"; readonly at: number }
    | { readonly do: "reset"; readonly after: number }
    | { readonly do: "fill"; readonly capacity: number }
    | { readonly do: "land-late" }
    | { readonly do: "lag"; readonly writes: number }
  );
